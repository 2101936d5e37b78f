//! What an evaluation answers.

use std::fmt;

/// A kind of policy that takes part in an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// Resource control policies of the resource's organization.
    ResourceControl,
    /// Service control policies of the caller's organization.
    ServiceControl,
    /// The policy of the resource.
    Resource,
    /// The trust policy of the role that is assumed.
    Trust,
    /// Policies of the user, its groups, or the role.
    Identity,
    /// The permissions boundary of the user or role.
    Boundary,
    /// Policies passed when the session was made.
    Session,
}

/// The statement that decided. Names borrow from the [`Layers`](crate::Layers) that were evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'a> {
    /// The kind of policy.
    pub layer: Layer,
    /// The policy's name, as given in [`NamedPolicy`](crate::NamedPolicy).
    pub policy: &'a str,
    /// The statement's position in its policy, from 0.
    pub statement: usize,
    /// The statement's `Sid`, if it has one.
    pub sid: Option<&'a str>,
}

/// Why a request was allowed or denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason<'a> {
    /// This statement allowed it (and no other layer objected).
    Allow(Location<'a>),
    /// The caller is the root user of the resource's account and nothing denied the request.
    RootUser,
    /// The action needs no permission (`sts:GetCallerIdentity`, `sts:GetSessionToken`).
    NoPermissionNeeded,
    /// This statement denied it.
    ExplicitDeny(Location<'a>),
    /// An Allow was needed in this layer and none was found.
    ImplicitDeny(Layer),
}

/// The outcome of [`evaluate`](crate::evaluate).
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Why.
    pub reason: Reason<'a>,
}

impl<'a> Decision<'a> {
    /// Whether the request may proceed.
    pub const fn allowed(&self) -> bool {
        matches!(
            self.reason,
            Reason::Allow(_) | Reason::RootUser | Reason::NoPermissionNeeded
        )
    }

    /// AWS's access denied message for this decision, or an empty string if it allows.
    ///
    /// `resource` is the ARN that was evaluated, or `*`.
    pub fn denial_message(&self, user_arn: &str, action: &str, resource: &str) -> String {
        if self.allowed() {
            return String::new();
        }
        format!("User: {user_arn} is not authorized to perform: {action} on resource: {resource}")
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ResourceControl => "resource control policy",
            Self::ServiceControl => "service control policy",
            Self::Resource => "resource-based policy",
            Self::Trust => "role trust policy",
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        })
    }
}
