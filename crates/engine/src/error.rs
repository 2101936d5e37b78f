//! What can go wrong in the engine: one variant per step that was attempted.

use std::io;
use std::path::{Path, PathBuf};

use crate::ids::{ContainerName, InvalidName, TaskId};

/// The engine's error. The text names the step; the cause is the `source`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A name cannot be used.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A file or directory could not be read, written, made or removed.
    #[error("cannot {step} {}", path.display())]
    File {
        /// The verb: "read", "write", "create", "remove" ...
        step: &'static str,
        /// What it was done to.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A system call that is about no file failed.
    #[error("cannot {step}")]
    Os {
        /// What was attempted.
        step: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// A durable record is not what this version writes.
    #[error("{} is damaged", path.display())]
    Record {
        /// The record.
        path: PathBuf,
        /// Why it does not parse.
        source: serde_json::Error,
    },
    /// A network namespace, link, address, route or rule could not be set up.
    #[error("network: cannot {step}: {detail}")]
    Network {
        /// What was attempted.
        step: &'static str,
        /// The kernel's or nft's answer.
        detail: String,
    },
    /// There is no task of that id.
    #[error("no task {0}")]
    NoTask(TaskId),
    /// There is already a task of that id.
    #[error("task {0} exists already")]
    TaskExists(TaskId),
    /// Another task has the address.
    #[error("address {0} is that of task {1}")]
    AddressTaken(std::net::Ipv4Addr, TaskId),
    /// There is no container of that name in the task.
    #[error("no container {0}")]
    NoContainer(ContainerName),
    /// The task's shim is gone; its containers are dead.
    #[error("the shim of the task is gone: {0}")]
    ShimGone(String),
    /// The shim refused or failed a request: the runtime's own words.
    #[error("{0}")]
    Container(String),
    /// A container specification cannot be carried out on this host or by this runtime.
    #[error("unsupported container setting: {0}")]
    Unsupported(String),
    /// No address or subnet is free.
    #[error("no free subnet between 10.88.0.0/16 and 10.255.0.0/16")]
    NoSubnet,
}

/// The engine's result.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;

/// Adds the step and the path to an I/O error.
pub(crate) trait FileContext<T> {
    fn at(self, step: &'static str, path: &Path) -> Result<T>;
    fn os(self, step: &'static str) -> Result<T>;
}

impl<T, E: Into<io::Error>> FileContext<T> for std::result::Result<T, E> {
    fn at(self, step: &'static str, path: &Path) -> Result<T> {
        self.map_err(|e| EngineError::File {
            step,
            path: path.to_owned(),
            source: e.into(),
        })
    }

    fn os(self, step: &'static str) -> Result<T> {
        self.map_err(|e| EngineError::Os {
            step,
            source: e.into(),
        })
    }
}

/// The error and all its causes on one line, for records that outlive the process.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
