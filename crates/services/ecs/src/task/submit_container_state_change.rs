//! `SubmitContainerStateChange`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::documents::Task;
use crate::refs::{ClusterRef, key, task_id};
use crate::transitions::{self, StateChange};
use crate::{access, errors};

/// An agent reports what became of one container.
///
/// Source: Amazon ECS API Reference, `SubmitContainerStateChange`.
pub struct SubmitContainerStateChange;

impl Operation for SubmitContainerStateChange {
    type Api = api::SubmitContainerStateChange;

    const EXAMPLE: &'static str = r#"{
        "cluster": "example",
        "task": "0123456789abcdef0123456789abcdef",
        "containerName": "app",
        "status": "RUNNING"
    }"#;

    fn access(
        input: &api::SubmitContainerStateChangeRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        Ok(access::cluster(req, "ecs:SubmitContainerStateChange", &cluster).into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::SubmitContainerStateChangeResponse, AwsError> {
        let input = req.input;
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        let given = input.task.as_deref().unwrap_or_default();
        let id = task_id(given, &cluster.name).ok_or_else(errors::task_not_found)?;
        let key = key(req.info, &Task::key_part(&cluster.name, id));
        if tx.get::<Task>(&key).is_none() {
            return Err(errors::task_not_found());
        }
        let change = api::ContainerStateChange {
            container_name: input.container_name.clone(),
            runtime_id: input.runtime_id.clone(),
            exit_code: input.exit_code,
            network_bindings: input.network_bindings.clone(),
            reason: input.reason.clone(),
            status: input.status.clone(),
            image_digest: None,
        };
        let change = StateChange {
            containers: vec![change],
            ..StateChange::default()
        };
        transitions::apply_state_change(tx, &key, &change, req.now);
        Ok(api::SubmitContainerStateChangeResponse {
            acknowledgment: Some("ACK".to_owned()),
        })
    }
}
