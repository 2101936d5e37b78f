//! What roles, users and groups have in common: inline and managed policies; and what only roles
//! and users have: a boundary, tags.

use std::collections::BTreeMap;

use rolecall_api::iam as api;
use rolecall_base::page::Page;
use rolecall_base::{AccountId, AwsError, Tags};
use rolecall_identity::{Group, PolicyText, Quotas, Role, User, name_key};
use rolecall_policy::{PolicyKind, non_whitespace_len};
use rolecall_store::{Document, Txn};

use crate::listing::Paging;
use crate::tags::Case;
use crate::usage::{self, How};
use crate::{catalog, errors, tags};

/// A role, a user or a group.
pub(crate) trait Holder: Document + Clone {
    /// `role`, `user` or `group`.
    const NOUN: &'static str;
    /// How a service role policy's refusal names it.
    const CUSTOMER: &'static str;
    /// Characters that are not white space of all its inline policies together.
    const INLINE_CHARS_MAX: usize;
    /// The quota of attached managed policies.
    const ATTACHED_QUOTA: &'static str;
    /// How it uses a policy that is attached.
    const ATTACHED: How;

    fn name(&self) -> &str;
    fn inline(&self) -> &BTreeMap<String, PolicyText>;
    fn inline_mut(&mut self) -> &mut BTreeMap<String, PolicyText>;
    fn attached(&self) -> &[String];
    fn attached_mut(&mut self) -> &mut Vec<String>;
    fn attached_max(quotas: &Quotas) -> usize;
    /// Whether only AWS may change it: a service-linked role.
    fn is_protected(&self) -> bool {
        false
    }
}

/// A role or a user: what can call, and so can be bounded and tagged.
pub(crate) trait Identity: Holder {
    /// The quota of tags.
    const TAGS_QUOTA: &'static str;
    /// How it uses a policy that bounds it.
    const BOUNDED: How;

    fn boundary_mut(&mut self) -> &mut Option<String>;
    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;
}

macro_rules! holder_members {
    () => {
        fn name(&self) -> &str {
            &self.name
        }
        fn inline(&self) -> &BTreeMap<String, PolicyText> {
            &self.inline
        }
        fn inline_mut(&mut self) -> &mut BTreeMap<String, PolicyText> {
            &mut self.inline
        }
        fn attached(&self) -> &[String] {
            &self.attached
        }
        fn attached_mut(&mut self) -> &mut Vec<String> {
            &mut self.attached
        }
    };
}

macro_rules! identity_members {
    () => {
        fn boundary_mut(&mut self) -> &mut Option<String> {
            &mut self.boundary
        }
        fn tags(&self) -> &Tags {
            &self.tags
        }
        fn tags_mut(&mut self) -> &mut Tags {
            &mut self.tags
        }
    };
}

impl Holder for Role {
    const NOUN: &'static str = "role";
    const CUSTOMER: &'static str = "a Customer Role";
    const INLINE_CHARS_MAX: usize = 10_240;
    const ATTACHED_QUOTA: &'static str = "PoliciesPerRole";
    const ATTACHED: How = How::RolePolicy;
    holder_members!();
    fn attached_max(quotas: &Quotas) -> usize {
        quotas.policies_per_role
    }
    fn is_protected(&self) -> bool {
        self.linked_service.is_some()
    }
}

impl Identity for Role {
    const TAGS_QUOTA: &'static str = "TagsPerRole";
    const BOUNDED: How = How::RoleBoundary;
    identity_members!();
}

impl Holder for User {
    const NOUN: &'static str = "user";
    const CUSTOMER: &'static str = "an IAM user";
    const INLINE_CHARS_MAX: usize = 2_048;
    const ATTACHED_QUOTA: &'static str = "PoliciesPerUser";
    const ATTACHED: How = How::UserPolicy;
    holder_members!();
    fn attached_max(quotas: &Quotas) -> usize {
        quotas.policies_per_user
    }
}

impl Identity for User {
    const TAGS_QUOTA: &'static str = "TagsPerUser";
    const BOUNDED: How = How::UserBoundary;
    identity_members!();
}

impl Holder for Group {
    const NOUN: &'static str = "group";
    const CUSTOMER: &'static str = "an IAM group";
    const INLINE_CHARS_MAX: usize = 5_120;
    const ATTACHED_QUOTA: &'static str = "PoliciesPerGroup";
    const ATTACHED: How = How::GroupPolicy;
    holder_members!();
    fn attached_max(quotas: &Quotas) -> usize {
        quotas.policies_per_group
    }
}

