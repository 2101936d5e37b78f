//! What a policy grants too widely, or does not say although it looks as if it did.
//!
//! Nothing here decides anything: a policy with findings is valid and is evaluated as written. The
//! rules follow the IAM User Guide ("Security best practices in IAM", "Access Analyzer policy check
//! reference", "The confused deputy problem").

mod rules;

use std::fmt;

use crate::action::{Action, ActionSet};
use crate::document::{Document, List, RawStatement};
use crate::policy::PolicyKind;

/// How much a [`Finding`] matters. The greater, the more.
///
/// ```
/// assert!(rolecall_policy::Severity::Security > rolecall_policy::Severity::Suggestion);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It could be said better.
    Suggestion,
    /// It does not do what it seems to do.
    Warning,
    /// It gives more than anyone should want to give.
    Security,
}

/// What a [`Finding`] is about.
///
/// ```
/// assert_eq!(rolecall_policy::Rule::PassRole.to_string(), "pass-role");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// `Allow` of every action.
    AllActions,
    /// `Allow` of every action of a service on every resource.
    WholeService,
    /// `Allow` with `NotAction`: everything that is not listed, also what is yet to come.
    AllowNotAction,
    /// `Allow` with `NotResource`.
    AllowNotResource,
    /// `Allow` with `NotPrincipal`: everyone that is not listed, anonymous callers too.
    AllowNotPrincipal,
    /// `Deny` with `NotPrincipal`, which always denies principals with a boundary.
    DenyNotPrincipal,
    /// `iam:PassRole` of every role, to every service.
    PassRole,
    /// Actions on every resource with which a caller can give itself more.
    Escalation,
    /// A resource's or role's `Allow` for everyone.
    Public,
    /// A service that may act for anybody's resource: no `aws:SourceArn`, `aws:SourceAccount`.
    ConfusedDeputy,
    /// A provider all of whose identities may take a role.
    AnyIdentity,
    /// `ForAllValues` with `Allow` is satisfied by a key that is absent.
    ForAllValuesAllow,
    /// `*` or `?` under an operator that takes them as plain characters.
    PlainWildcard,
    /// `${...}` in a document whose `Version` has no variables.
    PlainVariable,
    /// A value that its operator cannot read and that therefore never matches.
    UnreadableValue,
    /// An ARN with fewer than six segments.
    ShortArn,
    /// An element without values: the statement never applies.
    Empty,
    /// An action that another one of the same statement includes.
    Redundant,
    /// A resource control policy about a service for which AWS does not apply them.
    NotControlled,
    /// An action that does not exist.
    UnknownAction,
    /// A condition key that does not exist.
    UnknownKey,
}

/// Something that [`lint`] found.
///
/// ```
/// use rolecall_policy::{Document, PolicyKind, Rule, Severity, lint};
///
/// let text = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Queues","Effect":"Allow",
///     "Action":"sqs:*","Resource":"*"}]}"#;
/// let document = Document::parse(text, PolicyKind::Identity)?;
/// let findings = lint(&document, PolicyKind::Identity);
/// let finding = findings.first().unwrap();
/// assert_eq!((finding.rule, finding.severity), (Rule::WholeService, Severity::Security));
/// assert_eq!((finding.statement, finding.sid.as_deref()), (0, Some("Queues")));
/// assert_eq!(finding.message, "allows every action of sqs on every resource");
/// # Ok::<(), rolecall_policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule found it.
    pub rule: Rule,
    /// How much it matters.
    pub severity: Severity,
    /// The statement's position in the document, from 0.
    pub statement: usize,
    /// The statement's `Sid`, if it has one.
    pub sid: Option<String>,
    /// What is the matter, as the rest of a sentence that begins with "the statement".
    pub message: String,
    /// What to do about it, one sentence.
    pub help: String,
}

/// Which actions and condition keys there are, for [`lint_with`]. Letter case does not matter in
/// either.
///
/// ```
/// use rolecall_policy::{Document, Known, PolicyKind, Rule, lint_with};
///
/// struct OneAction;
/// impl Known for OneAction {
///     fn has_service(&self, service: &str) -> bool {
///         service.eq_ignore_ascii_case("ecs")
///     }
///     fn actions(&self, _service: &str) -> Vec<String> {
///         vec!["RunTask".to_owned()]
///     }
///     fn has_key(&self, key: &str) -> bool {
///         key.eq_ignore_ascii_case("ecs:cluster")
///     }
/// }
/// let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
///     "Action":["ecs:Run*","ecs:RunTasks"],"Resource":"arn:aws:ecs:*:*:task-definition/x:*"}]}"#;
/// let document = Document::parse(text, PolicyKind::Identity)?;
/// let findings = lint_with(&document, PolicyKind::Identity, &OneAction);
/// assert!(findings.iter().any(|finding| finding.rule == Rule::UnknownAction));
/// # Ok::<(), rolecall_policy::PolicyError>(())
/// ```
pub trait Known {
    /// Whether the service is known; actions and keys of others are not judged.
    fn has_service(&self, service: &str) -> bool;
    /// The names of the actions of a service, without the service's prefix.
    fn actions(&self, service: &str) -> Vec<String>;
    /// Whether the condition key exists. A key with a variable part, such as `aws:PrincipalTag/a`,
    /// is asked for as written.
    fn has_key(&self, key: &str) -> bool;
}

