//! `DeletePolicyVersion`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, catalog, errors};

/// Deletes a version of a managed policy that is not the default one.
///
/// Source: IAM API Reference, `DeletePolicyVersion`.
pub struct DeletePolicyVersion;

impl Operation for DeletePolicyVersion {
    type Api = rolecall_api::iam::DeletePolicyVersion;
    const EXAMPLE: &'static str =
        r#"{"PolicyArn":"arn:aws:iam::123456789012:policy/app","VersionId":"v1"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_arn);
        catalog::check_arn(arn)?;
        Ok(access::policy(req, "iam:DeletePolicyVersion", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.policy_arn);
        let id = required(&req.input.version_id);
        let (key, mut policy) =
            catalog::load_customer(tx, req.info, "iam:DeletePolicyVersion", arn)?;
        let number = catalog::version_number(id)
            .filter(|number| policy.versions.contains_key(number))
            .ok_or_else(|| errors::no_policy_version(arn, id))?;
        if number == policy.default_version {
            return Err(errors::default_version());
        }
        policy.versions.remove(&number);
        tx.put(key, policy);
        Ok(Empty {})
    }
}
