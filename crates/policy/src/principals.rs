//! The `Principal` and `NotPrincipal` elements.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".

use crate::arn;
use crate::document::{RawPrincipalEntries, RawPrincipals};
use crate::principal::{Principal, PrincipalKind};

/// How a statement names a caller; the greater, the more an Allow of it gives inside one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grant {
    /// By its account: its own policies must allow too.
    Account,
    /// By the role of its session (or the user of a federated session): identity policies are not
    /// needed; boundary and session policies still limit.
    Issuer,
    /// Itself, or everyone: nothing else is needed.
    Direct,
}

/// A compiled `Principal` or `NotPrincipal` element.
#[derive(Debug)]
pub(crate) struct PrincipalSet {
    negated: bool,
    entries: Box<[Entry]>,
}

/// One principal of an element. `name` is what was written.
#[derive(Debug)]
struct Entry {
    kind: Box<str>,
    name: Box<str>,
    matcher: Matcher,
}

#[derive(Debug)]
enum Matcher {
    Everyone,
    Account(Box<str>),
    /// A user, role or session; with `id`, only as long as it is the same user or role.
    Entity {
        id: Option<Box<str>>,
    },
    UniqueId,
    Service,
    Federated,
    /// Canonical user ids, which no caller here has.
    Never,
}

impl PrincipalSet {
    pub(crate) fn new(raw: &RawPrincipals) -> Self {
        let entries = match &raw.entries {
            RawPrincipalEntries::Star => {
                vec![Entry {
                    kind: "*".into(),
                    name: "*".into(),
                    matcher: Matcher::Everyone,
                }]
            }
            RawPrincipalEntries::Typed(entries) => entries
                .iter()
                .map(|(kind, name)| Entry {
                    kind: kind.as_str().into(),
                    name: name.as_str().into(),
                    matcher: matcher(kind, name),
                })
                .collect(),
        };
        Self {
            negated: raw.negated,
            entries: entries.into(),
        }
    }

    /// A set that names no one.
    pub(crate) fn nobody() -> Self {
        Self {
            negated: false,
            entries: Box::default(),
        }
    }

    /// (type, value) of each entry.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .map(|entry| (&*entry.kind, &*entry.name))
    }

    /// Ties users and roles to their unique ids.
    ///
    /// # Errors
    /// The type and value of an entry that `resolve` does not know.
    pub(crate) fn resolve(
        &mut self,
        resolve: &mut impl FnMut(&str) -> Option<String>,
    ) -> Result<(), String> {
        for entry in &mut self.entries {
            if let Matcher::Entity { id } = &mut entry.matcher
                && arn::is_user_or_role(&entry.name)
            {
                let found = resolve(&entry.name).ok_or_else(|| entry.name.to_string())?;
                *id = Some(found.into());
            }
        }
        Ok(())
    }

    /// Whether the statement is about this caller, and how it names it.
    ///
    /// `allow` and `has_boundary` matter to `NotPrincipal`, see
    /// [`adjudication`](crate::adjudication).
    pub(crate) fn matches(
        &self,
        principal: &Principal<'_>,
        allow: bool,
        has_boundary: bool,
    ) -> Option<Grant> {
        if !self.negated {
            return self
                .entries
                .iter()
                .filter_map(|entry| entry.grant(principal))
                .max();
        }
        let excepted = if allow {
            self.names_any(principal)
        } else {
            self.names_all(principal)
        };
        let limited = has_boundary
            && !allow
            && matches!(
                principal.kind,
                PrincipalKind::User | PrincipalKind::AssumedRole | PrincipalKind::FederatedUser
            );
        (!excepted || limited).then_some(Grant::Direct)
    }

    fn names_any(&self, principal: &Principal<'_>) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.grant(principal).is_some())
    }

    /// Whether the caller is named in full: itself, the role of its session, and its account.
    fn names_all(&self, principal: &Principal<'_>) -> bool {
        let named = |wanted| {
            self.entries
                .iter()
                .any(|entry| entry.grants(principal, wanted))
        };
        if self
            .entries
            .iter()
            .any(|entry| matches!(entry.matcher, Matcher::Everyone))
        {
            return true;
        }
        match principal.kind {
            PrincipalKind::Root | PrincipalKind::Service | PrincipalKind::Federated => {
                named(Grant::Direct)
            }
            PrincipalKind::User | PrincipalKind::FederatedUser => {
                named(Grant::Direct) && named(Grant::Account)
            }
            PrincipalKind::AssumedRole => {
                named(Grant::Direct) && named(Grant::Issuer) && named(Grant::Account)
            }
            PrincipalKind::Anonymous => false,
        }
    }
}

impl Entry {
    fn grants(&self, principal: &Principal<'_>, wanted: Grant) -> bool {
        self.grant(principal) == Some(wanted)
    }

    fn grant(&self, principal: &Principal<'_>) -> Option<Grant> {
        let name = &*self.name;
        match &self.matcher {
            Matcher::Everyone => Some(Grant::Direct),
            Matcher::Account(account) => match principal.kind {
                PrincipalKind::Root if principal.account == &**account => Some(Grant::Direct),
                PrincipalKind::User | PrincipalKind::AssumedRole | PrincipalKind::FederatedUser
                    if principal.account == &**account =>
                {
                    Some(Grant::Account)
                }
                _ => None,
            },
            Matcher::Entity { id } => {
                let same = id.as_deref().is_none_or(|id| id == principal.unique_id);
                if principal.kind == PrincipalKind::Federated {
                    None
                } else if same && principal.arn == name {
                    Some(Grant::Direct)
                } else if same && principal.issuer_arn == Some(name) {
                    Some(Grant::Issuer)
                } else {
                    None
                }
            }
            Matcher::UniqueId if principal.unique_id != name => None,
            Matcher::UniqueId => match principal.kind {
                PrincipalKind::User => Some(Grant::Direct),
                PrincipalKind::AssumedRole | PrincipalKind::FederatedUser => Some(Grant::Issuer),
                _ => None,
            },
            Matcher::Service => {
                let same = principal.service.is_some_and(|service| service == name);
                (same && principal.kind == PrincipalKind::Service).then_some(Grant::Direct)
            }
            Matcher::Federated => {
                let same = principal.kind == PrincipalKind::Federated && principal.arn == name;
                same.then_some(Grant::Direct)
            }
            Matcher::Never => None,
        }
    }
}

fn matcher(kind: &str, name: &str) -> Matcher {
    match kind {
        "AWS" if name == "*" => Matcher::Everyone,
        "AWS" => match arn::account_of_root(name) {
            Some(account) => Matcher::Account(account.into()),
            None if arn::is_unique_id(name) => Matcher::UniqueId,
            None => Matcher::Entity { id: None },
        },
        "Service" => Matcher::Service,
        "Federated" => Matcher::Federated,
        _ => Matcher::Never,
    }
}
