//! Groups.

mod add_user_to_group;
mod attach_group_policy;
mod create_group;
mod delete_group;
mod delete_group_policy;
mod detach_group_policy;
mod get_group;
mod get_group_policy;
mod list_attached_group_policies;
mod list_group_policies;
mod list_groups;
mod list_groups_for_user;
mod put_group_policy;
mod remove_user_from_group;
mod update_group;

pub use add_user_to_group::AddUserToGroup;
pub use attach_group_policy::AttachGroupPolicy;
pub use create_group::CreateGroup;
pub use delete_group::DeleteGroup;
pub use delete_group_policy::DeleteGroupPolicy;
pub use detach_group_policy::DetachGroupPolicy;
pub use get_group::GetGroup;
pub use get_group_policy::GetGroupPolicy;
pub use list_attached_group_policies::ListAttachedGroupPolicies;
pub use list_group_policies::ListGroupPolicies;
pub use list_groups::ListGroups;
pub use list_groups_for_user::ListGroupsForUser;
pub use put_group_policy::PutGroupPolicy;
pub use remove_user_from_group::RemoveUserFromGroup;
pub use update_group::UpdateGroup;

use rolecall_identity::Group;
use rolecall_op::Registry;
use rolecall_store::Txn;

use crate::usage::{self, How};

/// How many groups a user may be in (IAM quotas).
pub(crate) const GROUPS_PER_USER_MAX: usize = 10;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<AddUserToGroup>()
        .with::<AttachGroupPolicy>()
        .with::<CreateGroup>()
        .with::<DeleteGroup>()
        .with::<DeleteGroupPolicy>()
        .with::<DetachGroupPolicy>()
        .with::<GetGroup>()
        .with::<GetGroupPolicy>()
        .with::<ListAttachedGroupPolicies>()
        .with::<ListGroupPolicies>()
        .with::<ListGroups>()
        .with::<ListGroupsForUser>()
        .with::<PutGroupPolicy>()
        .with::<RemoveUserFromGroup>()
        .with::<UpdateGroup>()
}

/// The store keys of the users of a group, in the order of their names.
pub(crate) fn members(tx: &Txn, group: &Group) -> Vec<String> {
    usage::users(tx, &group.account, &group.id, How::Member)
}
