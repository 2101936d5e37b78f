//! Why a policy document was refused.

use thiserror::Error;

/// Why a policy document was refused. `Display` is AWS's own message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct PolicyError {
    message: String,
}

impl PolicyError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    /// The AWS error code: `MalformedPolicyDocument`, for IAM and STS alike.
    pub const fn code(&self) -> &'static str {
        "MalformedPolicyDocument"
    }

    /// The message, as AWS words it.
    pub fn message(&self) -> &str {
        &self.message
    }
}
