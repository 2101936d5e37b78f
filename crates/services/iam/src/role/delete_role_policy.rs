//! `DeleteRolePolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Deletes an inline policy.
///
/// Source: IAM API Reference, `DeleteRolePolicy`.
pub struct DeleteRolePolicy;

impl Operation for DeleteRolePolicy {
    type Api = rolecall_api::iam::DeleteRolePolicy;
    const EXAMPLE: &'static str = r#"{"RoleName":"app","PolicyName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::bounded_role(req, "iam:DeleteRolePolicy", required(&input.role_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (name, policy) = (
            required(&req.input.role_name),
            required(&req.input.policy_name),
        );
        holder::delete_inline::<Role>(tx, req.account(), name, policy)?;
        Ok(Empty {})
    }
}
