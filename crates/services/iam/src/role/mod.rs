//! Roles.

mod attach_role_policy;
mod create_role;
mod delete_role;
mod delete_role_permissions_boundary;
mod delete_role_policy;
mod detach_role_policy;
mod get_role;
mod get_role_policy;
mod list_attached_role_policies;
mod list_role_policies;
mod list_role_tags;
mod list_roles;
mod put_role_permissions_boundary;
mod put_role_policy;
mod tag_role;
mod untag_role;
mod update_assume_role_policy;
mod update_role;
mod update_role_description;

pub use attach_role_policy::AttachRolePolicy;
pub use create_role::CreateRole;
pub use delete_role::DeleteRole;
pub use delete_role_permissions_boundary::DeleteRolePermissionsBoundary;
pub use delete_role_policy::DeleteRolePolicy;
pub use detach_role_policy::DetachRolePolicy;
pub use get_role::GetRole;
pub use get_role_policy::GetRolePolicy;
pub use list_attached_role_policies::ListAttachedRolePolicies;
pub use list_role_policies::ListRolePolicies;
pub use list_role_tags::ListRoleTags;
pub use list_roles::ListRoles;
pub use put_role_permissions_boundary::PutRolePermissionsBoundary;
pub use put_role_policy::PutRolePolicy;
pub use tag_role::TagRole;
pub use untag_role::UntagRole;
pub use update_assume_role_policy::UpdateAssumeRolePolicy;
pub use update_role::UpdateRole;
pub use update_role_description::UpdateRoleDescription;

use rolecall_op::Registry;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<AttachRolePolicy>()
        .with::<CreateRole>()
        .with::<DeleteRole>()
        .with::<DeleteRolePermissionsBoundary>()
        .with::<DeleteRolePolicy>()
        .with::<DetachRolePolicy>()
        .with::<GetRole>()
        .with::<GetRolePolicy>()
        .with::<ListAttachedRolePolicies>()
        .with::<ListRolePolicies>()
        .with::<ListRoleTags>()
        .with::<ListRoles>()
        .with::<PutRolePermissionsBoundary>()
        .with::<PutRolePolicy>()
        .with::<TagRole>()
        .with::<UntagRole>()
        .with::<UpdateAssumeRolePolicy>()
        .with::<UpdateRole>()
        .with::<UpdateRoleDescription>()
}

/// How long a session of a role may last, in seconds: an hour where nothing is said.
fn session_duration(given: Option<i32>) -> u32 {
    given
        .and_then(|seconds| u32::try_from(seconds).ok())
        .unwrap_or(3600)
}
