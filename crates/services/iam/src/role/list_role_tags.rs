//! `ListRoleTags`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::{access, holder};

/// Lists the tags in the order in which they were first set.
///
/// Source: IAM API Reference, `ListRoleTags`.
pub struct ListRoleTags;

impl Operation for ListRoleTags {
    type Api = rolecall_api::iam::ListRoleTags;
    const EXAMPLE: &'static str = r#"{"RoleName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::role(req, "iam:ListRoleTags", required(&input.role_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let name = required(&req.input.role_name);
        let page = holder::list_tags::<Role>(tx, req.account(), name, &paging)?;
        Ok(api::ListRoleTagsResponse {
            tags: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
