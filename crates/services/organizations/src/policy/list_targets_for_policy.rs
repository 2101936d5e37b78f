//! `ListTargetsForPolicy`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::Target;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::paged;
use crate::{access, find, shapes};

/// The roots, units and accounts that a policy is attached to.
///
/// Source: AWS Organizations API Reference, `ListTargetsForPolicy`.
pub struct ListTargetsForPolicy;

impl Operation for ListTargetsForPolicy {
    type Api = rolecall_api::organizations::ListTargetsForPolicy;
    const EXAMPLE: &'static str = r#"{"PolicyId":"p-01234567"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on_policy(
            req,
            "organizations:ListTargetsForPolicy",
            input.policy_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let policy = find::policy(tx, req.input.policy_id.as_deref().unwrap_or_default())?;
        let all = tx.range::<Target>("").map(|(_, target)| target.cloned());
        let is_attached = |target: &Target| target.attached(policy.kind).contains(&policy.id);
        let targets: Vec<Target> = all.filter(is_attached).collect();
        let (token, max) = (&req.input.next_token, req.input.max_results);
        let page = paged(targets, |target| target.id.clone(), token, max)?;
        let targets = page.items.iter();
        let targets = targets.map(|target| shapes::target_summary(&organization, target));
        Ok(api::ListTargetsForPolicyResponse {
            targets: Some(targets.collect()),
            next_token: page.next,
        })
    }
}
