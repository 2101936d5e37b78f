//! `DetachGroupPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Group;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Detaches a managed policy.
///
/// Source: IAM API Reference, `DetachGroupPolicy`.
pub struct DetachGroupPolicy;

impl Operation for DetachGroupPolicy {
    type Api = rolecall_api::iam::DetachGroupPolicy;
    const EXAMPLE: &'static str =
        r#"{"GroupName":"devs","PolicyArn":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::group(req, "iam:DetachGroupPolicy", required(&input.group_name));
        Ok(check
            .key("iam:PolicyARN", required(&input.policy_arn))
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.group_name);
        holder::detach::<Group>(tx, req.account(), name, required(&req.input.policy_arn))?;
        Ok(Empty {})
    }
}
