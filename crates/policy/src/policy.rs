//! A parsed and compiled policy document.

use crate::action::{Action, ActionSet};
use crate::condition::Condition;
use crate::document::{Document, RawStatement};
use crate::error::PolicyError;
use crate::evaluate::Request;
use crate::index::Index;
use crate::pattern::{Mode, Pattern};
use crate::principals::{Grant, PrincipalSet};
use crate::validate;

/// Where a policy is used, which decides which elements it may have.
///
/// ```
/// use rolecall_policy::{Policy, PolicyKind};
///
/// let text = r#"{"Statement":{"Effect":"Allow","Action":"ecs:*","Resource":"*"}}"#;
/// assert!(Policy::parse(text, PolicyKind::Identity).is_ok());
/// // Managed policies must say which version of the language they are written in.
/// assert!(Policy::parse(text, PolicyKind::Managed).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// An inline policy of a user, group or role.
    Identity,
    /// A managed policy: as [`PolicyKind::Identity`], but its `Version` must be 2012-10-17.
    Managed,
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

impl PolicyKind {
    /// The most characters that AWS takes by default, as far as the kind alone decides. White space
    /// counts in service and resource control policies only; see [`non_whitespace_len`].
    ///
    /// IAM User Guide, "IAM and AWS STS quotas"; AWS Organizations User Guide, "Quotas for AWS
    /// Organizations" (service control policies had 5,120 until 2025).
    ///
    /// ```
    /// use rolecall_policy::PolicyKind;
    ///
    /// assert_eq!(PolicyKind::Managed.max_chars(), Some(6_144));
    /// // The inline policies of a user, group or role share a quota.
    /// assert_eq!(PolicyKind::Identity.max_chars(), None);
    /// ```
    pub const fn max_chars(self) -> Option<usize> {
        match self {
            Self::Managed => Some(6_144),
            Self::Trust | Self::Session => Some(2_048),
            Self::Scp => Some(10_240),
            Self::Rcp => Some(5_120),
            Self::Identity | Self::Resource => None,
        }
    }
}

/// Whether a statement allows or denies.
///
/// ```
/// assert_ne!(rolecall_policy::Effect::Allow, rolecall_policy::Effect::Deny);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// `"Allow"`.
    Allow,
    /// `"Deny"`.
    Deny,
}

/// A statement of a [`Policy`].
///
/// ```
/// use rolecall_policy::{Effect, Policy, PolicyKind};
///
/// let text = r#"{"Version":"2012-10-17","Statement":{"Sid":"Run","Effect":"Allow",
///     "Action":"ecs:RunTask","Resource":"*"}}"#;
/// let policy = Policy::parse(text, PolicyKind::Identity)?;
/// let statement = policy.statements().first().unwrap();
/// assert_eq!((statement.sid(), statement.effect()), (Some("Run"), Effect::Allow));
/// # Ok::<(), rolecall_policy::PolicyError>(())
/// ```
#[derive(Debug)]
pub struct Statement {
    sid: Option<Box<str>>,
    effect: Effect,
    json: Box<str>,
    pub(crate) principals: Option<PrincipalSet>,
    pub(crate) actions: ActionSet,
    pub(crate) resources: Option<ResourceSet>,
    pub(crate) conditions: Box<[Condition]>,
}

/// The patterns of a `Resource` or `NotResource` element.
#[derive(Debug)]
pub(crate) struct ResourceSet {
    negated: bool,
    patterns: Box<[Pattern]>,
}

