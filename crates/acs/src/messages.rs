//! The messages between the control plane and an agent.
//!
//! Field names are those of the wire in snake case. Times are milliseconds since the epoch.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::task::{ElasticNetworkInterface, Task};

/// Asks whether the agent is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeartbeatMessage {
    /// Whether the control plane is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthy: Option<bool>,
    /// The id that the answer names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
}

/// The agent's answer to a heartbeat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatAckRequest {
    /// The id of the heartbeat.
    pub message_id: String,
}

/// Tasks to start and to stop. The agent acknowledges once all of them are handled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PayloadMessage {
    /// The cluster.
    pub cluster_arn: String,
    /// The agent's container instance.
    pub container_instance_arn: String,
    /// The id that the acknowledgement names.
    pub message_id: String,
    /// A number that grows with each message to this agent.
    #[serde(default)]
    pub seq_num: i64,
    /// A number that grows with each message to this agent, shared with manifests.
    #[serde(default)]
    pub timeline: i64,
    /// When the message was made.
    #[serde(default)]
    pub generated_at: i64,
    /// The tasks; those to be stopped are handled first.
    #[serde(default)]
    pub tasks: Vec<Task>,
}

/// A message was handled in full.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AckRequest {
    /// The cluster as the agent knows it.
    #[serde(default)]
    pub cluster: String,
    /// The agent's container instance.
    #[serde(default)]
    pub container_instance: String,
    /// The id of the message.
    pub message_id: String,
}

/// A message was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NackRequest {
    /// The cluster as the agent knows it.
    #[serde(default)]
    pub cluster: String,
    /// The agent's container instance.
    #[serde(default)]
    pub container_instance: String,
    /// The id of the message.
    pub message_id: String,
    /// Why, such as `Updates are disabled`.
    #[serde(default)]
    pub reason: String,
}

/// Which of a task's two roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RoleType {
    /// The task role: for the program inside.
    TaskApplication,
    /// The execution role: for the agent, for this task.
    TaskExecution,
}

/// Temporary credentials of one role, under an id that stays the same across refreshes.
///
/// The id is the secret part of the path that containers fetch them from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IAMRoleCredentials {
    /// A UUID that nobody can guess.
    pub credentials_id: String,
    /// The role.
    pub role_arn: String,
    /// `ASIA…`
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The session token.
    pub session_token: String,
    /// ISO 8601, such as `2026-11-22T23:59:59Z`; shown to containers as it is.
    pub expiration: String,
}

impl fmt::Debug for IAMRoleCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IAMRoleCredentials")
            .field("role_arn", &self.role_arn)
            .field("access_key_id", &self.access_key_id)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

/// New credentials of one role of one task that the agent knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IAMRoleCredentialsMessage {
    /// The id that the acknowledgement names.
    pub message_id: String,
    /// The task.
    pub task_arn: String,
    /// The task's cluster.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub task_cluster_arn: Option<String>,
    /// Which role.
    pub role_type: RoleType,
    /// The credentials.
    pub role_credentials: IAMRoleCredentials,
}

/// Credentials were stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IAMRoleCredentialsAckRequest {
    /// The id of the message that brought them.
    pub message_id: String,
    /// Their id.
    pub credentials_id: String,
    /// When they expire, as it was sent.
    pub expiration: String,
}

/// A task and what should become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskIdentifier {
    /// The task.
    pub task_arn: String,
    /// Its cluster.
    pub task_cluster_arn: String,
    /// `RUNNING` or `STOPPED`.
    pub desired_status: DesiredStatus,
}

/// What should become of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum DesiredStatus {
    /// It should run.
    #[default]
    Running,
    /// It should be stopped.
    Stopped,
}

/// Every task that the agent should have.
///
/// Discarded without an answer when `timeline` is not above everything that the agent saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskManifestMessage {
    /// The id that acknowledgement and stop verification name.
    pub message_id: String,
    /// The cluster.
    pub cluster_arn: String,
    /// The agent's container instance.
    pub container_instance_arn: String,
    /// When the message was made.
    pub generated_at: i64,
    /// A number that grows with each message to this agent, shared with payloads.
    pub timeline: i64,
    /// The tasks.
    pub tasks: Vec<TaskIdentifier>,
}

/// Tasks that run and that the manifest does not want: are they really to be stopped?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskStopVerificationMessage {
    /// The id of the manifest.
    pub message_id: String,
    /// The tasks, each with the desired status `STOPPED`.
    pub stop_candidates: Vec<TaskIdentifier>,
}

/// Which stop candidates are really to be stopped. Good for one use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskStopVerificationAck {
    /// The id of the manifest.
    pub message_id: String,
    /// When the message was made.
    pub generated_at: i64,
    /// The tasks to stop.
    pub stop_tasks: Vec<TaskIdentifier>,
}

/// A network interface that will be attached for a task.
///
/// The agent acknowledges at once, and reports the attachment when an interface with that MAC
/// address shows up, or never after `wait_timeout_ms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachTaskNetworkInterfacesMessage {
    /// The id that the acknowledgement names.
    pub message_id: String,
    /// The cluster.
    pub cluster_arn: String,
    /// The agent's container instance.
    pub container_instance_arn: String,
    /// The task.
    pub task_arn: String,
    /// The task's cluster.
    pub task_cluster_arn: String,
    /// When the message was made.
    pub generated_at: i64,
    /// How long the agent waits for the interface; above zero.
    pub wait_timeout_ms: i64,
    /// At least one.
    pub elastic_network_interfaces: Vec<ElasticNetworkInterface>,
}
