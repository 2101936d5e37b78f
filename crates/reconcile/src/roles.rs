//! Assuming the roles of a task.

use rolecall_api::sts;
use rolecall_base::{AwsError, Timestamp};
use rolecall_ecs::documents::Task;
use rolecall_ecs::scheduler::Credentials;
use rolecall_identity::Caller;
use rolecall_op::Pipeline;

/// The service that assumes the roles of tasks (IAM roles for ECS tasks, trust policy).
const SERVICE: &str = "ecs-tasks.amazonaws.com";

/// How long a session lasts, in seconds: what every role allows.
const SESSION_S: i32 = 3600;

/// The credentials of a task's two roles.
#[derive(Default)]
pub(crate) struct TaskRoles {
    pub(crate) task: Option<Credentials>,
    pub(crate) execution: Option<Credentials>,
    /// When the first of them expires.
    pub(crate) expires: Option<Timestamp>,
}

/// A role that cannot be assumed.
pub(crate) struct NotAssumed {
    pub(crate) role_arn: String,
    pub(crate) error: AwsError,
}

impl NotAssumed {
    /// Whether trying again may help: the service failed, rather than refused.
    pub(crate) fn is_passing(&self) -> bool {
        self.error.status >= 500
    }
}

/// Assumes the roles of `task` as ECS does: as `ecs-tasks.amazonaws.com`, for the task, under the
/// task's id.
pub(crate) async fn assume(pipeline: &Pipeline, task: &Task) -> Result<TaskRoles, NotAssumed> {
    let mut roles = TaskRoles::default();
    if let Some(role) = &task.task_role_arn {
        let (credentials, expires) = assume_one(pipeline, task, role).await?;
        roles.task = Some(credentials);
        roles.expires = expires;
    }
    if let Some(role) = &task.execution_role_arn {
        let (credentials, expires) = assume_one(pipeline, task, role).await?;
        roles.execution = Some(credentials);
        roles.expires = match (roles.expires, expires) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    Ok(roles)
}

async fn assume_one(
    pipeline: &Pipeline,
    task: &Task,
    role_arn: &str,
) -> Result<(Credentials, Option<Timestamp>), NotAssumed> {
    let caller = Caller::service(task.account.clone(), SERVICE, Some(task.arn()));
    let input = sts::AssumeRoleRequest {
        role_arn: Some(role_arn.to_owned()),
        role_session_name: Some(task.id.clone()),
        duration_seconds: Some(SESSION_S),
        ..Default::default()
    };
    let refused = |error| NotAssumed {
        role_arn: role_arn.to_owned(),
        error,
    };
    let answer = pipeline
        .invoke_in::<sts::AssumeRole>(caller, task.region.clone(), input)
        .await
        .map_err(refused)?;
    let given = answer.credentials.unwrap_or_default();
    let expires = given.expiration;
    let credentials = Credentials {
        access_key_id: given.access_key_id.unwrap_or_default(),
        secret_access_key: given.secret_access_key.unwrap_or_default(),
        session_token: given.session_token.unwrap_or_default(),
        expiration: expires.map(Timestamp::iso8601_seconds).unwrap_or_default(),
    };
    Ok((credentials, expires))
}