impl Statement {
    /// The statement's `Sid`.
    ///
    /// ```
    /// use rolecall_policy::{Policy, PolicyKind};
    ///
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Sid":"Run","Effect":"Allow",
    ///     "Action":"ecs:RunTask","Resource":"*"}}"#;
    /// let policy = Policy::parse(text, PolicyKind::Identity)?;
    /// let statement = policy.statements().first().unwrap();
    /// assert_eq!(statement.sid(), Some("Run"));
    /// # Ok::<(), rolecall_policy::PolicyError>(())
    /// ```
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Whether it allows or denies.
    ///
    /// ```
    /// use rolecall_policy::{Effect, Policy, PolicyKind};
    ///
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Sid":"Run","Effect":"Allow",
    ///     "Action":"ecs:RunTask","Resource":"*"}}"#;
    /// let policy = Policy::parse(text, PolicyKind::Identity)?;
    /// let statement = policy.statements().first().unwrap();
    /// assert_eq!(statement.effect(), Effect::Allow);
    /// # Ok::<(), rolecall_policy::PolicyError>(())
    /// ```
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    /// The statement as it was written, as compact JSON.
    ///
    /// ```
    /// use rolecall_policy::{Policy, PolicyKind};
    ///
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Sid":"Run","Effect":"Allow",
    ///     "Action":"ecs:RunTask","Resource":"*"}}"#;
    /// let policy = Policy::parse(text, PolicyKind::Identity)?;
    /// let statement = policy.statements().first().unwrap();
    /// assert_eq!(
    ///     statement.json(),
    ///     r#"{"Sid":"Run","Effect":"Allow","Action":"ecs:RunTask","Resource":"*"}"#
    /// );
    /// # Ok::<(), rolecall_policy::PolicyError>(())
    /// ```
    pub fn json(&self) -> &str {
        &self.json
    }

    fn compile(raw: RawStatement, kind: PolicyKind, variables: bool) -> Result<Self, PolicyError> {
        let malformed = || validate::not_a_policy(true, kind);
        let mut conditions = Vec::with_capacity(raw.conditions.len());
        for condition in &raw.conditions {
            conditions.push(Condition::new(condition, variables).ok_or_else(malformed)?);
        }
        let negated = |list: &crate::document::List| list.negated;
        Ok(Self {
            effect: match raw.effect.as_str() {
                "Allow" => Effect::Allow,
                "Deny" => Effect::Deny,
                _ => return Err(malformed()),
            },
            actions: ActionSet::new(raw.actions.as_ref().ok_or_else(malformed)?),
            resources: raw.resources.as_ref().map(|list| ResourceSet {
                negated: negated(list),
                patterns: list
                    .values
                    .iter()
                    .map(|v| resource_pattern(v, kind, variables))
                    .collect(),
            }),
            principals: match &raw.principals {
                Some(principals) => Some(PrincipalSet::new(principals)),
                None => unnamed(kind, &raw.effect),
            },
            conditions: conditions.into(),
            sid: raw.sid.filter(|sid| !sid.is_empty()).map(Into::into),
            json: raw.json.into(),
        })
    }

    /// Whether the statement, whose actions match, applies to a request, and how it names the
    /// caller. A statement without a `Principal` is about the caller that it is attached to.
    #[inline]
    pub(crate) fn applies(&self, request: &Request<'_>, has_boundary: bool) -> Option<Grant> {
        if !self.covers_resource(request) {
            return None;
        }
        let grant = self.names(request, has_boundary)?;
        self.conditions
            .iter()
            .all(|condition| condition.holds(request))
            .then_some(grant)
    }

    /// A statement without a `Resource` is about the resource that it is attached to.
    #[inline]
    pub(crate) fn covers_resource(&self, request: &Request<'_>) -> bool {
        self.resources.as_ref().is_none_or(|resources| {
            resources
                .patterns
                .iter()
                .any(|pattern| pattern.matches(request.resource, request))
                != resources.negated
        })
    }

    #[inline]
    pub(crate) fn names(&self, request: &Request<'_>, has_boundary: bool) -> Option<Grant> {
        match &self.principals {
            None => Some(Grant::Direct),
            Some(set) => set.matches(
                request.principal,
                self.effect == Effect::Allow,
                has_boundary,
            ),
        }
    }
}

