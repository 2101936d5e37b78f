//! `ListPolicyVersions`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::{access, catalog};

/// Lists the versions of a managed policy, newest first, without their documents.
///
/// Source: IAM API Reference, `ListPolicyVersions`.
pub struct ListPolicyVersions;

impl Operation for ListPolicyVersions {
    type Api = rolecall_api::iam::ListPolicyVersions;
    const EXAMPLE: &'static str = r#"{"PolicyArn":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_arn);
        catalog::check_arn(arn)?;
        Ok(access::policy(req, "iam:ListPolicyVersions", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let policy = catalog::load(tx, req.account(), required(&req.input.policy_arn))?;
        let page = paging.slice(policy.versions(), |version| version.number.to_string())?;
        let shown = page.items.iter().map(|version| version.listed());
        Ok(api::ListPolicyVersionsResponse {
            versions: Some(shown.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
