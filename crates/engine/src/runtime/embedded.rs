//! The built-in runtime: youki's libcontainer.
//!
//! It forks with plain clone(2), changes the directory and the environment of the process, and so
//! must not be called from a process with threads (it then hangs, sooner or later). The shim's
//! helper processes have one thread and end after one call.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use libcontainer::container::Container;
use libcontainer::container::builder::ContainerBuilder;
use libcontainer::error::LibcontainerError;
use libcontainer::oci_spec::runtime::{LinuxSeccomp, Spec};
use libcontainer::syscall::syscall::SyscallType;
use rustix::pipe::{PipeFlags, pipe_with};

use super::executor::Program;
use super::{Command, Launch, Runtime};
use crate::error::{EngineError, FileContext, Result, chain};

pub(super) struct Embedded {
    root: PathBuf,
}

impl Embedded {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn builder(&self, id: &str) -> Result<ContainerBuilder> {
        ContainerBuilder::new(id.to_owned(), SyscallType::default())
            .with_root_path(&self.root)
            .map_err(failed)
    }
}

impl Runtime for Embedded {
    fn start(&self, launch: Launch<'_>) -> Result<i32> {
        let (report, program_report) = report_pipe()?;
        let mut builder = self
            .builder(launch.id)?
            .with_executor(Program::new(program_report, launch.init, None))
            .with_console_socket(launch.console);
        if launch.console.is_none() {
            builder = builder
                .with_stdout(launch.output.stdout)
                .with_stderr(launch.output.stderr);
        }
        let mut container: Container = builder
            .as_init(launch.bundle)
            .with_systemd(false)
            .with_detach(true)
            .as_sibling(true)
            .build()
            .map_err(failed)?;
        let pid = container.pid().map(|p| p.as_raw());
        container.start().map_err(failed)?;
        wait_for_program(report)?;
        pid.ok_or_else(|| EngineError::Container("the runtime names no process".to_owned()))
    }

    fn exec(&self, command: Command<'_>) -> Result<i32> {
        let (report, program_report) = report_pipe()?;
        let seccomp = seccomp_of(command.bundle)?;
        let pid = self
            .builder(command.id)?
            .with_executor(Program::new(program_report, false, seccomp))
            .with_stdout(command.output.stdout)
            .with_stderr(command.output.stderr)
            .as_tenant()
            .with_process(Some(command.process))
            .with_detach(true)
            .as_sibling(true)
            .build()
            .map_err(failed)?;
        wait_for_program(report)?;
        Ok(pid.as_raw())
    }
}

fn report_pipe() -> Result<(OwnedFd, OwnedFd)> {
    pipe_with(PipeFlags::CLOEXEC).os("make a pipe")
}

/// Waits until the program runs (the pipe closes) or could not be executed (a text comes).
fn wait_for_program(report: OwnedFd) -> Result<()> {
    let mut text = String::new();
    std::fs::File::from(report)
        .read_to_string(&mut text)
        .os("hear from the program")?;
    if text.is_empty() {
        Ok(())
    } else {
        Err(EngineError::Container(text))
    }
}

fn seccomp_of(bundle: &std::path::Path) -> Result<Option<LinuxSeccomp>> {
    let spec =
        Spec::load(bundle.join("config.json")).map_err(|e| EngineError::Container(chain(&e)))?;
    Ok(spec.linux().as_ref().and_then(|l| l.seccomp().clone()))
}

fn failed(error: LibcontainerError) -> EngineError {
    EngineError::Container(chain(&error))
}
