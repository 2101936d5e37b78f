//! The error that an AWS service answers with.

use std::borrow::Cow;
use std::fmt;

/// Whose fault an error is: the query protocol's `<Type>`, Smithy's `@error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller's: status 4xx.
    Sender,
    /// The service's: status 5xx.
    Receiver,
}

/// An error as a client sees it: code, message, HTTP status, and the modelled members beside the
/// message.
///
/// `wire::encode_error` turns it into the envelope of the request's protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    /// AWS's error code, such as `NoSuchEntity` or `ClientException`.
    pub code: Cow<'static, str>,
    /// The message, in AWS's words where they are known.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
    /// Whose fault it is.
    pub fault: Fault,
    /// Further modelled members of the error, such as `resourceId`, as name and text.
    pub fields: Vec<(&'static str, String)>,
}

impl AwsError {
    /// The caller's error with status 400.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status: 400,
            fault: Fault::Sender,
            fields: Vec::new(),
        }
    }

    /// The same error with another HTTP status; 5xx makes it the service's fault.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self.fault = if status >= 500 {
            Fault::Receiver
        } else {
            Fault::Sender
        };
        self
    }

    /// The same error with one more modelled member.
    #[must_use]
    pub fn with_field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// The service failed: status 500, `InternalFailure`. The cause belongs in the log, not here.
    pub fn internal() -> Self {
        Self::new(
            "InternalFailure",
            "The request processing has failed because of an unknown error, exception or failure.",
        )
        .with_status(500)
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for AwsError {}
