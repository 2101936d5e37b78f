//! Finding what a call is about, and refusing what is not there.

use rolecall_base::AwsError;
use rolecall_base::rng::{IdSource, hex32};
use rolecall_identity::organization::{
    ControlPolicy, ControlType, ORGANIZATION_KEY, Organization, Target, TargetKind,
};
use rolecall_op::RequestInfo;
use rolecall_store::{Doc, Txn};

use crate::errors;

/// The organization that the caller's account is in.
pub(crate) fn joined(tx: &Txn, info: &RequestInfo) -> Result<Doc<Organization>, AwsError> {
    let organization = tx.get::<Organization>(ORGANIZATION_KEY);
    let member = tx.get::<Target>(info.account().as_str()).is_some();
    organization
        .filter(|_| member)
        .ok_or_else(errors::not_in_use)
}

/// The organization that the caller's account manages.
pub(crate) fn managed(tx: &Txn, info: &RequestInfo) -> Result<Doc<Organization>, AwsError> {
    let organization = joined(tx, info)?;
    if organization.management == *info.account() {
        Ok(organization)
    } else {
        Err(errors::not_the_management_account())
    }
}

/// What policies can be attached to.
pub(crate) fn target(tx: &Txn, id: &str) -> Result<Target, AwsError> {
    let found = tx.get::<Target>(id).map(|target| target.cloned());
    found.ok_or_else(errors::no_target)
}

/// A root or unit; `refused` if there is none with this id.
pub(crate) fn container(
    tx: &Txn,
    id: &str,
    refused: impl FnOnce() -> AwsError,
) -> Result<Target, AwsError> {
    let found = tx.get::<Target>(id).map(|target| target.cloned());
    let found = found.filter(|target| !is_account(target));
    found.ok_or_else(refused)
}

pub(crate) fn unit(tx: &Txn, id: &str) -> Result<Target, AwsError> {
    let found = tx.get::<Target>(id).map(|target| target.cloned());
    let found = found.filter(|target| target.kind == TargetKind::Unit);
    found.ok_or_else(errors::no_unit)
}

pub(crate) fn account(tx: &Txn, id: &str) -> Result<Target, AwsError> {
    let found = tx.get::<Target>(id).map(|target| target.cloned());
    found.filter(is_account).ok_or_else(errors::no_account)
}

pub(crate) fn is_account(target: &Target) -> bool {
    matches!(target.kind, TargetKind::Account { .. })
}

/// What is directly below a root or unit, by id.
pub(crate) fn children(tx: &Txn, parent: &str) -> Vec<Target> {
    tx.range::<Target>("")
        .filter(|(_, target)| target.parent.as_deref() == Some(parent))
        .map(|(_, target)| target.cloned())
        .collect()
}

/// The customer's policy with this id, or AWS's own.
pub(crate) fn policy(tx: &Txn, id: &str) -> Result<ControlPolicy, AwsError> {
    let stored = tx.get::<ControlPolicy>(id).map(|policy| policy.cloned());
    let found = stored.or_else(|| ControlPolicy::aws_managed(id));
    found.ok_or_else(errors::no_policy)
}

/// A policy that may be changed: not one of AWS's own.
pub(crate) fn own_policy(tx: &Txn, id: &str) -> Result<ControlPolicy, AwsError> {
    let policy = policy(tx, id)?;
    if policy.is_aws_managed() {
        return Err(errors::immutable_policy());
    }
    Ok(policy)
}

/// The type of policy that the API's word names.
pub(crate) fn control_type(word: &Option<String>) -> Result<ControlType, AwsError> {
    let word = word.as_deref().unwrap_or_default();
    ControlType::parse(word).ok_or_else(|| errors::type_not_built(word))
}

/// What a new root, unit or account has attached: AWS's own policy of `kind`, if it is enabled.
pub(crate) fn first_policies(organization: &Organization, kind: ControlType) -> Vec<String> {
    if organization.has_enabled(kind) {
        vec![kind.full_access_id().to_owned()]
    } else {
        Vec::new()
    }
}

/// `len` letters and digits.
pub(crate) fn letters(ids: &mut dyn IdSource, len: usize) -> String {
    hex32(ids).chars().take(len).collect()
}
