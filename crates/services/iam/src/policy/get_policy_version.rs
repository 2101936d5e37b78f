//! `GetPolicyVersion`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, catalog, errors};

/// Shows a version of a managed policy, the account's or AWS's, with its document URL-encoded.
///
/// Source: IAM API Reference, `GetPolicyVersion`.
pub struct GetPolicyVersion;

impl Operation for GetPolicyVersion {
    type Api = rolecall_api::iam::GetPolicyVersion;
    const EXAMPLE: &'static str =
        r#"{"PolicyArn":"arn:aws:iam::123456789012:policy/app","VersionId":"v1"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_arn);
        catalog::check_arn(arn)?;
        Ok(access::policy(req, "iam:GetPolicyVersion", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.policy_arn);
        let id = required(&req.input.version_id);
        let policy = catalog::load(tx, req.account(), arn)?;
        let version = policy
            .version(id)
            .ok_or_else(|| errors::no_policy_version(arn, id))?;
        Ok(api::GetPolicyVersionResponse {
            policy_version: Some(version),
        })
    }
}
