//! The service's errors, in AWS's words where they are known.
//!
//! Source: CloudTrail API Reference.

use rolecall_base::AwsError;
use rolecall_record::ReadError;

/// More than one attribute, or one without its value.
pub(crate) fn lookup_attributes(message: &str) -> AwsError {
    AwsError::new("InvalidLookupAttributesException", message)
}

/// The range ends before it begins.
pub(crate) fn time_range() -> AwsError {
    AwsError::new(
        "InvalidTimeRangeException",
        "End time must be after start time.",
    )
}

/// A token that was not given for this lookup.
pub(crate) fn next_token() -> AwsError {
    AwsError::new(
        "InvalidNextTokenException",
        "The token is not valid, or was not returned for a lookup of these attributes and times.",
    )
}

/// No such trail: there are none.
pub(crate) fn no_trail(name: &str, account: &str) -> AwsError {
    AwsError::new(
        "TrailNotFoundException",
        format!("Unknown trail: {name} for the user: {account}"),
    )
}

/// A name that no trail can have.
pub(crate) fn trail_name() -> AwsError {
    AwsError::new(
        "InvalidTrailNameException",
        "Trail name or ARN can not be blank.",
    )
}

/// The record cannot be read.
pub(crate) fn unreadable(error: &ReadError) -> AwsError {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "read the record of calls");
    AwsError::internal()
}