/// The role, user or group of this name, for reading.
pub(crate) fn load<H: Holder>(
    tx: &Txn,
    account: &AccountId,
    name: &str,
) -> Result<(String, H), AwsError> {
    let key = name_key(account, name);
    let doc = tx
        .get::<H>(&key)
        .ok_or_else(|| errors::no_entity(H::NOUN, name))?;
    Ok((key, doc.cloned()))
}

/// The role, user or group of this name, for changing.
pub(crate) fn load_mut<H: Holder>(
    tx: &Txn,
    account: &AccountId,
    name: &str,
) -> Result<(String, H), AwsError> {
    let (key, holder) = load::<H>(tx, account, name)?;
    if holder.is_protected() {
        return Err(errors::unmodifiable_role(holder.name()));
    }
    Ok((key, holder))
}

/// `AttachRolePolicy`, `AttachUserPolicy`: attaching again changes nothing.
pub(crate) fn attach<H: Holder>(
    tx: &mut Txn,
    account: &AccountId,
    name: &str,
    arn: &str,
) -> Result<(), AwsError> {
    catalog::check_arn(arn)?;
    let (key, mut holder) = load_mut::<H>(tx, account, name)?;
    catalog::find(tx, account, arn).ok_or_else(|| errors::policy_not_attachable(arn))?;
    if catalog::is_service_role_policy(arn) {
        return Err(errors::service_role_policy(H::CUSTOMER));
    }
    if holder.attached().iter().any(|known| known == arn) {
        return Ok(());
    }
    let max = H::attached_max(&Quotas::of(tx, account));
    if holder.attached().len() >= max {
        return Err(errors::quota(H::ATTACHED_QUOTA, max));
    }
    holder.attached_mut().push(arn.to_owned());
    usage::add(tx, account, arn, H::ATTACHED, &key);
    tx.put(key, holder);
    Ok(())
}

/// `DetachRolePolicy`, `DetachUserPolicy`.
pub(crate) fn detach<H: Holder>(
    tx: &mut Txn,
    account: &AccountId,
    name: &str,
    arn: &str,
) -> Result<(), AwsError> {
    catalog::check_arn(arn)?;
    let (key, mut holder) = load_mut::<H>(tx, account, name)?;
    let before = holder.attached().len();
    holder.attached_mut().retain(|known| known != arn);
    if holder.attached().len() == before {
        return Err(errors::no_policy(arn));
    }
    usage::remove(tx, account, arn, H::ATTACHED, &key);
    tx.put(key, holder);
    Ok(())
}

/// `ListAttachedRolePolicies`, `ListAttachedUserPolicies`: in the order of attachment.
pub(crate) fn list_attached<H: Holder>(
    tx: &Txn,
    account: &AccountId,
    name: &str,
    path_prefix: &Option<String>,
    paging: &Paging,
) -> Result<Page<api::AttachedPolicy>, AwsError> {
    let (_, holder) = load::<H>(tx, account, name)?;
    let below = path_prefix.as_deref().unwrap_or("/");
    let attached = holder.attached().iter().filter_map(|arn| {
        let (path, name) = catalog::path_and_name(arn)?;
        path.starts_with(below).then(|| api::AttachedPolicy {
            policy_name: Some(name.to_owned()),
            policy_arn: Some(arn.clone()),
        })
    });
    paging.slice(attached.collect(), |policy| {
        policy.policy_arn.clone().unwrap_or_default()
    })
}

/// `PutRolePolicy`, `PutUserPolicy`: adds or replaces an inline policy.
pub(crate) fn put_inline<H: Holder>(
    tx: &mut Txn,
    account: &AccountId,
    name: &str,
    policy_name: &str,
    document: &str,
) -> Result<(), AwsError> {
    let (key, mut holder) = load_mut::<H>(tx, account, name)?;
    let text = PolicyText::parse(document, PolicyKind::Identity)
        .map_err(|error| errors::malformed(&error))?;
    holder.inline_mut().insert(policy_name.to_owned(), text);
    let total: usize = holder
        .inline()
        .values()
        .map(|t| non_whitespace_len(t.text()))
        .sum();
    if total > H::INLINE_CHARS_MAX {
        return Err(errors::inline_size(
            H::NOUN,
            holder.name(),
            H::INLINE_CHARS_MAX,
        ));
    }
    tx.put(key, holder);
    Ok(())
}

