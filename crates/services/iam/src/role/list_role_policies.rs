//! `ListRolePolicies`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::{access, holder};

/// Lists the names of the inline policies.
///
/// Source: IAM API Reference, `ListRolePolicies`.
pub struct ListRolePolicies;

impl Operation for ListRolePolicies {
    type Api = rolecall_api::iam::ListRolePolicies;
    const EXAMPLE: &'static str = r#"{"RoleName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::role(req, "iam:ListRolePolicies", required(&input.role_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let name = required(&req.input.role_name);
        let page = holder::list_inline::<Role>(tx, req.account(), name, &paging)?;
        Ok(api::ListRolePoliciesResponse {
            policy_names: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
