//! `AttachUserPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Attaches a managed policy; attaching it again changes nothing.
///
/// Source: IAM API Reference, `AttachUserPolicy`.
pub struct AttachUserPolicy;

impl Operation for AttachUserPolicy {
    type Api = rolecall_api::iam::AttachUserPolicy;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","PolicyArn":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.user_name);
        let check = access::bounded_user(req, "iam:AttachUserPolicy", name);
        Ok(check
            .key("iam:PolicyARN", required(&input.policy_arn))
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.user_name);
        holder::attach::<User>(tx, req.account(), name, required(&req.input.policy_arn))?;
        Ok(Empty {})
    }
}
