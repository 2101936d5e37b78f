//! Why a policy document was refused.

use thiserror::Error;

/// Why a policy document was refused. `Display` is AWS's own message.
///
/// ```
/// use rolecall_policy::{Policy, PolicyKind};
///
/// let error = Policy::parse("{}", PolicyKind::Identity).unwrap_err();
/// assert_eq!(error.code(), "MalformedPolicyDocument");
/// assert_eq!(error.to_string(), "Syntax errors in policy.");
/// ```
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

    /// A principal that does not exist or can't be one. `kind` is the type as written.
    pub(crate) fn invalid_principal(kind: &str, name: &str) -> Self {
        let kind = kind.to_ascii_uppercase();
        Self::new(format!(
            "Invalid principal in policy: \"{kind}\":\"{name}\""
        ))
    }

    /// The AWS error code: `MalformedPolicyDocument`, for IAM and STS alike.
    ///
    /// ```
    /// use rolecall_policy::{Policy, PolicyKind};
    ///
    /// let error = Policy::parse("x", PolicyKind::Trust).unwrap_err();
    /// assert_eq!(error.code(), "MalformedPolicyDocument");
    /// ```
    pub const fn code(&self) -> &'static str {
        "MalformedPolicyDocument"
    }

    /// The message, as AWS words it.
    ///
    /// ```
    /// use rolecall_policy::{Policy, PolicyKind};
    ///
    /// let error = Policy::parse("x", PolicyKind::Trust).unwrap_err();
    /// assert_eq!(error.message(), "This policy contains invalid Json");
    /// ```
    pub fn message(&self) -> &str {
        &self.message
    }
}
