//! From a request and the policies that apply to it, to a decision.

use crate::action::Action;
use crate::arn;
use crate::context::Context;
use crate::decision::{Decision, Layer, Location, Reason};
use crate::policy::{Effect, Policy, PolicyKind};
use crate::principal::{Principal, PrincipalKind};
use crate::principals::Grant;

/// One action on one resource by one caller: what is decided.
///
/// ```
/// use rolecall_policy::{Context, Principal, Request};
///
/// let principal = Principal::user(
///     "123456789012",
///     "arn:aws:iam::123456789012:user/alice",
///     "AIDAEXAMPLE",
/// );
/// let context = Context::new();
/// let request = Request {
///     principal: &principal,
///     action: "ecs:DescribeClusters",
///     resource: "arn:aws:ecs:us-east-1:123456789012:cluster/prod",
///     resource_account: None,
///     context: &context,
/// };
/// assert_eq!(request.principal.account, "123456789012");
/// ```
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
///
/// ```
/// use rolecall_policy::{NamedPolicy, Policy, PolicyKind};
///
/// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*",
///     "Resource":"*"}}"#;
/// let policy = Policy::parse(text, PolicyKind::Managed)?;
/// let named = NamedPolicy { name: "arn:aws:iam::123456789012:policy/nothing", policy: &policy };
/// assert_eq!(named.policy.statements().len(), 1);
/// # Ok::<(), rolecall_policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct NamedPolicy<'a> {
    /// ARN or inline name. ARNs are shown in denial messages, as AWS does.
    pub name: &'a str,
    /// The compiled policy.
    pub policy: &'a Policy,
}

/// All policies that apply to a request, by kind.
///
/// `None` for [`boundary`](Self::boundary) and [`session`](Self::session) means that there is none
/// and that nothing is limited; an empty slice means that nothing is allowed.
///
/// ```
/// use rolecall_policy::Layers;
///
/// // A session that was made with no policy at all that allows something.
/// let layers = Layers { session: Some(&[]), ..Layers::default() };
/// assert!(layers.boundary.is_none() && layers.scps.is_empty());
/// ```
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

/// Actions that need no permission and that no policy can deny (API reference of STS, the
/// "Permissions" sections of `GetCallerIdentity` and `GetSessionToken`).
const NO_PERMISSION_NEEDED: [&str; 2] = ["sts:getcalleridentity", "sts:getsessiontoken"];

/// Decides one request.
///
/// The order is that of the IAM User Guide, "How AWS enforcement code logic evaluates requests to
/// allow or deny access": an explicit deny anywhere; then an Allow from each of resource control
/// policies, service control policies, the resource's policy, identity policies, permissions
/// boundary and session policies, as far as each is needed.
///
/// ```
/// use rolecall_policy::*;
///
/// let text = r#"{"Version":"2012-10-17","Statement":[
///     {"Effect":"Allow","Action":"ecs:*","Resource":"*"},
///     {"Effect":"Deny","Action":"ecs:Delete*","Resource":"*"}]}"#;
/// let policy = Policy::parse(text, PolicyKind::Identity)?;
/// let identity = [NamedPolicy { name: "team", policy: &policy }];
/// let layers = Layers { identity: &identity, ..Layers::default() };
/// let arn = "arn:aws:iam::123456789012:user/alice";
/// let principal = Principal::user("123456789012", arn, "AIDAEXAMPLE");
/// let context = Context::new();
/// let ask = |action| {
///     let (principal, context) = (&principal, &context);
///     let request = Request { principal, action, resource: "*", resource_account: None, context };
///     evaluate(&request, &layers)
/// };
/// assert!(ask("ecs:ListClusters").allowed());
/// let denied = ask("ecs:DeleteCluster").reason;
/// assert!(matches!(denied, Reason::ExplicitDeny(at) if at.statement == 1));
/// assert_eq!(ask("s3:GetObject").reason, Reason::ImplicitDeny(Layer::Identity));
/// # Ok::<(), rolecall_policy::PolicyError>(())
/// ```
pub fn evaluate<'a>(request: &Request<'_>, layers: &Layers<'a>) -> Decision<'a> {
    let action = Action::new(request.action);
    Evaluation {
        request,
        action,
        layers,
        supplied: Supplied::default(),
    }
    .decide()
}

/// Layers whose missing Allow is taken as given, to find out what else is missing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Supplied(u8);

impl Supplied {
    const fn bit(layer: Layer) -> u8 {
        1 << layer as u8
    }

    pub(crate) const fn with(self, layer: Layer) -> Self {
        Self(self.0 | Self::bit(layer))
    }