/// Whom a statement without a `Principal` is about: the caller that the policy is attached to. In a
/// policy of a resource, where [`Policy::parse`] refuses it, it allows nobody and denies everyone.
fn unnamed(kind: PolicyKind, effect: &str) -> Option<PrincipalSet> {
    let of_resource = matches!(
        kind,
        PolicyKind::Resource | PolicyKind::Trust | PolicyKind::Rcp
    );
    (of_resource && effect == "Allow").then(PrincipalSet::nobody)
}

/// In policies of identities, ARNs with fewer than six segments stand for all that they begin.
fn resource_pattern(text: &str, kind: PolicyKind, variables: bool) -> Pattern {
    let pads = matches!(
        kind,
        PolicyKind::Identity | PolicyKind::Managed | PolicyKind::Session
    );
    let segments = if variables && text.contains("${") {
        6
    } else {
        text.split(':').count()
    };
    if pads && segments < 6 && text.starts_with("arn:") {
        let padded = format!("{text}{}", ":*".repeat(6 - segments));
        return Pattern::new(&padded, Mode::Resource, variables);
    }
    Pattern::new(text, Mode::Resource, variables)
}

/// A parsed and compiled policy document: immutable, `Send` and `Sync`, made to be shared in an
/// `Arc`.
///
/// ```
/// use rolecall_policy::{Effect, Policy, PolicyKind};
///
/// let trust = r#"{"Version":"2008-10-17","Statement":[{"Sid":"","Effect":"Allow",
///     "Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
/// let policy = Policy::parse(trust, PolicyKind::Trust)?;
/// let statement = policy.statements().first().unwrap();
/// assert_eq!(statement.effect(), Effect::Allow);
/// assert_eq!(policy.principals().next(), Some(("Service", "ecs-tasks.amazonaws.com")));
/// # Ok::<(), rolecall_policy::PolicyError>(())
/// ```
#[derive(Debug)]
pub struct Policy {
    kind: PolicyKind,
    statements: Box<[Statement]>,
    allows: Index,
    denies: Index,
}

