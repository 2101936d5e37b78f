//! The last step inside the container: from the runtime's process to the program.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use libcontainer::oci_spec::runtime::{LinuxSeccomp, Spec};
use libcontainer::workload::{Executor, ExecutorError, ExecutorValidationError};
use rustix::process::{Pid, WaitOptions, WaitStatus};

use crate::sys::{self, Fork};

/// Executes the program, telling through a pipe why it could not.
///
/// The pipe is closed by a successful execve: whoever reads it knows then that the program runs.
#[derive(Clone)]
pub(super) struct Program {
    report: Arc<OwnedFd>,
    init: bool,
    seccomp: Option<LinuxSeccomp>,
}

impl Program {
    /// `init`: stay as process 1 and run the program as a child. `seccomp`: a filter to load here,
    /// for commands run in a container, to which the runtime itself applies none.
    pub(super) fn new(report: OwnedFd, init: bool, seccomp: Option<LinuxSeccomp>) -> Self {
        Self {
            report: Arc::new(report),
            init,
            seccomp,
        }
    }

    fn run(&self, args: &[String]) -> io::Result<()> {
        let args: Vec<CString> = args
            .iter()
            .map(|a| CString::new(a.as_bytes()))
            .collect::<Result<_, _>>()
            .map_err(io::Error::other)?;
        if let Some(seccomp) = &self.seccomp {
            libcontainer::seccomp::initialize_seccomp(seccomp).map_err(io::Error::other)?;
        }
        if self.init {
            sys::block_all_signals()?;
            if let Fork::Parent(child) = sys::fork_single_threaded()? {
                // No descriptor of the host's may stay open in a process inside the container.
                sys::close_above_stderr()?;
                sys::exit_now(be_init(child));
            }
        }
        sys::default_signals()?;
        match sys::execvp(&args)? {}
    }
}

impl Executor for Program {
    fn exec(&self, spec: &Spec) -> Result<(), ExecutorError> {
        let args = spec
            .process()
            .as_ref()
            .and_then(|p| p.args().as_deref())
            .unwrap_or_default();
        let Err(error) = self.run(args) else {
            return Ok(());
        };
        let program = args.first().map(String::as_str).unwrap_or_default();
        let text = match error.raw_os_error() {
            Some(libc::ENOENT) if !program.contains('/') => {
                format!("exec: {program:?}: executable file not found in $PATH")
            }
            _ => format!("exec: {program:?}: {}", plain(&error)),
        };
        // The process ends next; there is nobody to tell of a failed write.
        let _ = rustix::io::write(&*self.report, text.as_bytes());
        sys::exit_now(if error.raw_os_error() == Some(libc::ENOENT) {
            127
        } else {
            126
        });
    }

    fn validate(&self, _spec: &Spec) -> Result<(), ExecutorValidationError> {
        // execvp is the judge, and its answer is reported.
        Ok(())
    }
}

/// The system's words for an error, as Docker prints them.
fn plain(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ENOENT) => "no such file or directory".to_owned(),
        Some(libc::EACCES) => "permission denied".to_owned(),
        Some(libc::ENOEXEC) => "exec format error".to_owned(),
        _ => error.to_string(),
    }
}

/// Process 1: hands signals on to the program, reaps everyone, ends as the program ends.
fn be_init(program: Pid) -> i32 {
    loop {
        match sys::wait_signal() {
            Ok(libc::SIGCHLD) => {
                while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
                    if pid == program {
                        return exit_code(status);
                    }
                }
            }
            Ok(signal) => {
                // It may have just ended; its SIGCHLD comes next.
                let _ = sys::kill(program.as_raw_pid(), signal);
            }
            Err(_) => {}
        }
    }
}

/// The exit code of an ended process: 128 plus the signal if one killed it.
pub(crate) fn exit_code(status: WaitStatus) -> i32 {
    status
        .exit_status()
        .or_else(|| status.terminating_signal().map(|s| 128 + s))
        .unwrap_or(255)
}
