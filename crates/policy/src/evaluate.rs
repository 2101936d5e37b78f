//! From a request and the policies that apply to it, to a decision.

use crate::context::Context;
use crate::decision::{Decision, Layer, Reason};
use crate::policy::Policy;
use crate::principal::Principal;

/// One action on one resource by one caller: what is decided.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: &'a Principal<'a>,
    /// The action, such as `ecs:RunTask`. Letter case does not matter.
    pub action: &'a str,
    /// The ARN of the resource, or `*` for actions without resource types.
    pub resource: &'a str,
    /// The account that owns the resource; `None` means the caller's own.
    pub resource_account: Option<&'a str>,
    /// The condition keys.
    pub context: &'a Context<'a>,
}

/// A policy with the name it is reported by: an ARN, or the name of an inline policy.
#[derive(Debug, Clone, Copy)]
pub struct NamedPolicy<'a> {
    /// ARN or inline name. ARNs are shown in denial messages, as AWS does.
    pub name: &'a str,
    /// The compiled policy.
    pub policy: &'a Policy,
}

/// All policies that apply to a request, by kind.
///
/// `None` for [`boundary`](Self::boundary) and [`session`](Self::session) means that there is none and
/// that nothing is limited; an empty slice means that nothing is allowed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layers<'a> {
    /// Policies of the user, of its groups, or of the role: inline and managed.
    pub identity: &'a [NamedPolicy<'a>],
    /// The permissions boundary.
    pub boundary: Option<&'a [NamedPolicy<'a>]>,
    /// The policies that the session was made with.
    pub session: Option<&'a [NamedPolicy<'a>]>,
    /// The resource's policy; for `sts:AssumeRole` the trust policy of the role that is assumed.
    pub resource: Option<NamedPolicy<'a>>,
    /// Service control policies: one slice for each level, root first. Empty: no organization.
    pub scps: &'a [&'a [NamedPolicy<'a>]],
    /// Resource control policies: one slice for each level, root first.
    pub rcps: &'a [&'a [NamedPolicy<'a>]],
    /// The resource's policy must allow even inside one account (role trust, KMS keys).
    pub resource_policy_must_allow: bool,
}

/// Decides one request.
pub fn evaluate<'a>(_request: &Request<'_>, _layers: &Layers<'a>) -> Decision<'a> {
    Decision {
        reason: Reason::ImplicitDeny(Layer::Identity),
    }
}
