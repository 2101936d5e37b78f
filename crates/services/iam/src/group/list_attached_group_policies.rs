//! `ListAttachedGroupPolicies`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::Group;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::{access, holder};

/// Lists the managed policies that are attached, in the order of attachment.
///
/// Source: IAM API Reference, `ListAttachedGroupPolicies`.
pub struct ListAttachedGroupPolicies;

impl Operation for ListAttachedGroupPolicies {
    type Api = rolecall_api::iam::ListAttachedGroupPolicies;
    const EXAMPLE: &'static str = r#"{"GroupName":"devs"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::group(
            req,
            "iam:ListAttachedGroupPolicies",
            required(&input.group_name),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let page = holder::list_attached::<Group>(
            tx,
            req.account(),
            required(&input.group_name),
            &input.path_prefix,
            &paging,
        )?;
        Ok(api::ListAttachedGroupPoliciesResponse {
            attached_policies: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
