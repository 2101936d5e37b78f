//! `DeleteGroupPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Group;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Deletes an inline policy.
///
/// Source: IAM API Reference, `DeleteGroupPolicy`.
pub struct DeleteGroupPolicy;

impl Operation for DeleteGroupPolicy {
    type Api = rolecall_api::iam::DeleteGroupPolicy;
    const EXAMPLE: &'static str = r#"{"GroupName":"devs","PolicyName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::group(req, "iam:DeleteGroupPolicy", required(&input.group_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (name, policy) = (
            required(&req.input.group_name),
            required(&req.input.policy_name),
        );
        holder::delete_inline::<Group>(tx, req.account(), name, policy)?;
        Ok(Empty {})
    }
}
