//! Container engines: the embedded OCI runtime in its shim, networks, images.
//!
//! [`Engine`] is what the agent holds. It never calls the OCI runtime itself: each task has one
//! shim, a single-threaded process (the same binary, started as `__shim`, see [`shim_main`]) that
//! is parent of the task's containers, pumps their output into log files, records how they ended,
//! and outlives the engine. A restarted engine finds its tasks by their directories
//! ([`Engine::attach`]).
//!
//! Names, in short: a *task* is a sandbox (network namespace, address, parent cgroup) with
//! *containers*; an *instance* is one engine on this machine, and everything it makes outside of
//! its data directory carries the instance's name, so that several never meet.

mod bundle;
mod cgroup;
mod client;
pub mod doctor;
mod engine;
mod error;
mod ids;
pub mod image;
mod layout;
pub mod logs;
pub mod network;
mod protocol;
mod runtime;
mod shim;
mod spec;
mod storage;
mod sys;
mod task;

pub use engine::{Engine, EngineConfig, RuntimeKind};
pub use error::{EngineError, Result};
pub use ids::{ContainerName, InstanceName, InvalidName, TaskId};
pub use logs::{LogItem, LogReader, LogRecord, LogStream};
pub use protocol::{ContainerStatus, ExecOutput, Exit, OOM_REASON, Phase};
pub use shim::{SHIM_ARG, shim_main};
pub use spec::{BindMount, ContainerSpec, TaskSandbox, TmpfsMount, Ulimit};
pub use sys::{open_files_limit, raise_open_files};
pub use task::{ContainerEvent, EventKind, TaskEvents, TaskHandle, Usage};
