//! `AttachGroupPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Group;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Attaches a managed policy; attaching it again changes nothing.
///
/// Source: IAM API Reference, `AttachGroupPolicy`.
pub struct AttachGroupPolicy;

impl Operation for AttachGroupPolicy {
    type Api = rolecall_api::iam::AttachGroupPolicy;
    const EXAMPLE: &'static str =
        r#"{"GroupName":"devs","PolicyArn":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::group(req, "iam:AttachGroupPolicy", required(&input.group_name));
        Ok(check
            .key("iam:PolicyARN", required(&input.policy_arn))
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.group_name);
        holder::attach::<Group>(tx, req.account(), name, required(&req.input.policy_arn))?;
        Ok(Empty {})
    }
}
