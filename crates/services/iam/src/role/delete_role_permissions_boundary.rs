//! `DeleteRolePermissionsBoundary`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Takes the permissions boundary away.
///
/// Source: IAM API Reference, `DeleteRolePermissionsBoundary`.
pub struct DeleteRolePermissionsBoundary;

impl Operation for DeleteRolePermissionsBoundary {
    type Api = rolecall_api::iam::DeleteRolePermissionsBoundary;
    const EXAMPLE: &'static str = r#"{"RoleName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::bounded_role(
            req,
            "iam:DeleteRolePermissionsBoundary",
            required(&input.role_name),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.role_name);
        holder::set_boundary::<Role>(tx, req.account(), name, None)?;
        Ok(Empty {})
    }
}
