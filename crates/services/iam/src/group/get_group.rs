//! `GetGroup`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{Group, User};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::{access, holder, shapes};

/// Shows a group and a page of its users, by name.
///
/// Source: IAM API Reference, `GetGroup`.
pub struct GetGroup;

impl Operation for GetGroup {
    type Api = rolecall_api::iam::GetGroup;
    const EXAMPLE: &'static str = r#"{"GroupName":"devs"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::group(req, "iam:GetGroup", required(&input.group_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let (_, group) = holder::load::<Group>(tx, req.account(), required(&input.group_name))?;
        let members = super::members(tx, &group);
        let page = paging.page(
            members
                .into_iter()
                .filter(|key| key.as_str() > paging.after()),
            Clone::clone,
        );
        let users = page.items.iter().filter_map(|key| tx.get::<User>(key));
        Ok(api::GetGroupResponse {
            group: Some(shapes::group(&group)),
            users: Some(users.map(|user| shapes::listed_user(&user)).collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
