//! `ListGroups`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{Group, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::path_or_root;
use crate::{access, shapes};

/// Lists the groups below a path, by name.
///
/// Source: IAM API Reference, `ListGroups`.
pub struct ListGroups;

impl Operation for ListGroups {
    type Api = rolecall_api::iam::ListGroups;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::listing(
            req,
            "iam:ListGroups",
            "group",
            &input.path_prefix,
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let below = path_or_root(&input.path_prefix);
        let prefix = name_key(req.account(), "");
        let groups = tx
            .range_after::<Group>(&prefix, paging.after())
            .filter(|(_, group)| group.path.starts_with(below));
        let page = paging.page(groups, |(key, _)| (*key).to_owned());
        let shown = page.items.iter().map(|(_, group)| shapes::group(group));
        Ok(api::ListGroupsResponse {
            groups: Some(shown.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
