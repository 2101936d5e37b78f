//! `ListPoliciesForTarget`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::{ControlPolicy, ControlType};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::paged;
use crate::{access, find, shapes};

/// The policies of a type that are attached directly to a root, unit or account.
///
/// Source: AWS Organizations API Reference, `ListPoliciesForTarget`.
pub struct ListPoliciesForTarget;

impl Operation for ListPoliciesForTarget {
    type Api = rolecall_api::organizations::ListPoliciesForTarget;
    const EXAMPLE: &'static str = r#"{"TargetId":"r-0123","Filter":"SERVICE_CONTROL_POLICY"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let target = input.target_id.as_deref().unwrap_or_default();
        let check = access::on(req, "organizations:ListPoliciesForTarget", target);
        Ok(check
            .key_opt("organizations:PolicyType", input.filter.as_deref())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let target = find::target(tx, req.input.target_id.as_deref().unwrap_or_default())?;
        let kind = ControlType::parse(req.input.filter.as_deref().unwrap_or_default());
        let attached = kind.map_or(&[][..], |kind| target.attached(kind));
        let policies: Result<Vec<ControlPolicy>, AwsError> =
            attached.iter().map(|id| find::policy(tx, id)).collect();
        let mut policies = policies?;
        policies.sort_by(|a, b| a.id.cmp(&b.id));
        let (token, max) = (&req.input.next_token, req.input.max_results);
        let page = paged(policies, |policy| policy.id.clone(), token, max)?;
        Ok(api::ListPoliciesForTargetResponse {
            policies: Some(page.items.iter().map(shapes::policy_summary).collect()),
            next_token: page.next,
        })
    }
}
