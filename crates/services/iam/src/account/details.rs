//! Users, groups, roles and policies with everything that `GetAccountAuthorizationDetails` shows.

use std::collections::BTreeMap;

use rolecall_api::iam as api;
use rolecall_base::AccountId;
use rolecall_identity::{Group, InstanceProfile, PolicyText, Role, User};
use rolecall_store::Txn;

use crate::catalog::{self, Managed};
use crate::text::url_encoded;
use crate::usage::{self, How};
use crate::{shapes, tags};

pub(super) fn user(tx: &Txn, user: &User) -> api::UserDetail {
    let listed = shapes::user(user);
    let groups = user.groups.iter().filter_map(|key| tx.get::<Group>(key));
    api::UserDetail {
        path: listed.path,
        user_name: listed.user_name,
        user_id: listed.user_id,
        arn: listed.arn,
        create_date: listed.create_date,
        user_policy_list: Some(inline(&user.inline)),
        group_list: Some(groups.map(|group| group.name.clone()).collect()),
        attached_managed_policies: Some(attached(&user.attached)),
        permissions_boundary: listed.permissions_boundary,
        tags: Some(tags::all(&user.tags)),
    }
}

pub(super) fn group(group: &Group) -> api::GroupDetail {
    let listed = shapes::group(group);
    api::GroupDetail {
        path: listed.path,
        group_name: listed.group_name,
        group_id: listed.group_id,
        arn: listed.arn,
        create_date: listed.create_date,
        group_policy_list: Some(inline(&group.inline)),
        attached_managed_policies: Some(attached(&group.attached)),
    }
}

pub(super) fn role(tx: &Txn, account: &AccountId, role: &Role) -> api::RoleDetail {
    let listed = shapes::role(tx, account, role);
    let profiles = usage::users(tx, account, &role.arn, How::Profile);
    let profiles = profiles
        .iter()
        .filter_map(|key| tx.get::<InstanceProfile>(key));
    api::RoleDetail {
        path: listed.path,
        role_name: listed.role_name,
        role_id: listed.role_id,
        arn: listed.arn,
        create_date: listed.create_date,
        assume_role_policy_document: listed.assume_role_policy_document,
        instance_profile_list: Some(
            profiles
                .map(|profile| shapes::instance_profile(tx, account, &profile))
                .collect(),
        ),
        role_policy_list: Some(inline(&role.inline)),
        attached_managed_policies: Some(attached(&role.attached)),
        permissions_boundary: listed.permissions_boundary,
        tags: Some(tags::all(&role.tags)),
        role_last_used: listed.role_last_used,
    }
}

pub(super) fn policy(tx: &Txn, account: &AccountId, policy: &Managed) -> api::ManagedPolicyDetail {
    let full = policy.full(tx, account);
    let versions = policy.versions();
    let versions = versions
        .iter()
        .filter_map(|version| policy.version(&format!("v{}", version.number)));
    api::ManagedPolicyDetail {
        policy_name: full.policy_name,
        policy_id: full.policy_id,
        arn: full.arn,
        path: full.path,
        default_version_id: full.default_version_id,
        attachment_count: full.attachment_count,
        permissions_boundary_usage_count: full.permissions_boundary_usage_count,
        is_attachable: full.is_attachable,
        description: full.description,
        create_date: full.create_date,
        update_date: full.update_date,
        policy_version_list: Some(versions.collect()),
    }
}

fn inline(policies: &BTreeMap<String, PolicyText>) -> Vec<api::PolicyDetail> {
    policies
        .iter()
        .map(|(name, text)| api::PolicyDetail {
            policy_name: Some(name.clone()),
            policy_document: Some(url_encoded(text.text())),
        })
        .collect()
}

fn attached(arns: &[String]) -> Vec<api::AttachedPolicy> {
    arns.iter()
        .map(|arn| api::AttachedPolicy {
            policy_name: catalog::path_and_name(arn).map(|(_, name)| name.to_owned()),
            policy_arn: Some(arn.clone()),
        })
        .collect()
}
