//! `DeletePolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::CustomerPolicy;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::usage::{ATTACHED, BOUNDARY};
use crate::{access, catalog, errors, usage};

/// Deletes a managed policy, which must be attached to nothing and have only its default version.
///
/// Source: IAM API Reference, `DeletePolicy`.
pub struct DeletePolicy;

impl Operation for DeletePolicy {
    type Api = rolecall_api::iam::DeletePolicy;
    const EXAMPLE: &'static str = r#"{"PolicyArn":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_arn);
        catalog::check_arn(arn)?;
        Ok(access::policy(req, "iam:DeletePolicy", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.policy_arn);
        let (key, policy) = catalog::load_customer(tx, req.info, "iam:DeletePolicy", arn)?;
        if usage::any(tx, req.account(), arn, &ATTACHED)
            || usage::any(tx, req.account(), arn, &BOUNDARY)
        {
            return Err(errors::policy_attached());
        }
        if policy.versions.len() > 1 {
            return Err(errors::policy_has_versions());
        }
        tx.delete::<CustomerPolicy>(&key);
        Ok(Empty {})
    }
}
