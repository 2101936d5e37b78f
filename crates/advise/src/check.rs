//! Whether AWS would take a policy, and what it grants too widely.

use rolecall_policy::{Document, Known, Policy, PolicyKind, lint, lint_with};
use serde::Serialize;

/// How bad a finding is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// AWS refuses the policy.
    Error,
    /// It gives more than anyone should want to give.
    Security,
    /// It does not do what it seems to do.
    Warning,
    /// It could be said better.
    Suggestion,
}

impl From<rolecall_policy::Severity> for Severity {
    fn from(severity: rolecall_policy::Severity) -> Self {
        match severity {
            rolecall_policy::Severity::Security => Self::Security,
            rolecall_policy::Severity::Warning => Self::Warning,
            rolecall_policy::Severity::Suggestion => Self::Suggestion,
        }
    }
}

impl Severity {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Security => "security",
            Self::Warning => "warning",
            Self::Suggestion => "suggestion",
        }
    }
}

/// Something about a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The name of the rule; `invalid` and `size` are AWS's own.
    pub rule: String,
    /// The statement, from 0; `None` for the policy as a whole.
    pub statement: Option<usize>,
    /// The statement's `Sid`.
    pub sid: Option<String>,
    /// What it is.
    pub message: String,
    /// What to do about it; empty if the message says that.
    pub help: String,
}

impl Finding {
    fn error(rule: &str, message: String) -> Self {
        Self {
            severity: Severity::Error,
            rule: rule.to_owned(),
            statement: None,
            sid: None,
            message,
            help: String::new(),
        }
    }
}

/// What is wrong with a policy, the worst first; nothing, if that is empty.
///
/// ```
/// use rolecall_advise::check::{Severity, check};
/// use rolecall_policy::PolicyKind;
///
/// let text = r#"{"Version":"2012-10-17","Statement":[
///     {"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}"#;
/// let findings = check(text, PolicyKind::Identity);
/// assert_eq!(findings[0].severity, Severity::Security);
/// assert_eq!(check("{", PolicyKind::Identity)[0].severity, Severity::Error);
/// ```
pub fn check(text: &str, kind: PolicyKind) -> Vec<Finding> {
    look(text, kind, None)
}

/// As [`check`], and names actions and condition keys that are not known.
pub fn check_with(text: &str, kind: PolicyKind, known: &dyn Known) -> Vec<Finding> {
    look(text, kind, Some(known))
}

fn look(text: &str, kind: PolicyKind, known: Option<&dyn Known>) -> Vec<Finding> {
    if let Err(error) = Policy::parse(text, kind) {
        return vec![Finding::error("invalid", error.to_string())];
    }
    let mut findings = Vec::new();
    if let Some((limit, length)) = too_long(text, kind) {
        let message = format!("{length} characters, more than the {limit} that AWS takes");
        findings.push(Finding::error("size", message));
    }
    if let Ok(document) = Document::parse(text, kind) {
        let found = match known {
            Some(known) => lint_with(&document, kind, known),
            None => lint(&document, kind),
        };
        findings.extend(found.into_iter().map(|finding| Finding {
            severity: finding.severity.into(),
            rule: finding.rule.to_string(),
            statement: Some(finding.statement),
            sid: finding.sid,
            message: format!("the statement {}", finding.message),
            help: finding.help,
        }));
    }
    findings.sort_by_key(|finding| (finding.severity, finding.statement));
    findings
}

/// The limit and the length, if a policy is longer than its kind may be. White space counts where
/// AWS counts it.
///
/// IAM User Guide, "IAM and AWS STS quotas" (a role's inline policies together, a managed policy, a
/// trust policy, a session policy); AWS Organizations User Guide, "Quotas".
fn too_long(text: &str, kind: PolicyKind) -> Option<(usize, usize)> {
    let limit = match kind {
        PolicyKind::Identity => Some(crate::generate::INLINE_ROLE_MAX),
        other => other.max_chars(),
    }?;
    let length = match kind {
        PolicyKind::Session | PolicyKind::Scp | PolicyKind::Rcp => text.chars().count(),
        _ => rolecall_policy::non_whitespace_len(text),
    };
    (length > limit).then_some((limit, length))
}
