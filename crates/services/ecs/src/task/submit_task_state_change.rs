//! `SubmitTaskStateChange`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::documents::Task;
use crate::refs::{ClusterRef, key, task_id};
use crate::transitions::{self, StateChange};
use crate::{access, errors};

/// An agent reports what became of a task and its containers, in order.
///
/// Source: Amazon ECS API Reference, `SubmitTaskStateChange`; the container agent's use of it.
pub struct SubmitTaskStateChange;

impl Operation for SubmitTaskStateChange {
    type Api = api::SubmitTaskStateChange;

    const EXAMPLE: &'static str = r#"{
        "cluster": "example",
        "task": "0123456789abcdef0123456789abcdef",
        "status": "RUNNING",
        "containers": [{"containerName": "app", "status": "RUNNING"}]
    }"#;

    fn access(
        input: &api::SubmitTaskStateChangeRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        Ok(access::cluster(req, "ecs:SubmitTaskStateChange", &cluster).into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::SubmitTaskStateChangeResponse, AwsError> {
        let input = req.input;
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        let given = input.task.as_deref().unwrap_or_default();
        let id = task_id(given, &cluster.name).ok_or_else(errors::task_not_found)?;
        let key = key(req.info, &Task::key_part(&cluster.name, id));
        if tx.get::<Task>(&key).is_none() {
            // Agents drop a report that is answered with this, rather than repeat it forever.
            return Err(errors::task_not_found());
        }
        transitions::apply_state_change(tx, &key, &StateChange::from(input), req.now);
        Ok(api::SubmitTaskStateChangeResponse {
            acknowledgment: Some("ACK".to_owned()),
        })
    }
}
