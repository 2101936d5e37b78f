//! Condition keys: which value a key has in a request.

use std::borrow::Cow;

use crate::context::ContextValue;
use crate::evaluate::Request;
use crate::principal::{Principal, PrincipalKind};
use crate::time::format_epoch;

/// A condition key, recognised once at compile time when it follows from the request itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    PrincipalArn,
    PrincipalAccount,
    PrincipalType,
    PrincipalIsService,
    PrincipalServiceName,
    UserId,
    UserName,
    ResourceAccount,
    /// Looked up in the request's context.
    Named(Box<str>),
}

/// The values of a key in a request; no item at all is an absent key.
#[derive(Debug, Clone)]
pub(crate) enum Seen<'r> {
    Absent,
    One(Item<'r>),
    Many(&'r [Cow<'r, str>]),
}

/// One value of a key.
#[derive(Debug, Clone)]
pub(crate) enum Item<'r> {
    Text(Cow<'r, str>),
    Bool(bool),
    Int(i64),
    Epoch(i64),
    Ip(std::net::IpAddr),
}

impl Key {
    /// Recognises a key by name, whatever its letter case.
    pub(crate) fn new(name: &str) -> Self {
        let known: [(&str, Self); 8] = [
            ("aws:PrincipalArn", Self::PrincipalArn),
            ("aws:PrincipalAccount", Self::PrincipalAccount),
            ("aws:PrincipalType", Self::PrincipalType),
            ("aws:PrincipalIsAWSService", Self::PrincipalIsService),
            ("aws:PrincipalServiceName", Self::PrincipalServiceName),
            ("aws:userid", Self::UserId),
            ("aws:username", Self::UserName),
            ("aws:ResourceAccount", Self::ResourceAccount),
        ];
        known
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or_else(|| Self::Named(name.into()), |(_, key)| key)
    }

    /// The key's values in a request.
    pub(crate) fn seen<'r>(&self, request: &Request<'r>) -> Seen<'r> {
        let principal = request.principal;
        let text = |value: Option<&'r str>| match value {
            Some(value) if !value.is_empty() => Seen::One(Item::Text(Cow::Borrowed(value))),
            _ => Seen::Absent,
        };
        match self {
            Self::PrincipalArn => text(principal_arn(principal)),
            Self::PrincipalAccount => text(Some(principal.account)),
            Self::PrincipalType => text(principal_type(principal.kind)),
            Self::PrincipalIsService => {
                Seen::One(Item::Bool(principal.kind == PrincipalKind::Service))
            }
            Self::PrincipalServiceName => text(principal.service),
            Self::UserName => match principal.kind {
                PrincipalKind::User => text(principal.arn.rsplit('/').next()),
                _ => Seen::Absent,
            },
            Self::UserId => match user_id(principal) {
                Some(id) => Seen::One(Item::Text(id)),
                None => Seen::Absent,
            },
            Self::ResourceAccount => {
                text(Some(request.resource_account.unwrap_or(principal.account)))
            }
            Self::Named(name) => match request.context.get(name) {
                None => Seen::Absent,
                Some(ContextValue::Str(value)) => Seen::One(Item::Text(Cow::Borrowed(value))),
                Some(ContextValue::List(values)) if values.is_empty() => Seen::Absent,
                Some(ContextValue::List(values)) => Seen::Many(values),
                Some(ContextValue::Bool(value)) => Seen::One(Item::Bool(*value)),
                Some(ContextValue::Int(value)) => Seen::One(Item::Int(*value)),
                Some(ContextValue::EpochSeconds(value)) => Seen::One(Item::Epoch(*value)),
                Some(ContextValue::Ip(value)) => Seen::One(Item::Ip(*value)),
            },
        }
    }

    /// The text that a policy variable of this key stands for: only keys with a single value have
    /// one.
    pub(crate) fn variable<'r>(&self, request: &Request<'r>) -> Option<Cow<'r, str>> {
        match self.seen(request) {
            Seen::One(item) => Some(item.into_text()),
            Seen::Many([only]) => Some(Cow::Borrowed(only)),
            Seen::Absent | Seen::Many(_) => None,
        }
    }
}

