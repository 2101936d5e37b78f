//! How an agent is set up.

use std::path::PathBuf;

use rolecall_acs::LaunchType;

/// Where an agent is and what it tells its tasks.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// The agent's own records: payloads without credentials, log positions.
    pub data_dir: PathBuf,
    /// The region, such as `us-east-1`.
    pub region: String,
    /// The account that images and roles belong to, 12 digits.
    pub account: String,
    /// The cluster as the agent knows it: its name or ARN.
    pub cluster: String,
    /// The agent's container instance, named in its acknowledgements; empty for Fargate.
    pub container_instance_arn: String,
    /// Shown in task metadata, such as `us-east-1a`.
    pub availability_zone: String,
    /// Where the agent itself reaches the services, such as `http://127.0.0.1:4566`.
    pub api_endpoint: String,
    /// Where programs in tasks reach them: their `AWS_ENDPOINT_URL`. Empty: none is set, and SDKs
    /// go to AWS.
    pub endpoint_in_task: String,
    /// What the tasks of this agent are started as, where the payload does not say.
    pub launch_type: LaunchType,
}
