//! Documents in the API's shapes.

use rolecall_api::iam as api;
use rolecall_base::AccountId;
use rolecall_identity::{Group, InstanceProfile, LastUse, Role, User, name_key};
use rolecall_store::Txn;

use crate::text::url_encoded;
use crate::{tags, trust};

/// A role as `GetRole` shows it.
pub(crate) fn role(tx: &Txn, account: &AccountId, role: &Role) -> api::Role {
    api::Role {
        permissions_boundary: role.boundary.as_deref().map(boundary),
        tags: tags::shown(&role.tags),
        role_last_used: Some(role_last_used(tx, role)),
        ..listed_role(tx, account, role)
    }
}

/// When a role was last used; nothing, if it never was.
fn role_last_used(tx: &Txn, role: &Role) -> api::RoleLastUsed {
    let last = tx.get_unchecked::<LastUse>(&LastUse::of_role(&role.id));
    api::RoleLastUsed {
        last_used_date: last.as_ref().map(|last| last.at),
        region: last.map(|last| last.region.clone()),
    }
}

/// A role as `ListRoles` shows it: without boundary, tags and last use.
pub(crate) fn listed_role(tx: &Txn, account: &AccountId, role: &Role) -> api::Role {
    api::Role {
        path: Some(role.path.clone()),
        role_name: Some(role.name.clone()),
        role_id: Some(role.id.clone()),
        arn: Some(role.arn.clone()),
        create_date: Some(role.created),
        assume_role_policy_document: Some(url_encoded(&trust::shown(tx, account, &role.trust))),
        description: role.description.clone(),
        max_session_duration: i32::try_from(role.max_session_duration_s).ok(),
        ..api::Role::default()
    }
}

/// A user as `GetUser` shows it.
pub(crate) fn user(user: &User) -> api::User {
    api::User {
        permissions_boundary: user.boundary.as_deref().map(boundary),
        tags: tags::shown(&user.tags),
        ..listed_user(user)
    }
}

/// A user as `ListUsers` shows it: without boundary and tags.
pub(crate) fn listed_user(user: &User) -> api::User {
    api::User {
        path: Some(user.path.clone()),
        user_name: Some(user.name.clone()),
        user_id: Some(user.id.clone()),
        arn: Some(user.arn.clone()),
        create_date: Some(user.created),
        ..api::User::default()
    }
}

/// A group.
pub(crate) fn group(group: &Group) -> api::Group {
    api::Group {
        path: Some(group.path.clone()),
        group_name: Some(group.name.clone()),
        group_id: Some(group.id.clone()),
        arn: Some(group.arn.clone()),
        create_date: Some(group.created),
    }
}

/// An instance profile with its role.
pub(crate) fn instance_profile(
    tx: &Txn,
    account: &AccountId,
    profile: &InstanceProfile,
) -> api::InstanceProfile {
    let role = profile.role.as_deref();
    let role = role.and_then(|name| tx.get::<Role>(&name_key(account, name)));
    api::InstanceProfile {
        path: Some(profile.path.clone()),
        instance_profile_name: Some(profile.name.clone()),
        instance_profile_id: Some(profile.id.clone()),
        arn: Some(profile.arn.clone()),
        create_date: Some(profile.created),
        roles: Some(
            role.iter()
                .map(|role| listed_role(tx, account, role))
                .collect(),
        ),
        tags: Some(tags::all(&profile.tags)),
    }
}

fn boundary(arn: &str) -> api::AttachedPermissionsBoundary {
    api::AttachedPermissionsBoundary {
        permissions_boundary_type: Some("Policy".to_owned()),
        permissions_boundary_arn: Some(arn.to_owned()),
    }
}
