//! IAM's errors, in AWS's words.
//!
//! Sources: IAM API Reference, "Errors" of each operation, and messages that AWS is known to print.

use rolecall_base::{AccountId, AwsError};
use rolecall_policy::PolicyError;

fn no_such_entity(message: String) -> AwsError {
    AwsError::new("NoSuchEntity", message).with_status(404)
}

fn already_exists(message: String) -> AwsError {
    AwsError::new("EntityAlreadyExists", message).with_status(409)
}

fn delete_conflict(message: &str) -> AwsError {
    AwsError::new("DeleteConflict", message).with_status(409)
}

fn limit_exceeded(message: impl Into<String>) -> AwsError {
    AwsError::new("LimitExceeded", message).with_status(409)
}

pub(crate) fn invalid_input(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidInput", message)
}

pub(crate) fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", message)
}

/// `noun` is `role`, `user` or `group`.
pub(crate) fn no_entity(noun: &str, name: &str) -> AwsError {
    no_such_entity(format!("The {noun} with name {name} cannot be found."))
}

pub(crate) fn no_inline_policy(noun: &str, policy: &str) -> AwsError {
    no_such_entity(format!(
        "The {noun} policy with name {policy} cannot be found."
    ))
}

pub(crate) fn no_instance_profile(name: &str) -> AwsError {
    no_such_entity(format!("Instance Profile {name} cannot be found."))
}

pub(crate) fn no_access_key(id: &str) -> AwsError {
    no_such_entity(format!("The Access Key with id {id} cannot be found."))
}

pub(crate) fn no_policy(arn: &str) -> AwsError {
    no_such_entity(format!("Policy {arn} was not found."))
}

pub(crate) fn policy_not_attachable(arn: &str) -> AwsError {
    no_such_entity(format!("Policy {arn} does not exist or is not attachable."))
}

pub(crate) fn boundary_not_attachable(arn: &str) -> AwsError {
    no_such_entity(format!(
        "Scope ARN: {arn} does not exist or is not attachable."
    ))
}

pub(crate) fn no_policy_version(arn: &str, version: &str) -> AwsError {
    no_such_entity(format!(
        "Policy {arn} version {version} does not exist or is not attachable."
    ))
}

/// Of the reports of what was accessed last.
pub(crate) fn no_such_arn(arn: &str) -> AwsError {
    no_such_entity(format!("ARN {arn} was not found."))
}

/// Of the reports of what was accessed last.
pub(crate) fn no_job(id: &str) -> AwsError {
    no_such_entity(format!("Job {id} was not found."))
}

pub(crate) fn no_deletion_task(id: &str) -> AwsError {
    no_such_entity(format!("Deletion task with id {id} cannot be found."))
}

/// `noun` is `Role`, `User` or `Group`.
pub(crate) fn entity_exists(noun: &str, name: &str) -> AwsError {
    already_exists(format!("{noun} with name {name} already exists."))
}

pub(crate) fn policy_exists(name: &str) -> AwsError {
    already_exists(format!(
        "A policy called {name} already exists. Duplicate names are not allowed."
    ))
}

pub(crate) fn instance_profile_exists(name: &str) -> AwsError {
    already_exists(format!("Instance Profile {name} already exists."))
}

/// An account's or an entity's quota is used up, such as `RolesPerAccount`.
pub(crate) fn quota(name: &str, limit: usize) -> AwsError {
    limit_exceeded(format!("Cannot exceed quota for {name}: {limit}"))
}

/// The inline policies of an entity together are too long.
pub(crate) fn inline_size(noun: &str, name: &str, limit: usize) -> AwsError {
    limit_exceeded(format!(
        "Maximum policy size of {limit} bytes exceeded for {noun} {name}"
    ))
}

pub(crate) fn too_many_versions(limit: usize) -> AwsError {
    limit_exceeded(format!(
        "A managed policy can have up to {limit} versions. Before you create a new version, you \
         must delete an existing version."
    ))
}

pub(crate) fn detach_first() -> AwsError {
    delete_conflict("Cannot delete entity, must detach all policies first.")
}

pub(crate) fn delete_inline_first() -> AwsError {
    delete_conflict("Cannot delete entity, must delete policies first.")
}

pub(crate) fn leave_instance_profile_first() -> AwsError {
    delete_conflict("Cannot delete entity, must remove roles from instance profile first.")
}

pub(crate) fn leave_groups_first() -> AwsError {
    delete_conflict("Cannot delete entity, must remove users from group first.")
}

/// A user is to leave a group that it is not in.
pub(crate) fn not_in_group(user: &str, group: &str) -> AwsError {
    no_such_entity(format!("User {user} is not in group {group}."))
}