    const fn has(self, layer: Layer) -> bool {
        self.0 & Self::bit(layer) != 0
    }
}

/// One request being decided.
pub(crate) struct Evaluation<'e, 'a, 'r> {
    pub(crate) request: &'e Request<'r>,
    pub(crate) action: Action<'e>,
    pub(crate) layers: &'e Layers<'a>,
    pub(crate) supplied: Supplied,
}

/// A step's answer: the statement that allowed, if one was looked for, or the reason to stop.
type Step<'a> = Result<Option<Location<'a>>, Reason<'a>>;

impl<'a> Evaluation<'_, 'a, '_> {
    pub(crate) fn decide(&self) -> Decision<'a> {
        let reason = match self.reason() {
            Ok(reason) | Err(reason) => reason,
        };
        Decision { reason }
    }

    fn reason(&self) -> Result<Reason<'a>, Reason<'a>> {
        let principal = self.request.principal;
        let is_identity = matches!(
            principal.kind,
            PrincipalKind::Root
                | PrincipalKind::User
                | PrincipalKind::AssumedRole
                | PrincipalKind::FederatedUser
        );
        if is_identity
            && NO_PERMISSION_NEEDED
                .iter()
                .any(|action| self.action.is(action))
        {
            return Ok(Reason::NoPermissionNeeded);
        }
        self.explicit_deny(is_identity)?;
        if is_identity {
            self.service_control_policies()?;
        }
        let resource = self.resource_policy();
        if !is_identity {
            return match resource {
                Some((location, _)) => Ok(Reason::Allow(location)),
                None => Err(Reason::ImplicitDeny(self.resource_layer())),
            };
        }
        let own_account = self
            .request
            .resource_account
            .is_none_or(|account| account == principal.account);
        if own_account {
            self.within_account(resource)
        } else {
            self.across_accounts(resource)
        }
    }

    /// Inside one account an Allow of either side will do, but for what limits it.
    fn within_account(
        &self,
        resource: Option<(Location<'a>, Grant)>,
    ) -> Result<Reason<'a>, Reason<'a>> {
        match resource {
            Some((location, Grant::Direct)) => Ok(Reason::Allow(location)),
            Some((location, Grant::Issuer)) => {
                self.boundary()?;
                self.session()?;
                Ok(Reason::Allow(location))
            }
            None if self.layers.resource_policy_must_allow => {
                Err(Reason::ImplicitDeny(self.resource_layer()))
            }
            Some((_, Grant::Account)) | None => self.own_policies(),
        }
    }

    /// Across accounts both sides must allow. The caller's side is reported first.
    fn across_accounts(
        &self,
        resource: Option<(Location<'a>, Grant)>,
    ) -> Result<Reason<'a>, Reason<'a>> {
        let reason = self.own_policies()?;
        match resource {
            Some(_) => Ok(reason),
            None => Err(Reason::ImplicitDeny(self.resource_layer())),
        }
    }

    /// Identity policies, permissions boundary and session policies.
    fn own_policies(&self) -> Result<Reason<'a>, Reason<'a>> {
        let is_root = self.request.principal.kind == PrincipalKind::Root;
        let identity = if is_root {
            None
        } else {
            self.require(Layer::Identity, self.layers.identity)?
        };
        self.boundary()?;
        self.session()?;
        Ok(match identity {
            Some(location) => Reason::Allow(location),
            None if is_root => Reason::RootUser,
            // Only while looking for what else is missing.
            None => Reason::Allow(Location::supplied(Layer::Identity)),
        })
    }

    fn boundary(&self) -> Step<'a> {
        match self.layers.boundary {
            Some(policies) => self.require(Layer::Boundary, policies),
            None => Ok(None),
        }
    }

    /// A federated-user session without a session policy may do nothing of its own.
    fn session(&self) -> Step<'a> {
        match self.layers.session {
            Some(policies) => self.require(Layer::Session, policies),
            None if self.request.principal.kind == PrincipalKind::FederatedUser => {
                self.require(Layer::Session, &[])
            }
            None => Ok(None),
        }
    }

    /// An Allow is needed at every level, from the root of the organization to the account.
    fn service_control_policies(&self) -> Result<(), Reason<'a>> {
        for level in self.layers.scps {
            if let Err(reason) = self.require(Layer::ServiceControl, level) {
                return unless(is_service_linked(self.request.principal), reason);
            }
        }
        Ok(())
    }

    fn require(&self, layer: Layer, policies: &[NamedPolicy<'a>]) -> Step<'a> {
        if self.supplied.has(layer) {
            return Ok(None);
        }
        match policies
            .iter()
            .find_map(|named| self.find(layer, named, Effect::Allow))
        {
            Some(location) => Ok(Some(location)),
            None => Err(Reason::ImplicitDeny(layer)),
        }
    }

    fn explicit_deny(&self, is_identity: bool) -> Result<(), Reason<'a>> {
        let layers = self.layers;
        let deny = |layer: Layer, policies: &[NamedPolicy<'a>]| match policies
            .iter()
            .find_map(|named| self.find(layer, named, Effect::Deny))
        {
            Some(location) => Err(Reason::ExplicitDeny(location)),
            None => Ok(()),
        };
        for level in layers.rcps {
            if let Err(reason) = deny(Layer::ResourceControl, level) {
                unless(self.is_beyond_resource_control(), reason)?;
            }
        }
        for level in layers.scps.iter().filter(|_| is_identity) {
            if let Err(reason) = deny(Layer::ServiceControl, level) {
                unless(is_service_linked(self.request.principal), reason)?;
            }
        }
        if let Some(named) = &layers.resource {
            deny(self.resource_layer(), std::slice::from_ref(named))?;
        }
        if is_identity {
            deny(Layer::Identity, layers.identity)?;
            deny(Layer::Boundary, layers.boundary.unwrap_or_default())?;
            deny(Layer::Session, layers.session.unwrap_or_default())?;
        }
        Ok(())
    }

    /// Resource control policies limit neither service-linked roles nor the services that assume
    /// them (AWS Organizations User Guide, "Resources and entities not restricted by RCPs").
    fn is_beyond_resource_control(&self) -> bool {
        is_service_linked(self.request.principal)
            || (self.request.principal.kind == PrincipalKind::Service
                && arn::is_service_linked_role(self.request.resource))
    }

    /// The first statement of an effect that applies.
    #[inline]
    fn find(&self, layer: Layer, named: &NamedPolicy<'a>, effect: Effect) -> Option<Location<'a>> {
        let has_boundary = self.layers.boundary.is_some();
        let (number, statement) = named
            .policy
            .candidates(effect, &self.action)
            .find(|(_, s)| s.applies(self.request, has_boundary).is_some())?;
        Some(Location {
            layer,
            policy: named.name,
            statement: number,
            sid: statement.sid(),
        })
    }

    /// The Allow of the resource's policy that gives the most.
    fn resource_policy(&self) -> Option<(Location<'a>, Grant)> {
        let layer = self.resource_layer();
        let mut best: Option<(Location<'a>, Grant)> = None;
        if self.supplied.has(layer) {
            best = Some((
                Location::supplied(layer),
                supplied_grant(self.request.principal),
            ));
        }
        let named = match &self.layers.resource {
            Some(named) => named,
            None => return best,
        };
        let has_boundary = self.layers.boundary.is_some();
        for (number, statement) in named.policy.candidates(Effect::Allow, &self.action) {
            let Some(grant) = statement.applies(self.request, has_boundary) else {
                continue;
            };
            if best.is_none_or(|(_, known)| known < grant) {
                let (policy, sid) = (named.name, statement.sid());
                best = Some((
                    Location {
                        layer,
                        policy,
                        statement: number,
                        sid,
                    },
                    grant,
                ));
            }
            if grant == Grant::Direct {
                break;
            }
        }
        best
    }

    /// How the resource's policy is called in decisions.
    pub(crate) fn resource_layer(&self) -> Layer {
        match &self.layers.resource {
            Some(named) if named.policy.kind() == PolicyKind::Trust => Layer::Trust,
            _ => Layer::Resource,
        }
    }
}

/// What the statement that [`explain`](crate::explain) suggests for a resource would grant: it
/// names the role of a session, and anyone else directly.
const fn supplied_grant(principal: &Principal<'_>) -> Grant {
    match principal.kind {
        PrincipalKind::AssumedRole => Grant::Issuer,
        _ => Grant::Direct,
    }
}

/// Stops with a reason that would be `exempt` from: looked at last, because it seldom matters.
fn unless<'a>(exempt: bool, reason: Reason<'a>) -> Result<(), Reason<'a>> {
    if exempt { Ok(()) } else { Err(reason) }
}

/// Policies of organizations do not limit service-linked roles.
fn is_service_linked(principal: &Principal<'_>) -> bool {
    principal.kind == PrincipalKind::AssumedRole
        && principal
            .issuer_arn
            .is_some_and(arn::is_service_linked_role)
}
