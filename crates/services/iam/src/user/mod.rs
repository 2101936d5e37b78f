//! Users.

mod attach_user_policy;
mod create_user;
mod delete_user;
mod delete_user_permissions_boundary;
mod delete_user_policy;
mod detach_user_policy;
mod get_user;
mod get_user_policy;
mod list_attached_user_policies;
mod list_user_policies;
mod list_user_tags;
mod list_users;
mod put_user_permissions_boundary;
mod put_user_policy;
mod tag_user;
mod untag_user;
mod update_user;

pub use attach_user_policy::AttachUserPolicy;
pub use create_user::CreateUser;
pub use delete_user::DeleteUser;
pub use delete_user_permissions_boundary::DeleteUserPermissionsBoundary;
pub use delete_user_policy::DeleteUserPolicy;
pub use detach_user_policy::DetachUserPolicy;
pub use get_user::GetUser;
pub use get_user_policy::GetUserPolicy;
pub use list_attached_user_policies::ListAttachedUserPolicies;
pub use list_user_policies::ListUserPolicies;
pub use list_user_tags::ListUserTags;
pub use list_users::ListUsers;
pub use put_user_permissions_boundary::PutUserPermissionsBoundary;
pub use put_user_policy::PutUserPolicy;
pub use tag_user::TagUser;
pub use untag_user::UntagUser;
pub use update_user::UpdateUser;

use rolecall_base::AwsError;
use rolecall_identity::CallerKind;
use rolecall_op::{Registry, RequestInfo};

use crate::errors;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<AttachUserPolicy>()
        .with::<CreateUser>()
        .with::<DeleteUser>()
        .with::<DeleteUserPermissionsBoundary>()
        .with::<DeleteUserPolicy>()
        .with::<DetachUserPolicy>()
        .with::<GetUser>()
        .with::<GetUserPolicy>()
        .with::<ListAttachedUserPolicies>()
        .with::<ListUserPolicies>()
        .with::<ListUserTags>()
        .with::<ListUsers>()
        .with::<PutUserPermissionsBoundary>()
        .with::<PutUserPolicy>()
        .with::<TagUser>()
        .with::<UntagUser>()
        .with::<UpdateUser>()
}

/// Whose something is where the API lets the name be left out.
pub(crate) enum Whose {
    /// The user of this name.
    User(String),
    /// The root user.
    Root,
}

impl Whose {
    /// The user of this name, or the caller.
    ///
    /// # Errors
    /// `ValidationError` for a caller that is neither a user nor root and names nobody.
    pub(crate) fn new(info: &RequestInfo, name: Option<&str>) -> Result<Self, AwsError> {
        match (name, &info.caller.kind) {
            (Some(name), _) => Ok(Self::User(name.to_owned())),
            (None, CallerKind::Root { .. }) => Ok(Self::Root),
            (None, CallerKind::User { .. }) => {
                let name = info.caller.arn.rsplit('/').next().unwrap_or_default();
                Ok(Self::User(name.to_owned()))
            }
            (None, _) => Err(errors::validation(
                "Must specify userName when calling with non-User credentials",
            )),
        }
    }
}
