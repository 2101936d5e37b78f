//! `GetUserPolicy`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::{required, url_encoded};
use crate::{access, holder};

/// Shows an inline policy, URL-encoded.
///
/// Source: IAM API Reference, `GetUserPolicy`.
pub struct GetUserPolicy;

impl Operation for GetUserPolicy {
    type Api = rolecall_api::iam::GetUserPolicy;
    const EXAMPLE: &'static str = r#"{"UserName":"app","PolicyName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user(req, "iam:GetUserPolicy", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (name, policy) = (
            required(&req.input.user_name),
            required(&req.input.policy_name),
        );
        let (name, document) = holder::get_inline::<User>(tx, req.account(), name, policy)?;
        Ok(api::GetUserPolicyResponse {
            user_name: Some(name),
            policy_name: Some(policy.to_owned()),
            policy_document: Some(url_encoded(&document)),
        })
    }
}
