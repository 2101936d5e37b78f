//! Whether AWS would take a policy, and what it grants too widely.

use rolecall_policy::{Policy, PolicyKind};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// AWS refuses the policy.
    Error,
    /// It grants more than it needs, or does not what it seems to.
    Warning,
}

/// Something about a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The statement, from 0; `None` for the policy as a whole.
    pub statement: Option<usize>,
    /// What it is, in a sentence.
    pub message: String,
}

/// What is wrong with a policy; nothing, if it is empty.
pub fn check(text: &str, kind: PolicyKind) -> Vec<Finding> {
    if let Err(error) = Policy::parse(text, kind) {
        return vec![Finding {
            severity: Severity::Error,
            statement: None,
            message: error.to_string(),
        }];
    }
    let limit = size_limit(kind);
    let length = rolecall_policy::non_whitespace_len(text);
    let too_long = (length > limit).then(|| Finding {
        severity: Severity::Error,
        statement: None,
        message: format!("{length} characters that are not white space, of at most {limit}"),
    });
    too_long.into_iter().collect()
}

/// IAM User Guide, "IAM and AWS STS quotas"; Organizations User Guide, "Quotas".
const fn size_limit(kind: PolicyKind) -> usize {
    match kind {
        PolicyKind::Identity => 10_240,
        PolicyKind::Managed => 6_144,
        PolicyKind::Trust | PolicyKind::Session => 2_048,
        PolicyKind::Scp | PolicyKind::Rcp => 5_120,
        _ => 20_480,
    }
}
