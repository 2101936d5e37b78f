//! The words between engine and shim: one JSON object a line over the task's unix socket.
//!
//! The engine sends [`Request`]s with a number of its own; the shim answers each with a
//! [`Message::Reply`] of the same number, in any order. After [`Call::Subscribe`] it also sends
//! [`Message::Status`] whenever a container changes. Fields are only ever added: a server talks to
//! shims that an older one started.

use serde::{Deserialize, Serialize};

use crate::ids::ContainerName;

/// A request line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    /// Chosen by the engine, echoed in the reply.
    pub(crate) id: u64,
    /// What to do.
    #[serde(flatten)]
    pub(crate) call: Call,
}

/// What the shim can be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Call {
    /// Send the status of every container now and at each change. Answered when that is out.
    Subscribe,
    /// Create and start a container whose bundle stands in the task directory.
    Start { container: ContainerName },
    /// Send a signal to a container's process 1.
    Kill {
        container: ContainerName,
        signal: i32,
    },
    /// Run a command in a running container. Answered when it ended.
    Exec {
        container: ContainerName,
        args: Vec<String>,
        timeout_ms: u64,
        output_limit: usize,
    },
    /// Take a container down: kill it, free what it holds outside of its directory.
    Delete { container: ContainerName },
    /// Kill everything, answer when all is gone, exit.
    Shutdown,
}

/// A line from the shim.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Message {
    /// The answer to a request.
    Reply {
        /// The request's number.
        id: u64,
        /// Set when it failed: the reason, for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// Set for `exec`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exec: Option<ExecOutput>,
    },
    /// A container as it is now.
    Status {
        /// All of it.
        status: ContainerStatus,
    },
}

/// How a command run inside a container ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecOutput {
    /// Its exit code; 128 plus the signal if one killed it.
    pub exit_code: i32,
    /// Its output and error output together, up to the limit asked for.
    pub output: Vec<u8>,
    /// It ran out of time and was killed.
    pub timed_out: bool,
}

/// Where a container is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The bundle stands; nothing has run.
    Created,
    /// Its process 1 runs.
    Running,
    /// Its process 1 ended, or could not be started.
    Exited,
}

/// How a container's process 1 ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The exit code; 128 plus the signal if one killed it (137 is SIGKILL).
    pub code: i32,
    /// The kernel killed a process of the container for want of memory. ECS then says
    /// [`OOM_REASON`].
    pub oom_killed: bool,
    /// When, in microseconds since 1970.
    pub at_us: i64,
}

/// ECS's reason for a container that the kernel killed for want of memory.
pub const OOM_REASON: &str = "OutOfMemoryError: Container killed due to memory usage";

/// A container as the shim knows it; the same is kept in its directory (`state.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerStatus {
    /// Its name.
    pub name: ContainerName,
    /// How often it was started: 1 for the first run.
    pub run: u32,
    /// Where it is.
    pub phase: Phase,
    /// Process 1 as the host sees it, while it runs.
    pub pid: Option<i32>,
    /// When this run began, in microseconds since 1970.
    pub started_at_us: Option<i64>,
    /// Set once [`Phase::Exited`].
    pub exit: Option<Exit>,
    /// Why it could not be started, or that its shim died.
    pub error: Option<String>,
}

impl ContainerStatus {
    /// A container that has not run yet.
    #[must_use]
    pub fn created(name: ContainerName) -> Self {
        Self {
            name,
            run: 0,
            phase: Phase::Created,
            pid: None,
            started_at_us: None,
            exit: None,
            error: None,
        }
    }
}

/// What the shim is told on its command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShimArgs {
    /// The task's durable directory.
    pub(crate) task_dir: std::path::PathBuf,
    /// The task's directory of sockets and mounts; gone after a reboot.
    pub(crate) run_dir: std::path::PathBuf,
    /// The task's cgroup below every hierarchy's root, `/rolecall/<instance>/<task>`.
    pub(crate) cgroup: String,
    /// None: the built-in runtime. Else a runc-compatible program.
    pub(crate) oci_runtime: Option<std::path::PathBuf>,
    /// Log bytes kept per container before the oldest are dropped.
    pub(crate) log_limit_bytes: u64,
}
