//! `DeleteServiceLinkedRole`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_base::rng::uuid;
use rolecall_identity::{LastUse, Role};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::service_linked_role::DeletionTask;
use crate::text::required;
use crate::usage::{self, How};
use crate::{access, errors, holder};

/// Deletes a service-linked role. AWS does it in the background and fails if the service still uses
/// the role; here it is done at once, and no service is asked.
///
/// Source: IAM API Reference, `DeleteServiceLinkedRole`.
pub struct DeleteServiceLinkedRole;

impl Operation for DeleteServiceLinkedRole {
    type Api = rolecall_api::iam::DeleteServiceLinkedRole;
    const EXAMPLE: &'static str = r#"{"RoleName":"AWSServiceRoleForECS"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::role(
            req,
            "iam:DeleteServiceLinkedRole",
            required(&input.role_name),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let (key, role) = holder::load::<Role>(tx, account, required(&req.input.role_name))?;
        let Some(service) = &role.linked_service else {
            return Err(errors::invalid_input(format!(
                "The role {} is not a service-linked role.",
                role.name
            )));
        };
        for arn in &role.attached {
            usage::remove(tx, account, arn, How::RolePolicy, &key);
        }
        tx.delete::<Role>(&key);
        tx.delete::<LastUse>(&LastUse::of_role(&role.id));
        let task = uuid(&mut req.ids());
        let id = format!("task/aws-service-role/{service}/{}/{task}", role.name);
        tx.put(
            id.clone(),
            DeletionTask {
                account: account.clone(),
                role: role.arn.clone(),
            },
        );
        Ok(api::DeleteServiceLinkedRoleResponse {
            deletion_task_id: Some(id),
        })
    }
}
