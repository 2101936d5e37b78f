//! `ListUserTags`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::{access, holder};

/// Lists the tags in the order in which they were first set.
///
/// Source: IAM API Reference, `ListUserTags`.
pub struct ListUserTags;

impl Operation for ListUserTags {
    type Api = rolecall_api::iam::ListUserTags;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user(req, "iam:ListUserTags", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let name = required(&req.input.user_name);
        let page = holder::list_tags::<User>(tx, req.account(), name, &paging)?;
        Ok(api::ListUserTagsResponse {
            tags: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
