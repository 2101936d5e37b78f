//! The errors of Organizations, in AWS's words.
//!
//! Source: AWS Organizations API Reference, "Errors" of each operation, and messages that AWS is
//! known to print.

use rolecall_base::AwsError;

pub(crate) fn not_in_use() -> AwsError {
    AwsError::new(
        "AWSOrganizationsNotInUseException",
        "Your account is not a member of an organization.",
    )
}

/// An operation that is the management account's, called from a member.
pub(crate) fn not_the_management_account() -> AwsError {
    AwsError::new(
        "AccessDeniedException",
        "You don't have permissions to access this resource.",
    )
}

pub(crate) fn already_in_organization() -> AwsError {
    AwsError::new(
        "AlreadyInOrganizationException",
        "The AWS account is already a member of an organization.",
    )
}

pub(crate) fn organization_not_empty() -> AwsError {
    AwsError::new(
        "OrganizationNotEmptyException",
        "To delete an organization you must first remove all member accounts (except the \
         management account).",
    )
}

pub(crate) fn management_cannot_leave() -> AwsError {
    AwsError::new(
        "MasterCannotLeaveOrganizationException",
        "You can't remove a management account from an organization.",
    )
}

/// Nothing has the id that was given; `what` is the noun of AWS's message.
fn missing(code: &'static str, what: &str) -> AwsError {
    AwsError::new(code, format!("You specified {what} that doesn't exist."))
}

pub(crate) fn no_root() -> AwsError {
    missing("RootNotFoundException", "a root")
}

pub(crate) fn no_parent() -> AwsError {
    missing("ParentNotFoundException", "a parent")
}

pub(crate) fn no_source_parent() -> AwsError {
    missing("SourceParentNotFoundException", "a source parent")
}

pub(crate) fn no_destination_parent() -> AwsError {
    missing("DestinationParentNotFoundException", "a destination parent")
}

pub(crate) fn no_child() -> AwsError {
    missing("ChildNotFoundException", "a child")
}

pub(crate) fn no_unit() -> AwsError {
    missing(
        "OrganizationalUnitNotFoundException",
        "an organizational unit",
    )
}

pub(crate) fn no_account() -> AwsError {
    missing("AccountNotFoundException", "an account")
}

pub(crate) fn no_policy() -> AwsError {
    missing("PolicyNotFoundException", "a policy")
}

pub(crate) fn no_target() -> AwsError {
    missing("TargetNotFoundException", "a target")
}

pub(crate) fn no_creation() -> AwsError {
    missing(
        "CreateAccountStatusNotFoundException",
        "a create account request",
    )
}

pub(crate) fn duplicate_unit() -> AwsError {
    AwsError::new(
        "DuplicateOrganizationalUnitException",
        "An OU with the same name already exists.",
    )
}

pub(crate) fn unit_not_empty() -> AwsError {
    AwsError::new(
        "OrganizationalUnitNotEmptyException",
        "The specified OU is not empty. Move all accounts to another root or to other OUs, remove \
         all child OUs, and try the operation again.",
    )
}

pub(crate) fn duplicate_account() -> AwsError {
    AwsError::new(
        "DuplicateAccountException",
        "That account is already present in the specified destination.",
    )
}

pub(crate) fn account_already_closed() -> AwsError {
    AwsError::new(
        "AccountAlreadyClosedException",
        "You attempted to close an account that is already closed.",
    )
}

pub(crate) fn duplicate_policy() -> AwsError {
    AwsError::new(
        "DuplicatePolicyException",
        "A policy with the same name already exists.",
    )
}

pub(crate) fn duplicate_attachment() -> AwsError {
    AwsError::new(
        "DuplicatePolicyAttachmentException",
        "The selected policy is already attached to the specified target.",
    )
}

pub(crate) fn not_attached() -> AwsError {
    AwsError::new(
        "PolicyNotAttachedException",
        "The policy isn't attached to the specified target in the specified root.",
    )
}

pub(crate) fn policy_in_use() -> AwsError {
    AwsError::new(
        "PolicyInUseException",
        "This policy is attached to one or more entities. You must detach it from all roots, OUs, \
         and accounts before performing this operation.",
    )
}

pub(crate) fn type_already_enabled() -> AwsError {
    AwsError::new(
        "PolicyTypeAlreadyEnabledException",
        "The specified policy type is already enabled.",
    )
}

