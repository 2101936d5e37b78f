//! `ListPolicies`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::{ControlPolicy, ControlType};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::paged;
use crate::{access, find, shapes};

/// The policies of a type, AWS's own among them. There are none of the types that are not
/// built.
///
/// Source: AWS Organizations API Reference, `ListPolicies`.
pub struct ListPolicies;

impl Operation for ListPolicies {
    type Api = rolecall_api::organizations::ListPolicies;
    const EXAMPLE: &'static str = r#"{"Filter":"SERVICE_CONTROL_POLICY"}"#;

    fn access(input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::anywhere("organizations:ListPolicies");
        Ok(check
            .key_opt("organizations:PolicyType", input.filter.as_deref())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let word = req.input.filter.as_deref().unwrap_or_default();
        let mut policies: Vec<ControlPolicy> = Vec::new();
        if let Some(kind) = ControlType::parse(word).filter(|_| organization.all_features) {
            let all = tx
                .range::<ControlPolicy>("")
                .map(|(_, policy)| policy.cloned());
            policies = all.filter(|policy| policy.kind == kind).collect();
            policies.push(ControlPolicy::full_access(kind));
            policies.sort_by(|a, b| a.id.cmp(&b.id));
        }
        let (token, max) = (&req.input.next_token, req.input.max_results);
        let page = paged(policies, |policy| policy.id.clone(), token, max)?;
        Ok(api::ListPoliciesResponse {
            policies: Some(page.items.iter().map(shapes::policy_summary).collect()),
            next_token: page.next,
        })
    }
}
