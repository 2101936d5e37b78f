//! `ListPolicies`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::catalog::{self, Filter};
use crate::listing::Paging;

/// Lists managed policies: the account's own, then AWS's, each by name.
///
/// The check is made on `*`. AWS's refusals call that by the path, as in `policy path /`.
///
/// Source: IAM API Reference, `ListPolicies`.
pub struct ListPolicies;

impl Operation for ListPolicies {
    type Api = rolecall_api::iam::ListPolicies;
    const EXAMPLE: &'static str = r#"{"Scope":"Local"}"#;

    fn access(input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let path = input.path_prefix.as_deref().unwrap_or("/");
        Ok(AccessCheck::new("iam:ListPolicies", "*")
            .called(format!("policy path {path}"))
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let filter = Filter {
            scope: input.scope.as_deref().unwrap_or("All"),
            only_attached: input.only_attached.unwrap_or(false),
            path_prefix: input.path_prefix.as_deref().unwrap_or("/"),
            usage: input.policy_usage_filter.as_deref(),
        };
        let page = catalog::list(tx, req.account(), &filter, &paging);
        Ok(api::ListPoliciesResponse {
            policies: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
