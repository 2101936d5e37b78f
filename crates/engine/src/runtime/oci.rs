//! A runtime of the host's, driven by runc's command line on the very same bundle.

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use super::{Command, Launch, Runtime};
use crate::error::{EngineError, FileContext, Result};

pub(super) struct Oci {
    program: PathBuf,
    root: PathBuf,
    scratch: PathBuf,
}

impl Oci {
    pub(super) fn new(program: PathBuf, root: PathBuf, scratch: PathBuf) -> Self {
        Self {
            program,
            root,
            scratch,
        }
    }

    fn process(&self, log: &Path) -> Process {
        let mut process = Process::new(&self.program);
        process.arg("--root").arg(&self.root);
        process.arg("--log").arg(log).args(["--log-format", "json"]);
        process
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        process
    }

    fn run(&self, process: &mut Process, log: &Path) -> Result<()> {
        let status = process.status().at("start", &self.program)?;
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let _ = std::fs::remove_file(log);
        if status.success() {
            return Ok(());
        }
        let reason = last_error(&text).unwrap_or_else(|| format!("it ended with {status}"));
        Err(EngineError::Container(reason))
    }

    fn scratch(&self, id: &str, what: &str) -> PathBuf {
        // The helper's pid keeps concurrent commands in one container apart.
        self.scratch
            .join(format!("{id}.{}.{what}", std::process::id()))
    }

    fn take_pid(&self, file: &Path) -> Result<i32> {
        let text = std::fs::read_to_string(file).at("read", file)?;
        let _ = std::fs::remove_file(file);
        text.trim()
            .parse()
            .map_err(|_| EngineError::Container("the runtime names no process".to_owned()))
    }
}

impl Runtime for Oci {
    fn start(&self, launch: Launch<'_>) -> Result<i32> {
        if launch.init {
            return Err(EngineError::Unsupported(
                "initProcessEnabled with --oci-runtime; the built-in runtime has it".to_owned(),
            ));
        }
        let (log, pid_file) = (
            self.scratch(launch.id, "log"),
            self.scratch(launch.id, "pid"),
        );
        let mut create = self.process(&log);
        create.arg("create").arg("--bundle").arg(launch.bundle);
        create.arg("--pid-file").arg(&pid_file);
        if let Some(console) = launch.console {
            create.arg("--console-socket").arg(console);
        } else {
            create
                .stdout(launch.output.stdout)
                .stderr(launch.output.stderr);
        }
        self.run(create.arg(launch.id), &log)?;
        // The command holds the pipes' write ends until it is dropped.
        drop(create);
        self.run(self.process(&log).arg("start").arg(launch.id), &log)?;
        self.take_pid(&pid_file)
    }

    fn exec(&self, command: Command<'_>) -> Result<i32> {
        let (log, pid_file) = (
            self.scratch(command.id, "log"),
            self.scratch(command.id, "pid"),
        );
        let mut exec = self.process(&log);
        exec.args(["exec", "--detach"]);
        exec.arg("--process").arg(command.process);
        exec.arg("--pid-file").arg(&pid_file);
        exec.stdout(command.output.stdout)
            .stderr(command.output.stderr);
        self.run(exec.arg(command.id), &log)?;
        self.take_pid(&pid_file)
    }
}

/// The last message of level error in a log of JSON lines.
fn last_error(log: &str) -> Option<String> {
    let entries = log
        .lines()
        .filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok());
    let mut errors =
        entries.filter(|e| e.get("level").is_some_and(|l| l == "error" || l == "fatal"));
    let last = errors.next_back()?;
    Some(last.get("msg")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_error_is_the_reason() {
        let log = "{\"level\":\"warning\",\"msg\":\"w\"}\n{\"level\":\"error\",\"msg\":\"first\"}\n\
                   not json\n{\"level\":\"error\",\"msg\":\"exec: \\\"x\\\": not found\"}\n";
        assert_eq!(last_error(log).unwrap(), "exec: \"x\": not found");
        assert_eq!(last_error(""), None);
    }
}
