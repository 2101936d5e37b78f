//! `ListInstanceProfileTags`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::instance_profile::load;
use crate::listing::Paging;
use crate::text::required;
use crate::{access, tags};

/// Lists the tags in the order in which they were first set.
///
/// Source: IAM API Reference, `ListInstanceProfileTags`.
pub struct ListInstanceProfileTags;

impl Operation for ListInstanceProfileTags {
    type Api = rolecall_api::iam::ListInstanceProfileTags;
    const EXAMPLE: &'static str = r#"{"InstanceProfileName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.instance_profile_name);
        Ok(access::instance_profile(req, "iam:ListInstanceProfileTags", name).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let (_, profile) = load(tx, req.account(), required(&input.instance_profile_name))?;
        let all = tags::all(&profile.tags);
        let page = paging.slice(all, |tag| tag.key.clone().unwrap_or_default())?;
        Ok(api::ListInstanceProfileTagsResponse {
            tags: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
