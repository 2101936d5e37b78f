//! The service's errors, in AWS's words.
//!
//! Source: Amazon CloudWatch Logs API Reference, and the messages that its clients report.

use rolecall_base::AwsError;

use crate::events::StoreFault;

/// `InvalidParameterException` with these words.
pub(crate) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterException", message)
}

/// A setting of AWS's that is refused here, rather than stored and ignored.
pub(crate) fn not_built(what: &str) -> AwsError {
    invalid(format!("{what} is not built in Rolecall."))
}

/// No such group.
pub(crate) fn no_group() -> AwsError {
    AwsError::new(
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
}

/// No such stream.
pub(crate) fn no_stream() -> AwsError {
    AwsError::new(
        "ResourceNotFoundException",
        "The specified log stream does not exist.",
    )
}

/// No such resource to tag.
pub(crate) fn no_resource() -> AwsError {
    AwsError::new(
        "ResourceNotFoundException",
        "The specified resource does not exist.",
    )
}

/// The group is there already.
pub(crate) fn group_exists() -> AwsError {
    AwsError::new(
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
    )
}

/// The stream is there already.
pub(crate) fn stream_exists() -> AwsError {
    AwsError::new(
        "ResourceAlreadyExistsException",
        "The specified log stream already exists",
    )
}

/// A token that was not issued here.
pub(crate) fn bad_token() -> AwsError {
    invalid("The specified nextToken is invalid.")
}

/// What keeps the events failed; the cause is in the log.
pub(crate) fn unavailable(fault: &StoreFault) -> AwsError {
    tracing::error!(%fault, "the store of log events failed");
    AwsError::new(
        "ServiceUnavailableException",
        "The service cannot complete the request.",
    )
    .with_status(500)
}