/// `aws:PrincipalArn`: of a role session it is the role's ARN, not the session's.
fn principal_arn<'r>(principal: &Principal<'r>) -> Option<&'r str> {
    match principal.kind {
        PrincipalKind::AssumedRole => principal.issuer_arn,
        PrincipalKind::Root | PrincipalKind::User | PrincipalKind::FederatedUser => {
            Some(principal.arn)
        }
        PrincipalKind::Federated | PrincipalKind::Service | PrincipalKind::Anonymous => None,
    }
}

/// `aws:PrincipalType`, the "Principal type values" of the IAM User Guide.
fn principal_type(kind: PrincipalKind) -> Option<&'static str> {
    match kind {
        PrincipalKind::Root => Some("Account"),
        PrincipalKind::User => Some("User"),
        PrincipalKind::AssumedRole => Some("AssumedRole"),
        PrincipalKind::FederatedUser => Some("FederatedUser"),
        PrincipalKind::Anonymous => Some("Anonymous"),
        PrincipalKind::Federated | PrincipalKind::Service => None,
    }
}

/// `aws:userid`, the "Principal key values" table of the IAM User Guide.
fn user_id<'r>(principal: &Principal<'r>) -> Option<Cow<'r, str>> {
    match (principal.kind, principal.session_name) {
        (PrincipalKind::Root, _) => Some(Cow::Borrowed(principal.account)),
        (PrincipalKind::User, _) => Some(Cow::Borrowed(principal.unique_id)),
        (PrincipalKind::AssumedRole, Some(session)) => {
            Some(Cow::Owned(format!("{}:{session}", principal.unique_id)))
        }
        (PrincipalKind::FederatedUser, Some(session)) => {
            Some(Cow::Owned(format!("{}:{session}", principal.account)))
        }
        (PrincipalKind::Anonymous, _) => Some(Cow::Borrowed("anonymous")),
        _ => None,
    }
}

impl<'r> Seen<'r> {
    pub(crate) const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether there is no value that says something: the User Guide counts a key "whose value
    /// resolves to a null dataset, such as an empty string" as absent under `ForAllValues` and
    /// `ForAnyValue`.
    pub(crate) fn is_null(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::One(Item::Text(text)) => text.is_empty(),
            Self::One(_) => false,
            Self::Many(values) => values.iter().all(|value| value.is_empty()),
        }
    }

    /// Whether `test` holds for at least one value.
    pub(crate) fn any(&self, test: impl Fn(&Item<'_>) -> bool) -> bool {
        match self {
            Self::Absent => false,
            Self::One(item) => test(item),
            Self::Many(values) => values
                .iter()
                .any(|value| test(&Item::Text(Cow::Borrowed(value)))),
        }
    }

    /// Whether `test` holds for every value; true when there is none.
    pub(crate) fn all(&self, test: impl Fn(&Item<'_>) -> bool) -> bool {
        !self.any(|item| !test(item))
    }

    /// The values as texts; `None` if the key is absent.
    pub(crate) fn texts(self) -> Option<Vec<String>> {
        match self {
            Self::Absent => None,
            Self::One(item) => Some(vec![item.into_text().into_owned()]),
            Self::Many(values) => Some(values.iter().map(|value| value.to_string()).collect()),
        }
    }
}

impl<'r> Item<'r> {
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Int(value) => Cow::Owned(value.to_string()),
            Self::Epoch(seconds) => Cow::Owned(format_epoch(*seconds)),
            Self::Ip(address) => Cow::Owned(address.to_string()),
        }
    }

    fn into_text(self) -> Cow<'r, str> {
        match self {
            Self::Text(text) => text,
            other => Cow::Owned(other.text().into_owned()),
        }
    }
}
