//! What the agent reports, and to whom.

use rolecall_api::ecs::{SubmitTaskStateChangeRequest, SubmitTaskStateChangeResponse};
use rolecall_base::Timestamp;
use rolecall_client::CallError;
use rolecall_engine::image::BoxFuture;

/// The control plane as the agent calls it: with its own identity, the container instance's role
/// or, for Fargate, the service's.
pub trait ControlPlane: Send + Sync + 'static {
    /// `ecs:SubmitTaskStateChange`. Called again until it succeeds; an `InvalidParameterException`
    /// or `ClientException` drops the report.
    fn submit_task_state_change(
        &self,
        request: SubmitTaskStateChangeRequest,
    ) -> BoxFuture<'_, Result<SubmitTaskStateChangeResponse, CallError>>;

    /// The health of a task's containers changed. AWS's agent carries it over its telemetry
    /// session (`PublishHealthRequest`); lost reports are not repeated.
    fn publish_health(&self, health: TaskHealth) -> BoxFuture<'_, Result<(), CallError>> {
        drop(health);
        Box::pin(async { Ok(()) })
    }
}

/// The health of a task's containers that have a health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskHealth {
    /// The task.
    pub task_arn: String,
    /// The family of its task definition.
    pub family: String,
    /// The revision of its task definition.
    pub version: String,
    /// The containers that have a health check.
    pub containers: Vec<ContainerHealth>,
}

/// The health of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerHealth {
    /// Its name.
    pub container_name: String,
    /// `UNKNOWN`, `HEALTHY` or `UNHEALTHY`.
    pub health_status: &'static str,
    /// Since when.
    pub status_since: Timestamp,
}
