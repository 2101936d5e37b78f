//! `GetServiceLinkedRoleDeletionStatus`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::errors;
use crate::service_linked_role::DeletionTask;
use crate::text::required;

/// How the deletion of a service-linked role stands.
///
/// Source: IAM API Reference, `GetServiceLinkedRoleDeletionStatus`.
pub struct GetServiceLinkedRoleDeletionStatus;

impl Operation for GetServiceLinkedRoleDeletionStatus {
    type Api = rolecall_api::iam::GetServiceLinkedRoleDeletionStatus;
    const EXAMPLE: &'static str = r#"{"DeletionTaskId":"task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/0ba3bd4f-f5e6-4ff0-a5b8-4b8f1b1f5c3e"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        // The task id ends in SERVICE/ROLE/UUID, which names the role even when it is gone.
        let id = required(&input.deletion_task_id);
        let role = id
            .strip_prefix("task/")
            .and_then(|rest| rest.rsplit_once('/'));
        let role = role.map_or("*", |(role, _)| role);
        let arn = req.info.iam_arn(format!("role/{role}"));
        Ok(AccessCheck::new("iam:GetServiceLinkedRoleDeletionStatus", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let id = required(&req.input.deletion_task_id);
        tx.get::<DeletionTask>(id)
            .filter(|task| task.account == *req.account())
            .ok_or_else(|| errors::no_deletion_task(id))?;
        Ok(api::GetServiceLinkedRoleDeletionStatusResponse {
            status: Some("SUCCEEDED".to_owned()),
            reason: None,
        })
    }
}
