//! `TagPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::tags::Case;
use crate::text::required;
use crate::{access, catalog, tags};

/// Adds tags to a managed policy of the account, replacing the values of those that are there.
///
/// Source: IAM API Reference, `TagPolicy`.
pub struct TagPolicy;

impl Operation for TagPolicy {
    type Api = rolecall_api::iam::TagPolicy;
    const EXAMPLE: &'static str = r#"{"PolicyArn":"arn:aws:iam::123456789012:policy/app","Tags":[{"Key":"Name","Value":"app"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_arn);
        catalog::check_arn(arn)?;
        let check = access::policy(req, "iam:TagPolicy", arn);
        Ok(check.request_tags(&tags::given(&input.tags)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.policy_arn);
        let (key, mut policy) = catalog::load_customer(tx, req.info, "iam:TagPolicy", arn)?;
        tags::add(
            &mut policy.tags,
            &req.input.tags,
            Case::Matters,
            "TagsPerPolicy",
        )?;
        tx.put(key, policy);
        Ok(Empty {})
    }
}
