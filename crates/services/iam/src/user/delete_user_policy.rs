//! `DeleteUserPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Deletes an inline policy.
///
/// Source: IAM API Reference, `DeleteUserPolicy`.
pub struct DeleteUserPolicy;

impl Operation for DeleteUserPolicy {
    type Api = rolecall_api::iam::DeleteUserPolicy;
    const EXAMPLE: &'static str = r#"{"UserName":"app","PolicyName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::bounded_user(req, "iam:DeleteUserPolicy", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (name, policy) = (
            required(&req.input.user_name),
            required(&req.input.policy_name),
        );
        holder::delete_inline::<User>(tx, req.account(), name, policy)?;
        Ok(Empty {})
    }
}
