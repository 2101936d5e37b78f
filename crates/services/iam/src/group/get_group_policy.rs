//! `GetGroupPolicy`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::Group;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::{required, url_encoded};
use crate::{access, holder};

/// Shows an inline policy, URL-encoded.
///
/// Source: IAM API Reference, `GetGroupPolicy`.
pub struct GetGroupPolicy;

impl Operation for GetGroupPolicy {
    type Api = rolecall_api::iam::GetGroupPolicy;
    const EXAMPLE: &'static str = r#"{"GroupName":"devs","PolicyName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::group(req, "iam:GetGroupPolicy", required(&input.group_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (name, policy) = (
            required(&req.input.group_name),
            required(&req.input.policy_name),
        );
        let (name, document) = holder::get_inline::<Group>(tx, req.account(), name, policy)?;
        Ok(api::GetGroupPolicyResponse {
            group_name: Some(name),
            policy_name: Some(policy.to_owned()),
            policy_document: Some(url_encoded(&document)),
        })
    }
}
