//! STS's errors, in AWS's words.

use rolecall_base::{AccountId, AwsError};
use rolecall_policy::PolicyError;

pub(crate) fn access_denied(message: impl Into<String>) -> AwsError {
    AwsError::new("AccessDenied", message).with_status(403)
}

pub(crate) fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", message)
}

pub(crate) fn invalid_parameter(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", message)
}

/// What stands where the ARN of a role or policy should.
pub(crate) fn invalid_arn(arn: &str) -> AwsError {
    validation(format!("{arn} is invalid"))
}

pub(crate) fn root_assumes() -> AwsError {
    access_denied("Roles may not be assumed by root accounts.")
}

/// STS API Reference, `AssumeRoot`: "You cannot use root user credentials to make this call." The
/// words are ours.
pub(crate) fn root_assumes_root() -> AwsError {
    access_denied("AssumeRoot may not be called with root user credentials.")
}

/// STS API Reference, `GetSessionToken`: "You cannot call any AWS STS API except AssumeRole or
/// GetCallerIdentity."
pub(crate) fn session_assumes_root() -> AwsError {
    access_denied("Cannot call AssumeRoot with session credentials")
}

/// A task policy that is none of AWS's five. The words are ours.
pub(crate) fn not_a_task(arn: &str) -> AwsError {
    validation(format!("{arn} is not a task policy of AssumeRoot."))
}

pub(crate) fn no_task() -> AwsError {
    validation("The ARN of the task policy is required.")
}

/// A target whose root the organization does not manage centrally. STS has no error of its own for
/// it; what follows the resource is ours.
pub(crate) fn not_centralized(caller: &str, target: &AccountId, feature: &str) -> AwsError {
    access_denied(format!(
        "User: {caller} is not authorized to perform: sts:AssumeRoot on resource: \
         arn:aws:iam::{target}:root because it is no member account for which this organization \
         has enabled {feature}"
    ))
}

pub(crate) fn duration_over_role_maximum() -> AwsError {
    validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
}

pub(crate) fn duration_over_chain_maximum() -> AwsError {
    validation(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role \
         chaining.",
    )
}

pub(crate) fn duplicate_tags() -> AwsError {
    invalid_parameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
}

pub(crate) fn transitive_key_not_requested() -> AwsError {
    invalid_parameter("The specified transitive tag key must be included in the requested tags.")
}

pub(crate) fn transitive_key_conflicts() -> AwsError {
    invalid_parameter(
        "One of the specified transitive tag keys can't be set because it conflicts with a \
         transitive tag key from the calling session.",
    )
}

pub(crate) fn session_policy_too_long(policy: &str, max: usize) -> AwsError {
    validation(format!(
        "1 validation error detected: Value '{policy}' at 'policy' failed to satisfy constraint: \
         Member must have length less than or equal to {max}"
    ))
}

pub(crate) fn too_many_policy_arns(max: usize) -> AwsError {
    validation(format!(
        "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member \
         must have length less than or equal to {max}"
    ))
}

pub(crate) fn packed_too_large(percent: usize) -> AwsError {
    AwsError::new(
        "PackedPolicyTooLarge",
        format!("Packed policy consumes {percent}% of allotted space, please use smaller policy."),
    )
}

pub(crate) fn no_session_policy(arn: &str) -> AwsError {
    AwsError::new(
        "MalformedPolicyDocument",
        format!("Policy {arn} does not exist or is not attachable."),
    )
}

pub(crate) fn malformed(error: &PolicyError) -> AwsError {
    AwsError::new(error.code(), error.message())
}

pub(crate) fn mfa_incomplete() -> AwsError {
    access_denied(
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass \
         code.",
    )
}

pub(crate) fn mfa_code() -> AwsError {
    access_denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
}

/// A device that is not enabled for the caller.
pub(crate) fn mfa() -> AwsError {
    access_denied(
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA \
         serial number is valid and associated with this user.",
    )
}

pub(crate) fn session_asks_for_session() -> AwsError {
    access_denied("Cannot call GetSessionToken with session credentials")
}

pub(crate) fn source_identity_is_set() -> AwsError {
    access_denied("The source identity of a session cannot be changed by a chained session.")
}

pub(crate) fn unknown_access_key(id: &str) -> AwsError {
    validation(format!(
        "The access key id {id} is not known in this account."
    ))
}

/// A web identity token or a SAML assertion that is not good.
pub(crate) fn identity_token(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidIdentityToken", message)
}

/// A token of a provider that gives no ID tokens.
pub(crate) fn access_token_of(provider: &str) -> AwsError {
    identity_token(format!(
        "Access tokens of {provider} are not taken by Rolecall: it takes OpenID Connect ID tokens."
    ))
}

pub(crate) fn expired_token(now_s: i64, expired_s: i64) -> AwsError {
    AwsError::new(
        "ExpiredTokenException",
        format!(
            "Token expired: current date/time {now_s} must be before the expiration \
             date/time{expired_s}"
        ),
    )
}

/// SDKs try again on this one.
pub(crate) fn idp_communication(why: &str) -> AwsError {
    AwsError::new(
        "IDPCommunicationError",
        format!("The identity provider could not be reached: {why}"),
    )
}

pub(crate) fn session_asks_for_federation() -> AwsError {
    access_denied("Cannot call GetFederationToken with session credentials")
}

/// STS API Reference, `GetFederationToken`: "You cannot call any STS operations except
/// GetCallerIdentity."
pub(crate) fn federated_user_calls(operation: &str) -> AwsError {
    access_denied(format!(
        "Cannot call {operation} with federation credentials"
    ))
}

// The texts of `GetWebIdentityToken` were seen on AWS, but for the one of callers from inside and
// the one of its tokens.

pub(crate) fn signing_algorithm_not_supported() -> AwsError {
    validation(
        "Requested SigningAlgorithm is not supported. See the GetWebIdentityToken documentation \
         for supported algorithms",
    )
}

pub(crate) fn federated_user_gets_no_token() -> AwsError {
    access_denied("GetWebIdentityToken does not support federated user sessions")
}

pub(crate) fn no_principal_of_the_account() -> AwsError {
    access_denied("GetWebIdentityToken is for users, roles and root")
}

pub(crate) fn session_duration_escalation() -> AwsError {
    AwsError::new(
        "SessionDurationEscalationException",
        "Requested token expiry time must be before the original session's expiry time.",
    )
    .with_status(403)
}

pub(crate) fn outbound_federation_disabled() -> AwsError {
    AwsError::new(
        "OutboundWebIdentityFederationDisabledException",
        "OutboundWebIdentityFederation is disabled.",
    )
    .with_status(403)
}

pub(crate) fn jwt_payload_size_exceeded() -> AwsError {
    AwsError::new(
        "JWTPayloadSizeExceededException",
        "JWT payload exceeds maximum allowed size.",
    )
}

/// IAM User Guide, "Federating AWS identities across AWS partitions": "The JWTs from
/// GetWebIdentityToken cannot be used for OpenID Connect (OIDC) federation into the same partition".
pub(crate) fn token_of_this_partition() -> AwsError {
    identity_token(
        "Tokens of GetWebIdentityToken cannot be used for federation into the same partition",
    )
}
