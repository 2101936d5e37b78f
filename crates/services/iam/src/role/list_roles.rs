//! `ListRoles`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{Role, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::path_or_root;
use crate::{access, shapes};

/// Lists the roles below a path, by name, without their boundaries, tags and last use.
///
/// Source: IAM API Reference, `ListRoles`.
pub struct ListRoles;

impl Operation for ListRoles {
    type Api = rolecall_api::iam::ListRoles;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::listing(
            req,
            "iam:ListRoles",
            "role",
            &input.path_prefix,
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let paging = Paging::new(&input.marker, input.max_items)?;
        let below = path_or_root(&input.path_prefix);
        let prefix = name_key(account, "");
        let roles = tx
            .range_after::<Role>(&prefix, paging.after())
            .filter(|(_, role)| role.path.starts_with(below));
        let page = paging.page(roles, |(key, _)| (*key).to_owned());
        let shown = page
            .items
            .iter()
            .map(|(_, role)| shapes::listed_role(tx, account, role));
        Ok(api::ListRolesResponse {
            roles: Some(shown.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
