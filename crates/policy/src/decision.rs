//! What an evaluation answers.

use std::fmt;

/// A kind of policy that takes part in an evaluation.
///
/// ```
/// assert_eq!(rolecall_policy::Layer::Boundary.to_string(), "permissions boundary");
/// ```
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
///
/// ```
/// use rolecall_policy::{Layer, Location};
///
/// let at = Location { layer: Layer::Identity, policy: "deploy", statement: 2, sid: Some("Web") };
/// assert_eq!((at.policy, at.statement), ("deploy", 2));
/// ```
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
///
/// ```
/// use rolecall_policy::{Decision, Layer, Reason};
///
/// assert!(Decision { reason: Reason::RootUser }.allowed());
/// assert!(!Decision { reason: Reason::ImplicitDeny(Layer::Session) }.allowed());
/// ```
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
///
/// ```
/// use rolecall_policy::*;
///
/// let principal = Principal::anonymous();
/// let request = Request {
///     principal: &principal,
///     action: "ecs:ListClusters",
///     resource: "*",
///     resource_account: None,
///     context: &Context::new(),
/// };
/// let decision = evaluate(&request, &Layers::default());
/// assert_eq!(decision.reason, Reason::ImplicitDeny(Layer::Resource));
/// ```
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Why.
    pub reason: Reason<'a>,
}

impl Location<'_> {
    /// The place of a statement that is only imagined.
    pub(crate) const fn supplied(layer: Layer) -> Self {
        Self {
            layer,
            policy: "",
            statement: 0,
            sid: None,
        }
    }
}

impl Decision<'_> {
    /// Whether the request may proceed.
    ///
    /// ```
    /// use rolecall_policy::{Decision, Reason};
    ///
    /// assert!(Decision { reason: Reason::NoPermissionNeeded }.allowed());
    /// ```
    pub const fn allowed(&self) -> bool {
        matches!(
            self.reason,
            Reason::Allow(_) | Reason::RootUser | Reason::NoPermissionNeeded
        )
    }

    /// AWS's access denied message for this decision, or an empty string if it allows.
    ///
    /// `user_arn` is the caller's ARN (of a role session the assumed-role ARN), `resource` the ARN
    /// that was evaluated, or `*`. The formats are those of the IAM User Guide, "Troubleshoot
    /// access denied error messages". A role whose trust policy does not allow is reported without
    /// a reason, as STS does, so that nobody learns whether the role exists.
    ///
    /// ```
    /// use rolecall_policy::{Decision, Layer, Reason};
    ///
    /// let decision = Decision { reason: Reason::ImplicitDeny(Layer::Identity) };
    /// assert_eq!(
    ///     decision.denial_message("arn:aws:iam::123456789012:user/alice", "ecs:ListClusters", "*"),
    ///     "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: \
    ///      ecs:ListClusters on resource: * because no identity-based policy allows the \
    ///      ecs:ListClusters action"
    /// );
    /// ```
    pub fn denial_message(&self, user_arn: &str, action: &str, resource: &str) -> String {
        if self.allowed() {
            return String::new();
        }
        let subject = format!(
            "User: {user_arn} is not authorized to perform: {action} on resource: {resource}"
        );
        match self.reason {
            Reason::ImplicitDeny(Layer::Trust) => subject,
            _ => format!("{subject} {}", self.reason_clause(action)),
        }
    }

    /// The part of the message that says why: `because no ... policy allows the ... action` or
    /// `with an explicit deny in ...`. Empty if the decision allows.
    ///
    /// Where a policy with an ARN denied, AWS names it (since January 2026; not for policies of
    /// resources and roles' trust policies).
    ///
    /// ```
    /// use rolecall_policy::{Decision, Layer, Location, Reason};
    ///
    /// let policy = "arn:aws:iam::123456789012:policy/guard";
    /// let at = Location { layer: Layer::Boundary, policy, statement: 0, sid: None };
    /// let decision = Decision { reason: Reason::ExplicitDeny(at) };
    /// assert_eq!(
    ///     decision.reason_clause("ecs:RunTask"),
    ///     "with an explicit deny in a permissions boundary: arn:aws:iam::123456789012:policy/guard"
    /// );
    /// ```
    pub fn reason_clause(&self, action: &str) -> String {
        match &self.reason {
            Reason::ImplicitDeny(layer) => format!("because no {layer} allows the {action} action"),
            Reason::ExplicitDeny(location) => {
                let article = match location.layer {
                    Layer::Identity => "an",
                    Layer::Trust => "the",
                    _ => "a",
                };
                let clause = format!("with an explicit deny in {article} {}", location.layer);
                let named = !matches!(location.layer, Layer::Resource | Layer::Trust);
                if named && location.policy.starts_with("arn:") {
                    format!("{clause}: {}", location.policy)
                } else {
                    clause
                }
            }
            Reason::Allow(_) | Reason::RootUser | Reason::NoPermissionNeeded => String::new(),
        }
    }
}

impl Layer {
    /// AWS's words for it, such as `identity-based policy`.
    ///
    /// ```
    /// # use rolecall_policy::Layer;
    /// assert_eq!(Layer::Boundary.name(), "permissions boundary");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResourceControl => "resource control policy",
            Self::ServiceControl => "service control policy",
            Self::Resource => "resource-based policy",
            Self::Trust => "role trust policy",
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