pub(crate) fn no_login_profile(user: &str) -> AwsError {
    no_such_entity(format!("Login Profile for User {user} cannot be found."))
}

pub(crate) fn login_profile_exists(user: &str) -> AwsError {
    already_exists(format!("Login Profile for user {user} already exists."))
}

pub(crate) fn delete_login_profile_first() -> AwsError {
    delete_conflict("Cannot delete entity, must delete login profile first.")
}

pub(crate) fn password_policy_violation(fault: String) -> AwsError {
    AwsError::new("PasswordPolicyViolation", fault)
}

/// A password that is one of the last `n`.
pub(crate) fn password_reused(n: usize) -> AwsError {
    password_policy_violation(format!(
        "Password cannot be one of the last {n} passwords used"
    ))
}

pub(crate) fn wrong_password() -> AwsError {
    AwsError::new("AccessDenied", "The old password was incorrect.").with_status(403)
}

pub(crate) fn not_a_user() -> AwsError {
    AwsError::new(
        "InvalidUserType",
        "Only IAM Users can change their own password",
    )
}

pub(crate) fn no_password_policy(account: &AccountId) -> AwsError {
    no_such_entity(format!(
        "The Password Policy with domain name {account} cannot be found."
    ))
}

pub(crate) fn alias_exists(alias: &str) -> AwsError {
    already_exists(format!("The account alias {alias} already exists."))
}

pub(crate) fn no_alias(alias: &str) -> AwsError {
    no_such_entity(format!("The account alias {alias} cannot be found."))
}

pub(crate) fn no_credential_report() -> AwsError {
    let message = "No report exists. Generate a new report first.";
    AwsError::new("ReportNotPresent", message).with_status(410)
}

pub(crate) fn credential_report_expired() -> AwsError {
    let message = "The report has expired. Generate a new report first.";
    AwsError::new("ReportExpired", message).with_status(410)
}

pub(crate) fn no_mfa_device(serial: &str) -> AwsError {
    no_such_entity(format!(
        "VirtualMFADevice with serial number {serial} does not exist."
    ))
}

/// A device that is not enabled for the user.
pub(crate) fn not_users_mfa_device() -> AwsError {
    no_such_entity("MFA Device invalid for user.".to_owned())
}

pub(crate) fn mfa_device_exists() -> AwsError {
    already_exists("MFADevice entity at the same path and name already exists.".to_owned())
}

pub(crate) fn mfa_device_in_use(serial: &str) -> AwsError {
    already_exists(format!("MFA device {serial} is already in use."))
}

pub(crate) fn deactivate_first() -> AwsError {
    delete_conflict("MFA VirtualDevice in use. Must deactivate first.")
}

pub(crate) fn delete_mfa_devices_first() -> AwsError {
    delete_conflict("Cannot delete entity, must delete MFA device first.")
}

pub(crate) fn invalid_mfa_codes() -> AwsError {
    let message = "Authentication code for device is not valid.";
    AwsError::new("InvalidAuthenticationCode", message).with_status(403)
}

pub(crate) fn delete_access_keys_first() -> AwsError {
    delete_conflict("Cannot delete entity, must delete access keys first.")
}

pub(crate) fn policy_attached() -> AwsError {
    delete_conflict("Cannot delete a policy attached to entities.")
}

pub(crate) fn policy_has_versions() -> AwsError {
    delete_conflict(
        "This policy has more than one version. Before you delete a policy, you must delete the \
         policy's versions. The default version is deleted with the policy.",
    )
}

pub(crate) fn default_version() -> AwsError {
    delete_conflict("Cannot delete the default version of a policy.")
}

pub(crate) fn unmodifiable_role(name: &str) -> AwsError {
    AwsError::new(
        "UnmodifiableEntity",
        format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only \
             modifiable by AWS"
        ),
    )
}

/// A policy of `aws-service-role/` on anything but a service-linked role; `to` is the words for it.
pub(crate) fn service_role_policy(to: &str) -> AwsError {
    AwsError::new(
        "PolicyNotAttachable",
        format!("Cannot attach a Service Role Policy to {to}."),
    )
}

pub(crate) fn unparsable_arn() -> AwsError {
    validation("Invalid ARN:  Could not be parsed!")
}

/// A change of an AWS-managed policy, which belongs to no customer's account.
pub(crate) fn aws_managed(caller: &str, action: &str, arn: &str) -> AwsError {
    let message =
        format!("User: {caller} is not authorized to perform: {action} on resource: policy {arn}");
    AwsError::new("AccessDenied", message).with_status(403)
}

pub(crate) fn duplicate_tags() -> AwsError {
    invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
}

pub(crate) fn malformed(error: &PolicyError) -> AwsError {
    AwsError::new(error.code(), error.message())
}
