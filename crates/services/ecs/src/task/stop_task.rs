//! `StopTask`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::view::shown;
use crate::documents::Task;
use crate::refs::{ClusterRef, key, task_id};
use crate::transitions::{self, StopCause};
use crate::{access, errors};

/// Asks for a task to be stopped. The containers get SIGTERM and, after their stop timeout,
/// SIGKILL; the task's status follows.
///
/// Source: Amazon ECS API Reference, `StopTask`.
pub struct StopTask;

impl Operation for StopTask {
    type Api = api::StopTask;

    const EXAMPLE: &'static str =
        r#"{"cluster": "example", "task": "0123456789abcdef0123456789abcdef", "reason": "done"}"#;

    fn access(input: &api::StopTaskRequest, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        let task = input.task.as_deref().unwrap_or_default();
        Ok(access::task(req, "ecs:StopTask", &cluster, task).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<api::StopTaskResponse, AwsError> {
        let input = req.input;
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        cluster.active(req.info, tx)?;
        if input
            .reason
            .as_ref()
            .is_some_and(|r| r.encode_utf16().count() > 1024)
        {
            return Err(errors::invalid("reason can be at most 1024 characters."));
        }
        let given = input.task.as_deref().unwrap_or_default();
        let id = task_id(given, &cluster.name).ok_or_else(errors::task_not_found)?;
        let key = key(req.info, &Task::key_part(&cluster.name, id));
        if tx.get::<Task>(&key).is_none() {
            return Err(errors::task_not_found());
        }
        let reason = input.reason.as_deref().filter(|r| !r.is_empty());
        transitions::stop(tx, &key, &StopCause::user(reason));
        let stopped = tx.get::<Task>(&key).ok_or_else(errors::task_not_found)?;
        Ok(api::StopTaskResponse {
            task: Some(shown(&stopped)),
        })
    }
}
