//! Policies made from what an operation declares.

use std::collections::BTreeMap;

use rolecall_op::AccessCheck;
use serde_json::{Value as Json, json};

/// The statement that allows exactly `check`: its action, its resource, and the values of its
/// condition keys.
pub(crate) fn statement(check: &AccessCheck) -> Json {
    statement_with(check, &check.resource, |_, value| value.to_owned())
}

/// [`statement`] on another resource.
pub(crate) fn on_another_resource(check: &AccessCheck) -> Json {
    let other = format!("{}-other", check.resource);
    statement_with(check, &other, |_, value| value.to_owned())
}

/// [`statement`] with another value of the key that is the `nth`.
pub(crate) fn with_another_value(check: &AccessCheck, nth: usize) -> Json {
    statement_with(check, &check.resource, |n, value| {
        if n == nth {
            format!("{value}-other")
        } else {
            value.to_owned()
        }
    })
}

fn statement_with(
    check: &AccessCheck,
    resource: &str,
    value_of: impl Fn(usize, &str) -> String,
) -> Json {
    let mut one: BTreeMap<&str, Json> = BTreeMap::new();
    let mut every: BTreeMap<&str, Json> = BTreeMap::new();
    for (n, key) in check.keys.iter().enumerate() {
        let values: Vec<String> = key.values.iter().map(|value| value_of(n, value)).collect();
        if key.many {
            every.insert(&key.name, json!(values));
        } else {
            one.insert(&key.name, json!(values[0]));
        }
    }
    let mut condition = BTreeMap::new();
    if !one.is_empty() {
        condition.insert("StringEquals", json!(one));
    }
    if !every.is_empty() {
        // ForAllValues holds for an absent key too, ForAnyValue does not.
        condition.insert("ForAnyValue:StringEquals", json!(every));
        condition.insert("ForAllValues:StringEquals", json!(every));
    }
    let mut statement = json!({
        "Effect": "Allow",
        "Action": check.action,
        "Resource": resource,
    });
    if !condition.is_empty() {
        statement["Condition"] = json!(condition);
    }
    statement
}

/// The statement that denies `check`, whatever its condition keys.
pub(crate) fn denial(check: &AccessCheck) -> Json {
    json!({ "Effect": "Deny", "Action": check.action, "Resource": check.resource })
}

/// A policy of these statements, and of one that is about something else: no policy is empty.
pub(crate) fn document(statements: &[Json]) -> String {
    let mut all = statements.to_vec();
    all.push(json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }));
    json!({ "Version": "2012-10-17", "Statement": all }).to_string()
}

/// Whether the statement of another check than the `nth` allows it too.
pub(crate) fn is_covered_by_another(checks: &[AccessCheck], nth: usize) -> bool {
    let check = &checks[nth];
    let covers = |other: &AccessCheck| {
        let same_place = other.resource == check.resource || other.resource == "*";
        let asks_for = |key: &rolecall_op::access::Key| {
            check
                .keys
                .iter()
                .any(|k| k.name == key.name && k.values == key.values)
        };
        other.action == check.action && same_place && other.keys.iter().all(asks_for)
    };
    checks
        .iter()
        .enumerate()
        .any(|(n, other)| n != nth && covers(other))
}
