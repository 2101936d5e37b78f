//! Service and resource control policies.

mod attach_policy;
mod create_policy;
mod delete_policy;
mod describe_effective_policy;
mod describe_policy;
mod detach_policy;
mod disable_policy_type;
mod enable_policy_type;
mod list_policies;
mod list_policies_for_target;
mod list_targets_for_policy;
mod update_policy;

pub use attach_policy::AttachPolicy;
pub use create_policy::CreatePolicy;
pub use delete_policy::DeletePolicy;
pub use describe_effective_policy::DescribeEffectivePolicy;
pub use describe_policy::DescribePolicy;
pub use detach_policy::DetachPolicy;
pub use disable_policy_type::DisablePolicyType;
pub use enable_policy_type::EnablePolicyType;
pub use list_policies::ListPolicies;
pub use list_policies_for_target::ListPoliciesForTarget;
pub use list_targets_for_policy::ListTargetsForPolicy;
pub use update_policy::UpdatePolicy;

use rolecall_base::AwsError;
use rolecall_identity::PolicyText;
use rolecall_identity::organization::{ControlPolicy, ControlType, Organization, Target};
use rolecall_op::{Access, AccessRequest, Registry};
use rolecall_store::Txn;

use crate::{access, errors, find};

/// How many policies of a type a root, unit or account may have, and how many an organization may
/// have.
///
/// Source: AWS Organizations User Guide, "Quotas for AWS Organizations".
pub(crate) const ATTACHED_MAX: usize = 5;
pub(crate) const POLICIES_MAX: usize = 2_000;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<AttachPolicy>()
        .with::<CreatePolicy>()
        .with::<DeletePolicy>()
        .with::<DescribeEffectivePolicy>()
        .with::<DescribePolicy>()
        .with::<DetachPolicy>()
        .with::<DisablePolicyType>()
        .with::<EnablePolicyType>()
        .with::<ListPolicies>()
        .with::<ListPoliciesForTarget>()
        .with::<ListTargetsForPolicy>()
        .with::<UpdatePolicy>()
}

/// The checks of an attachment: the policy and the target.
pub(crate) fn attachment(
    req: &AccessRequest<'_>,
    action: &'static str,
    policy: &Option<String>,
    target: &Option<String>,
) -> Access {
    let policy = access::on_policy(req, action, policy.as_deref().unwrap_or_default());
    let kind = policy
        .keys
        .iter()
        .find(|key| key.name == "organizations:PolicyType");
    let word = kind.and_then(|key| key.values.first().cloned());
    let target = access::on(req, action, target.as_deref().unwrap_or_default());
    vec![policy, target.key_opt("organizations:PolicyType", word)].into()
}

/// The content of a policy.
pub(crate) fn parse(kind: ControlType, content: &str) -> Result<PolicyText, AwsError> {
    let text = PolicyText::parse(content, kind.policy_kind());
    let text = text.map_err(|_| errors::malformed_policy())?;
    let max = kind.policy_kind().max_chars();
    if max.is_some_and(|max| content.chars().count() > max) {
        return Err(errors::policy_too_long());
    }
    Ok(text)
}

/// Refuses a name that another policy of the type has.
pub(crate) fn check_name(tx: &Txn, kind: ControlType, name: &str) -> Result<(), AwsError> {
    let same = |policy: &ControlPolicy| policy.kind == kind && policy.name == name;
    let taken = tx
        .range::<ControlPolicy>("")
        .any(|(_, policy)| same(&policy));
    if taken || same(&ControlPolicy::full_access(kind)) {
        return Err(errors::duplicate_policy());
    }
    Ok(())
}

/// Makes what is attached everywhere what it is after a type was enabled or disabled: AWS's own
/// policy, or nothing.
pub(crate) fn attach_to_all(tx: &mut Txn, organization: &Organization, kind: ControlType) {
    let all: Vec<Target> = tx
        .range::<Target>("")
        .map(|(_, target)| target.cloned())
        .collect();
    for mut target in all {
        *target.attached_mut(kind) = find::first_policies(organization, kind);
        tx.put(target.id.clone(), target);
    }
}