/// Looks for what a policy grants too widely or seems to say but does not. In the order of the
/// statements; within one, by rule.
///
/// ```
/// use rolecall_policy::{Document, PolicyKind, lint};
///
/// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
///     "Action":"ecs:ListClusters","Resource":"*"}}"#;
/// let document = Document::parse(text, PolicyKind::Identity)?;
/// assert!(lint(&document, PolicyKind::Identity).is_empty());
/// # Ok::<(), rolecall_policy::PolicyError>(())
/// ```
pub fn lint(document: &Document, kind: PolicyKind) -> Vec<Finding> {
    look(document, kind, None)
}

/// As [`lint`], and holds actions and condition keys against a table. For an example see [`Known`].
pub fn lint_with(document: &Document, kind: PolicyKind, known: &dyn Known) -> Vec<Finding> {
    look(document, kind, Some(known))
}

fn look(document: &Document, kind: PolicyKind, known: Option<&dyn Known>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, statement) in document.statements.iter().enumerate() {
        let mut one = Look {
            kind,
            statement,
            variables: document.has_variables(),
            number,
            findings: Vec::new(),
        };
        one.actions();
        one.principals();
        one.conditions();
        one.texts();
        one.controls();
        if let Some(known) = known {
            one.names(known);
        }
        one.findings.sort_by_key(|finding| finding.rule);
        findings.append(&mut one.findings);
    }
    findings
}

/// One statement being looked at.
struct Look<'d> {
    kind: PolicyKind,
    statement: &'d RawStatement,
    variables: bool,
    number: usize,
    findings: Vec<Finding>,
}

impl Look<'_> {
    fn find(
        &mut self,
        rule: Rule,
        severity: Severity,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.findings.push(Finding {
            rule,
            severity,
            statement: self.number,
            sid: self.statement.sid.clone().filter(|sid| !sid.is_empty()),
            message: message.into(),
            help: help.into(),
        });
    }

    fn allows(&self) -> bool {
        self.statement.effect == "Allow"
    }

    /// Whether the policy gives permissions, rather than limiting those that others give.
    fn grants(&self) -> bool {
        !matches!(self.kind, PolicyKind::Scp | PolicyKind::Rcp)
    }

    /// Whether the statement's actions include this one.
    fn includes(&self, action: &str) -> bool {
        self.statement
            .actions
            .as_ref()
            .is_some_and(|list| ActionSet::new(list).matches(&Action::new(action)))
    }

    /// The condition keys, for a look whether one of them limits something.
    fn has_key(&self, wanted: &[&str]) -> bool {
        self.statement.conditions.iter().any(|condition| {
            wanted
                .iter()
                .any(|key| condition.key.eq_ignore_ascii_case(key))
        })
    }

    /// Whether the statement covers every resource of whatever type `types` (`role/`) names.
    fn every_resource(&self, types: &str) -> bool {
        self.statement
            .resources
            .as_ref()
            .is_some_and(|list| !list.negated && list.values.iter().any(|v| is_wide(v, types)))
    }
}

/// Whether a pattern of a `Resource` limits nothing: all wildcards behind the service.
fn is_wide(pattern: &str, types: &str) -> bool {
    let mut segments = pattern.splitn(6, ':').skip(3);
    let is_star = |segment: &str| !segment.is_empty() && segment.bytes().all(|b| b == b'*');
    if is_star(pattern) {
        return true;
    }
    let (region, account, name) = (segments.next(), segments.next(), segments.next());
    let name = name.map(|name| name.strip_prefix(types).unwrap_or(name));
    region.is_none_or(|region| region.is_empty() || is_star(region))
        && account.is_none_or(|account| account.is_empty() || is_star(account))
        && name.is_none_or(is_star)
}

/// The values of a list, or none.
fn values(list: Option<&List>) -> impl Iterator<Item = &str> {
    list.into_iter()
        .flat_map(|list| list.values.iter().map(String::as_str))
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AllActions => "all-actions",
            Self::WholeService => "whole-service",
            Self::AllowNotAction => "allow-not-action",
            Self::AllowNotResource => "allow-not-resource",
            Self::AllowNotPrincipal => "allow-not-principal",
            Self::DenyNotPrincipal => "deny-not-principal",
            Self::PassRole => "pass-role",
            Self::Escalation => "escalation",
            Self::Public => "public",
            Self::ConfusedDeputy => "confused-deputy",
            Self::AnyIdentity => "any-identity",
            Self::ForAllValuesAllow => "for-all-values-allow",
            Self::PlainWildcard => "plain-wildcard",
            Self::PlainVariable => "plain-variable",
            Self::UnreadableValue => "unreadable-value",
            Self::ShortArn => "short-arn",
            Self::Empty => "empty",
            Self::Redundant => "redundant",
            Self::NotControlled => "not-controlled",
            Self::UnknownAction => "unknown-action",
            Self::UnknownKey => "unknown-key",
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Suggestion => "suggestion",
            Self::Warning => "warning",
            Self::Security => "security",
        })
    }
}

#[cfg(test)]
mod tests;