impl Policy {
    /// Parses a document as AWS does when it is written: grammar and validation of its kind.
    ///
    /// Size limits are the caller's to check, see [`non_whitespace_len`].
    ///
    /// ```
    /// use rolecall_policy::{Policy, PolicyKind};
    ///
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"RunTask",
    ///     "Resource":"*"}}"#;
    /// let error = Policy::parse(text, PolicyKind::Identity).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    /// );
    /// ```
    ///
    /// # Errors
    /// AWS's `MalformedPolicyDocument`, with its message.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        if !validate::has_only_allowed_chars(text) {
            return Err(validate::not_a_policy(true, kind));
        }
        let document = Document::parse(text, kind)?;
        validate::validate(&document, kind)?;
        Self::compile(document, kind)
    }

    /// Parses a document that AWS already accepted (AWS-managed, or stored): the grammar must hold,
    /// the validation that IAM does on write is skipped. What cannot be understood is still
    /// refused.
    ///
    /// ```
    /// use rolecall_policy::{Policy, PolicyKind};
    ///
    /// // RCPFullAWSAccess: only AWS itself may write a resource control policy that allows.
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",
    ///     "Action":"*","Resource":"*"}}"#;
    /// assert!(Policy::parse(text, PolicyKind::Rcp).is_err());
    /// assert!(Policy::load(text, PolicyKind::Rcp).is_ok());
    /// ```
    ///
    /// # Errors
    /// `MalformedPolicyDocument` if the document is not a policy.
    pub fn load(text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        Self::compile(Document::parse(text, kind)?, kind)
    }

    fn compile(document: Document, kind: PolicyKind) -> Result<Self, PolicyError> {
        let variables = document.has_variables();
        let statements = document
            .statements
            .into_iter()
            .map(|raw| Statement::compile(raw, kind, variables))
            .collect::<Result<Box<[_]>, _>>()?;
        Ok(Self {
            kind,
            allows: Index::new(&statements, Effect::Allow),
            denies: Index::new(&statements, Effect::Deny),
            statements,
        })
    }

    /// The kind it was parsed as.
    ///
    /// ```
    /// use rolecall_policy::{Policy, PolicyKind};
    ///
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    ///     "Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"}}}"#;
    /// assert_eq!(Policy::parse(text, PolicyKind::Trust)?.kind(), PolicyKind::Trust);
    /// # Ok::<(), rolecall_policy::PolicyError>(())
    /// ```
    pub const fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// The statements, in the order written.
    ///
    /// ```
    /// use rolecall_policy::{Policy, PolicyKind};
    ///
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    ///     "Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"}}}"#;
    /// assert_eq!(Policy::parse(text, PolicyKind::Trust)?.statements().len(), 1);
    /// # Ok::<(), rolecall_policy::PolicyError>(())
    /// ```
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The principals that `Principal` and `NotPrincipal` elements name, as (type, value) such as
    /// `("AWS", "arn:aws:iam::123456789012:role/web")`; the bare `"*"` has the type `*`.
    ///
    /// ```
    /// use rolecall_policy::{Policy, PolicyKind};
    ///
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    ///     "Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"}}}"#;
    /// let policy = Policy::parse(text, PolicyKind::Trust)?;
    /// let all: Vec<_> = policy.principals().collect();
    /// assert_eq!(all, [("AWS", "arn:aws:iam::123456789012:user/alice")]);
    /// # Ok::<(), rolecall_policy::PolicyError>(())
    /// ```
    pub fn principals(&self) -> impl Iterator<Item = (&str, &str)> {
        self.statements
            .iter()
            .filter_map(|s| s.principals.as_ref())
            .flat_map(PrincipalSet::names)
    }

    /// The policy with each named user and role tied to the unique id that `resolve` returns for
    /// its ARN, as IAM does on save: a user or role made anew under the same name is somebody else.
    ///
    /// ```
    /// use rolecall_policy::{Policy, PolicyKind};
    ///
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    ///     "Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"}}}"#;
    /// let parse = || Policy::parse(text, PolicyKind::Trust);
    /// assert!(parse()?.resolve_principals(|_arn| Some("AIDAEXAMPLE".to_owned())).is_ok());
    /// let error = parse()?.resolve_principals(|_arn| None).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/alice""#
    /// );
    /// # Ok::<(), rolecall_policy::PolicyError>(())
    /// ```
    ///
    /// # Errors
    /// `Invalid principal in policy: "AWS":"<arn>"` where `resolve` returns `None`.
    pub fn resolve_principals(
        mut self,
        mut resolve: impl FnMut(&str) -> Option<String>,
    ) -> Result<Self, PolicyError> {
        for principals in self
            .statements
            .iter_mut()
            .filter_map(|s| s.principals.as_mut())
        {
            principals
                .resolve(&mut resolve)
                .map_err(|name| PolicyError::invalid_principal("AWS", &name))?;
        }
        Ok(self)
    }

    /// The statements of one effect that are about the action, with their numbers.
    #[inline]
    pub(crate) fn candidates(
        &self,
        effect: Effect,
        action: &Action<'_>,
    ) -> impl Iterator<Item = (usize, &Statement)> {
        let index = match effect {
            Effect::Allow => &self.allows,
            Effect::Deny => &self.denies,
        };
        index
            .get(action.service_key())
            .iter()
            .filter(|candidate| action.begins_as(candidate.initials))
            .filter_map(|candidate| {
                let number = candidate.statement as usize;
                let statement = self.statements.get(number)?;
                let about = candidate.whole || statement.actions.matches(action);
                about.then_some((number, statement))
            })
    }

    /// As [`Policy::candidates`], but without regard to the action's name.
    pub(crate) fn about_service(
        &self,
        effect: Effect,
        action: &Action<'_>,
    ) -> impl Iterator<Item = (usize, &Statement)> {
        let about = move |s: &Statement| {
            let key = action.service_key();
            s.effect == effect
                && s.actions
                    .services()
                    .is_none_or(|mut all| all.any(|k| k == key))
        };
        self.statements
            .iter()
            .enumerate()
            .filter(move |(_, s)| about(s))
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