/// `GetRolePolicy`, `GetUserPolicy`: the entity's name and the document as it was written.
pub(crate) fn get_inline<H: Holder>(
    tx: &Txn,
    account: &AccountId,
    name: &str,
    policy_name: &str,
) -> Result<(String, String), AwsError> {
    let (_, holder) = load::<H>(tx, account, name)?;
    let text = holder
        .inline()
        .get(policy_name)
        .ok_or_else(|| errors::no_inline_policy(H::NOUN, policy_name))?;
    Ok((holder.name().to_owned(), text.text().to_owned()))
}

/// `DeleteRolePolicy`, `DeleteUserPolicy`.
pub(crate) fn delete_inline<H: Holder>(
    tx: &mut Txn,
    account: &AccountId,
    name: &str,
    policy_name: &str,
) -> Result<(), AwsError> {
    let (key, mut holder) = load_mut::<H>(tx, account, name)?;
    if holder.inline_mut().remove(policy_name).is_none() {
        return Err(errors::no_inline_policy(H::NOUN, policy_name));
    }
    tx.put(key, holder);
    Ok(())
}

/// `ListRolePolicies`, `ListUserPolicies`: the names of the inline policies.
pub(crate) fn list_inline<H: Holder>(
    tx: &Txn,
    account: &AccountId,
    name: &str,
    paging: &Paging,
) -> Result<Page<String>, AwsError> {
    let (_, holder) = load::<H>(tx, account, name)?;
    paging.slice(holder.inline().keys().cloned().collect(), Clone::clone)
}

/// The boundary named at creation or by `Put…PermissionsBoundary`, if it may be one.
pub(crate) fn check_boundary(tx: &Txn, account: &AccountId, arn: &str) -> Result<(), AwsError> {
    catalog::check_arn(arn)?;
    catalog::find(tx, account, arn)
        .map(drop)
        .ok_or_else(|| errors::boundary_not_attachable(arn))
}

/// `PutRolePermissionsBoundary`, `PutUserPermissionsBoundary`; `None` takes the boundary away.
pub(crate) fn set_boundary<H: Identity>(
    tx: &mut Txn,
    account: &AccountId,
    name: &str,
    arn: Option<&str>,
) -> Result<(), AwsError> {
    let (key, mut holder) = load_mut::<H>(tx, account, name)?;
    if let Some(arn) = arn {
        check_boundary(tx, account, arn)?;
    }
    let before = std::mem::replace(holder.boundary_mut(), arn.map(str::to_owned));
    if let Some(before) = before {
        usage::remove(tx, account, &before, H::BOUNDED, &key);
    } else if arn.is_none() {
        return Ok(());
    }
    if let Some(arn) = arn {
        usage::add(tx, account, arn, H::BOUNDED, &key);
    }
    tx.put(key, holder);
    Ok(())
}

/// `TagRole`, `TagUser`.
pub(crate) fn tag<H: Identity>(
    tx: &mut Txn,
    account: &AccountId,
    name: &str,
    new: &Option<Vec<api::Tag>>,
) -> Result<(), AwsError> {
    let (key, mut holder) = load_mut::<H>(tx, account, name)?;
    tags::add(holder.tags_mut(), new, Case::Ignored, H::TAGS_QUOTA)?;
    tx.put(key, holder);
    Ok(())
}

/// `UntagRole`, `UntagUser`.
pub(crate) fn untag<H: Identity>(
    tx: &mut Txn,
    account: &AccountId,
    name: &str,
    keys: &Option<Vec<String>>,
) -> Result<(), AwsError> {
    let (key, mut holder) = load_mut::<H>(tx, account, name)?;
    tags::remove(holder.tags_mut(), keys, Case::Ignored)?;
    tx.put(key, holder);
    Ok(())
}

/// `ListRoleTags`, `ListUserTags`.
pub(crate) fn list_tags<H: Identity>(
    tx: &Txn,
    account: &AccountId,
    name: &str,
    paging: &Paging,
) -> Result<Page<api::Tag>, AwsError> {
    let (_, holder) = load::<H>(tx, account, name)?;
    paging.slice(tags::all(holder.tags()), |tag| {
        tag.key.clone().unwrap_or_default()
    })
}

/// Whether a role, user or group may be deleted, as far as its policies go.
pub(crate) fn check_deletable<H: Holder>(holder: &H) -> Result<(), AwsError> {
    if !holder.attached().is_empty() {
        return Err(errors::detach_first());
    }
    if !holder.inline().is_empty() {
        return Err(errors::delete_inline_first());
    }
    Ok(())
}
