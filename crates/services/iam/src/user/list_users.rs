//! `ListUsers`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{User, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::path_or_root;
use crate::{access, shapes};

/// Lists the users below a path, by name, without their boundaries and tags.
///
/// Source: IAM API Reference, `ListUsers`.
pub struct ListUsers;

impl Operation for ListUsers {
    type Api = rolecall_api::iam::ListUsers;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::listing(
            req,
            "iam:ListUsers",
            "user",
            &input.path_prefix,
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let below = path_or_root(&input.path_prefix);
        let prefix = name_key(req.account(), "");
        let users = tx
            .range_after::<User>(&prefix, paging.after())
            .filter(|(_, user)| user.path.starts_with(below));
        let page = paging.page(users, |(key, _)| (*key).to_owned());
        Ok(api::ListUsersResponse {
            users: Some(
                page.items
                    .iter()
                    .map(|(_, user)| shapes::listed_user(user))
                    .collect(),
            ),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
