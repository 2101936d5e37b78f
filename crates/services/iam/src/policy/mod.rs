//! Managed policies.

mod create_policy;
mod create_policy_version;
mod delete_policy;
mod delete_policy_version;
mod get_policy;
mod get_policy_version;
mod list_entities_for_policy;
mod list_policies;
mod list_policy_tags;
mod list_policy_versions;
mod set_default_policy_version;
mod tag_policy;
mod untag_policy;

pub use create_policy::CreatePolicy;
pub use create_policy_version::CreatePolicyVersion;
pub use delete_policy::DeletePolicy;
pub use delete_policy_version::DeletePolicyVersion;
pub use get_policy::GetPolicy;
pub use get_policy_version::GetPolicyVersion;
pub use list_entities_for_policy::ListEntitiesForPolicy;
pub use list_policies::ListPolicies;
pub use list_policy_tags::ListPolicyTags;
pub use list_policy_versions::ListPolicyVersions;
pub use set_default_policy_version::SetDefaultPolicyVersion;
pub use tag_policy::TagPolicy;
pub use untag_policy::UntagPolicy;

use rolecall_op::Registry;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreatePolicy>()
        .with::<CreatePolicyVersion>()
        .with::<DeletePolicy>()
        .with::<DeletePolicyVersion>()
        .with::<GetPolicy>()
        .with::<GetPolicyVersion>()
        .with::<ListEntitiesForPolicy>()
        .with::<ListPolicies>()
        .with::<ListPolicyTags>()
        .with::<ListPolicyVersions>()
        .with::<SetDefaultPolicyVersion>()
        .with::<TagPolicy>()
        .with::<UntagPolicy>()
}
