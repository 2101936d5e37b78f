//! `ListPolicyTags`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::{access, catalog};

/// Lists the tags of a managed policy.
///
/// Source: IAM API Reference, `ListPolicyTags`.
pub struct ListPolicyTags;

impl Operation for ListPolicyTags {
    type Api = rolecall_api::iam::ListPolicyTags;
    const EXAMPLE: &'static str = r#"{"PolicyArn":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_arn);
        catalog::check_arn(arn)?;
        Ok(access::policy(req, "iam:ListPolicyTags", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let policy = catalog::load(tx, req.account(), required(&req.input.policy_arn))?;
        let page = paging.slice(policy.tags(), |tag| tag.key.clone().unwrap_or_default())?;
        Ok(api::ListPolicyTagsResponse {
            tags: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
