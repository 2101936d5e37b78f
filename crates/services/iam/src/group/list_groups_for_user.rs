//! `ListGroupsForUser`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{Group, User};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::{access, holder, shapes};

/// Lists the groups that a user is in, in the order in which it was added.
///
/// Source: IAM API Reference, `ListGroupsForUser`.
pub struct ListGroupsForUser;

impl Operation for ListGroupsForUser {
    type Api = rolecall_api::iam::ListGroupsForUser;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user(req, "iam:ListGroupsForUser", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let (_, user) = holder::load::<User>(tx, req.account(), required(&input.user_name))?;
        let page = paging.slice(user.groups, Clone::clone)?;
        let groups = page.items.iter().filter_map(|key| tx.get::<Group>(key));
        Ok(api::ListGroupsForUserResponse {
            groups: Some(groups.map(|group| shapes::group(&group)).collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
