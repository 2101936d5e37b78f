//! `PutRolePermissionsBoundary`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Sets the managed policy that bounds it.
///
/// Source: IAM API Reference, `PutRolePermissionsBoundary`.
pub struct PutRolePermissionsBoundary;

impl Operation for PutRolePermissionsBoundary {
    type Api = rolecall_api::iam::PutRolePermissionsBoundary;
    const EXAMPLE: &'static str =
        r#"{"RoleName":"app","PermissionsBoundary":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.role_name);
        let check = access::role(req, "iam:PutRolePermissionsBoundary", name);
        let boundary = required(&input.permissions_boundary);
        Ok(check.key("iam:PermissionsBoundary", boundary).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.role_name);
        let arn = required(&req.input.permissions_boundary);
        holder::set_boundary::<Role>(tx, req.account(), name, Some(arn))?;
        Ok(Empty {})
    }
}
