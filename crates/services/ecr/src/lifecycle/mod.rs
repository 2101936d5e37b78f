//! Lifecycle policies: kept and validated; no image expires by them yet.

mod delete_lifecycle_policy;
mod get_lifecycle_policy;
mod put_lifecycle_policy;
mod rules;

pub(crate) use delete_lifecycle_policy::DeleteLifecyclePolicy;
pub(crate) use get_lifecycle_policy::GetLifecyclePolicy;
pub(crate) use put_lifecycle_policy::PutLifecyclePolicy;
