//! `ListGroupPolicies`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::Group;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::{access, holder};

/// Lists the names of the inline policies.
///
/// Source: IAM API Reference, `ListGroupPolicies`.
pub struct ListGroupPolicies;

impl Operation for ListGroupPolicies {
    type Api = rolecall_api::iam::ListGroupPolicies;
    const EXAMPLE: &'static str = r#"{"GroupName":"devs"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::group(req, "iam:ListGroupPolicies", required(&input.group_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let name = required(&req.input.group_name);
        let page = holder::list_inline::<Group>(tx, req.account(), name, &paging)?;
        Ok(api::ListGroupPoliciesResponse {
            policy_names: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
