//! A container in the shim's hand: its record, its output, its end.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use rustix::pipe::{PipeFlags, pipe_with};

use crate::cgroup::TaskCgroup;
use crate::error::{FileContext, Result};
use crate::layout::{ContainerDirs, short_socket_path, write_record};
use crate::logs::LogWriter;
use crate::protocol::{ContainerStatus, Exit, Phase};
use crate::runtime::Output;
use crate::shim::{now_us, rootfs};

/// Who asked: the client and the number of its request.
pub(super) type Asker = (u64, u64);

/// A container that was started at least once.
pub(super) struct Container {
    pub(super) status: ContainerStatus,
    pub(super) dirs: ContainerDirs,
    /// While it runs or is being started.
    pub(super) run: Option<Run>,
    /// Whom to tell when it is gone for good.
    pub(super) delete: Option<Asker>,
}

/// One run.
pub(super) struct Run {
    log: LogWriter,
    /// Standard output (or the terminal) and standard error.
    pub(super) pipes: [Option<File>; 2],
    console: Option<Console>,
    /// Signals that came before the program ran.
    pub(super) early_signals: Vec<i32>,
}

struct Console {
    listener: UnixListener,
    path: PathBuf,
}

/// How much is read of a pipe before others get their turn.
const TURN_BYTES: usize = 256 * 1024;

impl Run {
    /// Opens log and pipes; returns what the container gets of them.
    pub(super) fn prepare(
        dirs: &ContainerDirs,
        log_limit_bytes: u64,
        console: Option<PathBuf>,
    ) -> Result<(Self, Output)> {
        let logs = dirs.logs();
        let log = LogWriter::open(&logs, log_limit_bytes).at("open the log in", &logs)?;
        let (out, stdout) = pipe()?;
        let (err, stderr) = pipe()?;
        let console = console
            .map(|path| {
                let _ = std::fs::remove_file(&path);
                let (_held, short) = short_socket_path(&path)?;
                let listener = UnixListener::bind(short).at("listen on", &path)?;
                listener.set_nonblocking(true).at("listen on", &path)?;
                Ok::<_, crate::error::EngineError>(Console { listener, path })
            })
            .transpose()?;
        let pipes = [Some(out), Some(err)];
        let run = Self {
            log,
            pipes,
            console,
            early_signals: Vec::new(),
        };
        Ok((run, Output { stdout, stderr }))
    }

    pub(super) fn console_path(&self) -> Option<&std::path::Path> {
        self.console.as_ref().map(|c| c.path.as_path())
    }

    /// Takes the terminal's master side, that the runtime has sent by now.
    pub(super) fn take_console(&mut self) -> Result<()> {
        let Some(console) = self.console.take() else {
            return Ok(());
        };
        let (stream, _) = console.listener.accept().at("accept at", &console.path)?;
        let _ = std::fs::remove_file(&console.path);
        let master = receive_fd(&stream).os("take the terminal")?;
        rustix::io::ioctl_fionbio(&master, true).os("take the terminal")?;
        self.pipes = [Some(File::from(master)), None];
        Ok(())
    }

    /// Moves what a pipe has into the log.
    pub(super) fn pump(&mut self, index: usize) {
        let mut turn = 0;
        let mut part = [0; 64 * 1024];
        while turn < TURN_BYTES {
            let Some(pipe) = self.pipes.get_mut(index).and_then(Option::as_mut) else {
                return;
            };
            match pipe.read(&mut part) {
                // A terminal whose other side is closed says EIO.
                Ok(0) => return self.close(index),
                Ok(n) => {
                    turn += n;
                    let bytes = part.get(..n).unwrap_or_default();
                    let stream = if index == 0 { 1 } else { 2 };
                    if let Err(error) = self.log.push(stream, bytes, now_us()) {
                        // A full disk must not stop the program: its output is lost instead.
                        eprint_log(&format!("output lost: {error}"));
                    }
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return,
                Err(_) => return self.close(index),
            }
        }
    }

    fn close(&mut self, index: usize) {
        if let Some(slot) = self.pipes.get_mut(index) {
            *slot = None;
        }
    }

    /// Everything that was written is in the log after this.
    fn drain(&mut self) {
        for index in 0..2 {
            // The writers are dead: the pipe's capacity bounds what is left.
            for _ in 0..16 {
                self.pump(index);
            }
        }
        if let Err(error) = self.log.end_run(now_us()) {
            eprint_log(&format!("the log's end is not marked: {error}"));
        }
    }
}

impl Container {
    /// The program runs.
    pub(super) fn started(&mut self, pid: i32) {
        self.status.phase = Phase::Running;
        self.status.pid = Some(pid);
        self.status.started_at_us = Some(now_us());
        self.save();
    }

    /// The program ended, or could not be started: writes down how, and frees what it held.
    pub(super) fn ended(&mut self, code: i32, error: Option<String>, cgroup: &TaskCgroup) {
        if let Some(mut run) = self.run.take() {
            run.drain();
        }
        let oom_killed = code != 0 && cgroup.oom_kills(&self.status.name) > 0;
        self.status.phase = Phase::Exited;
        self.status.pid = None;
        self.status.exit = Some(Exit {
            code,
            oom_killed,
            at_us: now_us(),
        });
        self.status.error = error;
        self.save();
    }

    /// Takes down what the run left outside of the container's directory.
    pub(super) fn clean(&self, cgroup: &TaskCgroup, runtime_state: &std::path::Path) {
        let name = &self.status.name;
        let steps = [
            cgroup.remove_container(name),
            rootfs::unmount(&self.dirs),
            crate::layout::remove_tree(&runtime_state.join(name)),
        ];
        for error in steps.into_iter().filter_map(Result::err) {
            eprint_log(&format!("{name}: {}", crate::error::chain(&error)));
        }
    }

    fn save(&self) {
        if let Err(error) = write_record(&self.dirs.state(), &self.status) {
            eprint_log(&format!(
                "{}: {}",
                self.status.name,
                crate::error::chain(&error)
            ));
        }
    }
}

/// Writes to the shim's log file, which is its standard error.
pub(super) fn eprint_log(text: &str) {
    let line = format!("{} {text}\n", now_us());
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
}

/// A pipe whose read end does not block.
pub(super) fn pipe() -> Result<(File, OwnedFd)> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC).os("make a pipe")?;
    rustix::io::ioctl_fionbio(&read, true).os("make a pipe")?;
    Ok((File::from(read), write))
}

fn receive_fd(stream: &std::os::unix::net::UnixStream) -> std::io::Result<OwnedFd> {
    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0_u8; 4096];
    let mut into = [std::io::IoSliceMut::new(&mut bytes)];
    recvmsg(stream, &mut into, &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(mut fds) = message
            && let Some(fd) = fds.next()
        {
            return Ok(fd);
        }
    }
    Err(std::io::Error::other("no descriptor came"))
}