pub(crate) fn type_not_enabled() -> AwsError {
    AwsError::new(
        "PolicyTypeNotEnabledException",
        "This operation can be performed only for enabled policy types.",
    )
}

pub(crate) fn type_not_available() -> AwsError {
    AwsError::new(
        "PolicyTypeNotAvailableForOrganizationException",
        "You can't use the specified policy type with the feature set currently enabled for this \
         organization.",
    )
}

/// A type of policy that AWS has and Rolecall does not.
pub(crate) fn type_not_built(word: &str) -> AwsError {
    AwsError::new(
        "PolicyTypeNotAvailableForOrganizationException",
        format!(
            "Policies of type {word} are not built in Rolecall: only SERVICE_CONTROL_POLICY and \
             RESOURCE_CONTROL_POLICY are."
        ),
    )
}

pub(crate) fn malformed_policy() -> AwsError {
    AwsError::new(
        "MalformedPolicyDocumentException",
        "The provided policy document does not meet the requirements of the specified policy type.",
    )
}

pub(crate) fn no_effective_policy() -> AwsError {
    AwsError::new(
        "EffectivePolicyNotFoundException",
        "The effective policy of the specified type doesn't exist for the specified target.",
    )
}

fn constraint(reason: &'static str, message: &str) -> AwsError {
    AwsError::new("ConstraintViolationException", message).with_field("Reason", reason)
}

pub(crate) fn too_deep() -> AwsError {
    constraint(
        "OU_DEPTH_LIMIT_EXCEEDED",
        "You have exceeded the maximum nesting depth of organizational units.",
    )
}

pub(crate) fn too_many_units() -> AwsError {
    constraint(
        "OU_NUMBER_LIMIT_EXCEEDED",
        "You have exceeded the number of organizational units that you can have in an organization.",
    )
}

pub(crate) fn too_many_policies() -> AwsError {
    constraint(
        "POLICY_NUMBER_LIMIT_EXCEEDED",
        "You have exceeded the number of policies that you can have in an organization.",
    )
}

pub(crate) fn policy_too_long() -> AwsError {
    constraint(
        "POLICY_CONTENT_LIMIT_EXCEEDED",
        "You have exceeded the maximum length of the policy content.",
    )
}

pub(crate) fn too_many_attached() -> AwsError {
    constraint(
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        "You have attached the maximum number of policies to the specified target.",
    )
}

pub(crate) fn last_attached() -> AwsError {
    constraint(
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        "You cannot remove the last policy attached to the specified target. You must have at \
         least one attached at all times.",
    )
}

pub(crate) fn cannot_close_management() -> AwsError {
    constraint(
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
        "You cannot close the management account.",
    )
}

/// AWS documents no reason for it; a closed account stays until it is gone for good.
pub(crate) fn closed_cannot_leave() -> AwsError {
    constraint(
        "ACCOUNT_CANNOT_LEAVE_ORGANIZATION",
        "You cannot remove a closed account from an organization.",
    )
}

pub(crate) fn too_many_tags() -> AwsError {
    constraint(
        "MAX_TAG_LIMIT_EXCEEDED",
        "You have exceeded the number of tags that you can attach to a resource.",
    )
}

fn invalid(reason: &'static str, message: &str) -> AwsError {
    AwsError::new("InvalidInputException", message).with_field("Reason", reason)
}

pub(crate) fn invalid_token() -> AwsError {
    invalid(
        "INVALID_NEXT_TOKEN",
        "You specified an invalid value for NextToken.",
    )
}

pub(crate) fn immutable_policy() -> AwsError {
    invalid(
        "IMMUTABLE_POLICY",
        "You can't modify or delete a policy that AWS manages.",
    )
}

pub(crate) fn not_detachable() -> AwsError {
    invalid(
        "NON_DETACHABLE_POLICY",
        "You can't detach this policy from the specified target.",
    )
}

pub(crate) fn duplicate_tag_key() -> AwsError {
    invalid(
        "DUPLICATE_TAG_KEY",
        "Tag keys must be unique among the tags attached to the same entity.",
    )
}

pub(crate) fn system_tag() -> AwsError {
    invalid(
        "INVALID_SYSTEM_TAGS_PARAMETER",
        "You specified a tag key that is a system tag. Keys that begin with aws: are reserved.",
    )
}

pub(crate) fn unknown_service() -> AwsError {
    invalid(
        "UNRECOGNIZED_SERVICE_PRINCIPAL",
        "You specified an unrecognized service principal.",
    )
}
