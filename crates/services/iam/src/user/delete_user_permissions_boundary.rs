//! `DeleteUserPermissionsBoundary`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Takes the permissions boundary away.
///
/// Source: IAM API Reference, `DeleteUserPermissionsBoundary`.
pub struct DeleteUserPermissionsBoundary;

impl Operation for DeleteUserPermissionsBoundary {
    type Api = rolecall_api::iam::DeleteUserPermissionsBoundary;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::bounded_user(
            req,
            "iam:DeleteUserPermissionsBoundary",
            required(&input.user_name),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.user_name);
        holder::set_boundary::<User>(tx, req.account(), name, None)?;
        Ok(Empty {})
    }
}
