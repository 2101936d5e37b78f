//! Cuts a failing case down.

use serde_json::Value;

use crate::compare::{Outcome, compare};

/// The smallest case, found by leaving out one thing after the other, on which the two evaluators
/// still differ in the same way.
pub fn minimize(case: &Value) -> Value {
    let wanted = compare(case);
    let Outcome::Differ { .. } = wanted else {
        return case.clone();
    };
    let mut best = case.clone();
    while let Some(smaller) = smaller(&best, 0)
        .into_iter()
        .find(|one| compare(one) == wanted)
    {
        best = smaller;
    }
    best
}

/// What a statement must have, so that what is left is still a policy.
const KEPT: &[&str] = &[
    "Action",
    "Effect",
    "NotAction",
    "NotPrincipal",
    "NotResource",
    "Principal",
    "Resource",
    "Version",
];

/// Every value with one thing less in it, the boldest cuts first. Only the lists of policies, which
/// stand near the top, may become empty.
fn smaller(value: &Value, depth: usize) -> Vec<Value> {
    let mut found = Vec::new();
    match value {
        Value::Array(list) => {
            let removable = if depth < 3 || list.len() > 1 {
                list.len()
            } else {
                0
            };
            for n in 0..removable {
                let mut less = list.clone();
                less.remove(n);
                found.push(Value::Array(less));
            }
            for (n, item) in list.iter().enumerate() {
                for item in smaller(item, depth + 1) {
                    let mut changed = list.clone();
                    if let Some(place) = changed.get_mut(n) {
                        *place = item;
                    }
                    found.push(Value::Array(changed));
                }
            }
        }
        Value::Object(map) => {
            // A principal of no type is none.
            let last = map.len() == 1 && map.contains_key("AWS");
            for key in map
                .keys()
                .filter(|_| !last)
                .filter(|key| !KEPT.contains(&key.as_str()))
            {
                let mut less = map.clone();
                less.remove(key);
                found.push(Value::Object(less));
            }
            for (key, item) in map {
                for item in smaller(item, depth + 1) {
                    let mut changed = map.clone();
                    changed.insert(key.clone(), item);
                    found.push(Value::Object(changed));
                }
            }
        }
        _ => {}
    }
    found
}
