//! The host agent: task lifecycle, credentials and metadata endpoints, log shipping.
//!
//! The agent is told what to run by the messages of `rolecall-acs`, runs it with `rolecall-engine`
//! and reports to the control plane through [`ControlPlane`]. Every other call that it makes (a
//! registry token, log events) is an ordinary signed call with the credentials of the task's own
//! execution role: nothing that the agent does goes around IAM.
//!
//! - [`Agent`]: the loop over the control plane's messages.
//! - `task`: one state machine per task; what to do next is decided by a pure function, `plan`.
//! - `image`: pulls through a registry, as the task's execution role.
//! - `logs`: output to CloudWatch Logs while containers run.
//! - `endpoint`: what tasks find at 169.254.170.2.
//!
//! It survives a restart of the process: tasks go on, the control plane sends them again, the agent
//! attaches to them and goes on where it was.

mod agent;
mod aws;
mod clock;
mod config;
mod control;
mod credentials;
mod endpoint;
mod image;
mod logs;
mod records;
mod shared;
mod task;

pub use agent::{Agent, AgentError, ENDPOINT_PORT};
pub use config::AgentConfig;
pub use control::{ContainerHealth, ControlPlane, TaskHealth};
pub use credentials::CredentialStore;
