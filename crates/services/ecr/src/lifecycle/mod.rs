//! Lifecycle policies: what they say, what they expire, and what they would.

mod delete_lifecycle_policy;
mod evaluate;
mod expire;
mod get_lifecycle_policy;
mod get_lifecycle_policy_preview;
mod put_lifecycle_policy;
mod rules;
mod start_lifecycle_policy_preview;

pub(crate) use delete_lifecycle_policy::DeleteLifecyclePolicy;
pub use expire::{Evaluated, Expired, Plan, due, plan};
pub(crate) use get_lifecycle_policy::GetLifecyclePolicy;
pub(crate) use get_lifecycle_policy_preview::GetLifecyclePolicyPreview;
pub(crate) use put_lifecycle_policy::PutLifecyclePolicy;
pub(crate) use start_lifecycle_policy_preview::StartLifecyclePolicyPreview;
