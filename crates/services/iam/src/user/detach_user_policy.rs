//! `DetachUserPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Detaches a managed policy.
///
/// Source: IAM API Reference, `DetachUserPolicy`.
pub struct DetachUserPolicy;

impl Operation for DetachUserPolicy {
    type Api = rolecall_api::iam::DetachUserPolicy;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","PolicyArn":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.user_name);
        let check = access::bounded_user(req, "iam:DetachUserPolicy", name);
        Ok(check
            .key("iam:PolicyARN", required(&input.policy_arn))
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.user_name);
        holder::detach::<User>(tx, req.account(), name, required(&req.input.policy_arn))?;
        Ok(Empty {})
    }
}
