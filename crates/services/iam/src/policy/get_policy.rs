//! `GetPolicy`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, catalog};

/// Shows a managed policy, the account's or AWS's, without its document.
///
/// Source: IAM API Reference, `GetPolicy`.
pub struct GetPolicy;

impl Operation for GetPolicy {
    type Api = rolecall_api::iam::GetPolicy;
    const EXAMPLE: &'static str = r#"{"PolicyArn":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_arn);
        catalog::check_arn(arn)?;
        Ok(access::policy(req, "iam:GetPolicy", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let policy = catalog::load(tx, req.account(), required(&req.input.policy_arn))?;
        Ok(api::GetPolicyResponse {
            policy: Some(policy.full(tx, req.account())),
        })
    }
}
