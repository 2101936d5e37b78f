//! `UntagPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::tags::Case;
use crate::text::required;
use crate::{access, catalog, tags};

/// Removes tags from a managed policy of the account.
///
/// Source: IAM API Reference, `UntagPolicy`.
pub struct UntagPolicy;

impl Operation for UntagPolicy {
    type Api = rolecall_api::iam::UntagPolicy;
    const EXAMPLE: &'static str =
        r#"{"PolicyArn":"arn:aws:iam::123456789012:policy/app","TagKeys":["Name"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_arn);
        catalog::check_arn(arn)?;
        let check = access::policy(req, "iam:UntagPolicy", arn);
        Ok(check
            .tag_keys(input.tag_keys.clone().unwrap_or_default())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.policy_arn);
        let (key, mut policy) = catalog::load_customer(tx, req.info, "iam:UntagPolicy", arn)?;
        tags::remove(&mut policy.tags, &req.input.tag_keys, Case::Matters)?;
        tx.put(key, policy);
        Ok(Empty {})
    }
}
