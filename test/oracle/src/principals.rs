//! Who a statement of a resource's policy names, and how closely.

use serde_json::Value;

use crate::case::strings;
use crate::cast::Caller;

/// How a policy names a caller, which decides what it gets past (IAM User Guide, "Policy
/// evaluation logic", the table of principals in resource-based policies).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// By its account: whoever the account's own policies allow.
    Account,
    /// By the role (or user) behind its session: boundary and session policies still limit.
    Role,
    /// Directly, or as everyone: nothing that is silent limits.
    Directly,
}

/// How a statement names the caller; `None` if it doesn't. `has_boundary` is needed because
/// `NotPrincipal` with Deny excepts nobody who has a boundary.
pub fn named(statement: &Value, caller: &Caller, has_boundary: bool) -> Option<Named> {
    if let Some(principal) = statement.get("Principal") {
        return by(principal, caller);
    }
    let denies = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
    let Some(others) = statement.get("NotPrincipal") else {
        // Refused on write. Should one be stored nevertheless, it allows nobody and denies all.
        return denies.then_some(Named::Directly);
    };
    let excepted = if denies {
        !has_boundary && in_full(others, caller)
    } else {
        by(others, caller).is_some()
    };
    (!excepted).then_some(Named::Directly)
}

fn by(principal: &Value, caller: &Caller) -> Option<Named> {
    entries(principal)
        .into_iter()
        .filter_map(|(kind, value)| one(kind, value, caller))
        .max()
}

/// (type, value); the bare `"*"` is `("AWS", "*")`, which is the same.
fn entries(principal: &Value) -> Vec<(&str, &str)> {
    match principal {
        Value::String(everyone) => vec![("AWS", everyone)],
        Value::Object(map) => map
            .iter()
            .flat_map(|(kind, list)| strings(list).into_iter().map(|v| (kind.as_str(), v)))
            .collect(),
        _ => Vec::new(),
    }
}

fn one(kind: &str, value: &str, caller: &Caller) -> Option<Named> {
    match (kind, caller.kind) {
        ("AWS", _) if value == "*" => Some(Named::Directly),
        ("AWS", "service" | "provider" | "anonymous") => None,
        ("AWS", "root") => is_account(value, caller).then_some(Named::Directly),
        ("AWS", own) => {
            if value == caller.arn || (own == "user" && value == caller.id) {
                Some(Named::Directly)
            } else if value == caller.issuer || value == caller.id {
                Some(Named::Role)
            } else {
                is_account(value, caller).then_some(Named::Account)
            }
        }
        ("Service", "service") | ("Federated", "provider") => {
            (value == caller.arn).then_some(Named::Directly)
        }
        _ => None,
    }
}

fn is_account(value: &str, caller: &Caller) -> bool {
    value == caller.account || value == format!("arn:aws:iam::{}:root", caller.account)
}

/// `NotPrincipal` with Deny: "you must also specify the account ARN of the not-denied principal",
/// and of a session its role.
fn in_full(others: &Value, caller: &Caller) -> bool {
    let entries = entries(others);
    let has = |wanted: &dyn Fn(&str) -> bool| {
        entries
            .iter()
            .any(|(kind, value)| *kind == "AWS" && wanted(value))
    };
    if has(&|value| value == "*") {
        return true;
    }
    let account = || has(&|value| is_account(value, caller));
    match caller.kind {
        "root" => account(),
        "user" => account() && has(&|value| value == caller.arn || value == caller.id),
        "federated" => account() && has(&|value| value == caller.arn),
        "role" => {
            account()
                && has(&|value| value == caller.arn)
                && has(&|value| value == caller.issuer || value == caller.id)
        }
        _ => by(others, caller).is_some(),
    }
}
