//! Commands run inside containers: their output, their time.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::time::Instant;

use crate::protocol::ExecOutput;
use crate::shim::container::Asker;
use crate::sys;

/// A command on its way.
pub(super) struct Exec {
    pub(super) asker: Asker,
    /// None until the program runs.
    pub(super) pid: Option<i32>,
    pub(super) pipe: Option<File>,
    pub(super) deadline: Option<Instant>,
    output: Vec<u8>,
    limit: usize,
    timed_out: bool,
}

impl Exec {
    pub(super) fn new(asker: Asker, pipe: File, deadline: Option<Instant>, limit: usize) -> Self {
        let (output, pipe) = (Vec::new(), Some(pipe));
        Self {
            asker,
            pid: None,
            pipe,
            deadline,
            output,
            limit,
            timed_out: false,
        }
    }

    /// Takes what the pipe has; beyond the limit it is thrown away, so that the program goes on.
    pub(super) fn pump(&mut self) {
        let mut part = [0; 16 * 1024];
        for _ in 0..64 {
            let Some(pipe) = &mut self.pipe else { return };
            match pipe.read(&mut part) {
                Ok(0) => self.pipe = None,
                Ok(n) => {
                    let room = self.limit.saturating_sub(self.output.len());
                    self.output
                        .extend_from_slice(part.get(..n.min(room)).unwrap_or_default());
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.pipe = None,
            }
        }
    }

    /// Kills the command if its time is over.
    pub(super) fn check_time(&mut self, now: Instant) {
        if self.deadline.is_some_and(|d| d <= now)
            && let Some(pid) = self.pid
        {
            self.deadline = None;
            self.timed_out = true;
            // Its end comes by SIGCHLD.
            let _ = sys::kill(pid, libc::SIGKILL);
        }
    }

    /// The result of a command that ended.
    pub(super) fn finish(mut self, exit_code: i32) -> ExecOutput {
        self.pump();
        ExecOutput {
            exit_code,
            output: self.output,
            timed_out: self.timed_out,
        }
    }
}
