//! `CreatePolicyVersion`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{POLICY_VERSIONS_MAX, PolicyVersion};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, catalog, errors};

/// Adds a version to a managed policy, which keeps five at most.
///
/// Source: IAM API Reference, `CreatePolicyVersion`.
pub struct CreatePolicyVersion;

impl Operation for CreatePolicyVersion {
    type Api = rolecall_api::iam::CreatePolicyVersion;
    const EXAMPLE: &'static str = r#"{"PolicyArn":"arn:aws:iam::123456789012:policy/app","PolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\",\"Resource\":\"*\"}}","SetAsDefault":true}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_arn);
        catalog::check_arn(arn)?;
        Ok(access::policy(req, "iam:CreatePolicyVersion", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let arn = required(&input.policy_arn);
        let (key, mut policy) =
            catalog::load_customer(tx, req.info, "iam:CreatePolicyVersion", arn)?;
        let document = catalog::parse(required(&input.policy_document))?;
        if policy.versions.len() >= POLICY_VERSIONS_MAX {
            return Err(errors::too_many_versions(POLICY_VERSIONS_MAX));
        }
        let number = policy.next_version;
        let default = input.set_as_default.unwrap_or(false);
        policy.versions.insert(
            number,
            PolicyVersion {
                document,
                created: req.now,
            },
        );
        policy.next_version = number.saturating_add(1);
        policy.updated = req.now;
        if default {
            policy.default_version = number;
        }
        tx.put(key, policy);
        let shown = api::PolicyVersion {
            document: None,
            version_id: Some(format!("v{number}")),
            is_default_version: Some(default),
            create_date: Some(req.now),
        };
        Ok(api::CreatePolicyVersionResponse {
            policy_version: Some(shown),
        })
    }
}
