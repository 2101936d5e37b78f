//! The protocol between ECS and its agents: the messages, and the compiler from a task to the
//! payload that an agent runs.
//!
//! The control plane is the compiler: an agent interprets few fields of a task definition. Most of
//! them are compiled here into two JSON texts in the vocabulary of the Docker Engine API.
//!
//! - [`envelope`]: the frame around every message, and the two directions.
//! - [`messages`]: what the control plane and the agent say to each other.
//! - [`task`]: the task inside a `PayloadMessage`.
//! - [`compile`]: task definition, task and overrides in, payload task out. Pure.
//!
//! Source: the Amazon ECS container agent (Apache-2.0), its ACS API model
//! `AmazonEC2ContainerAgentServiceV20141113`.

pub mod compile;
pub mod envelope;
pub mod messages;
pub mod task;

pub use compile::{CompileError, LaunchType, TaskToCompile, compile};
pub use envelope::{FrameError, FromAgent, ToAgent};
pub use messages::*;
pub use task::*;
