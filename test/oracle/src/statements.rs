//! Which statements of a policy apply.

use serde_json::Value;

use crate::case::{Question, items};
use crate::conditions;
use crate::principals::{Named, named};
use crate::resources::{Place, action_applies, resource_applies};

/// Where a policy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// In front of the caller: identity policy, boundary, session policy.
    Caller,
    /// Service control policy.
    Organization,
    /// With a `Principal`: the resource's policy, trust policy, resource control policy.
    Resource,
}

/// How the statements of one effect in a policy apply to the question: the closest way in which
/// one names the caller, `None` if none applies. A policy in front of the caller names it directly.
pub fn applies(
    policy: &Value,
    effect: &str,
    stands: Stands,
    question: &Question<'_>,
    has_boundary: bool,
) -> Option<Named> {
    let variables = policy.get("Version").and_then(Value::as_str) == Some("2012-10-17");
    let value = |key: &str| question.single(key);
    let place = Place {
        resource: question.resource,
        pads: stands == Stands::Caller,
        variables,
        value: &value,
    };
    items(policy.get("Statement"))
        .into_iter()
        .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some(effect))
        .filter(|statement| action_applies(statement, question.action))
        .filter(|statement| resource_applies(statement, &place))
        .filter(|statement| conditions::hold(statement, question, variables))
        .filter_map(|statement| match stands {
            Stands::Resource => named(statement, question.caller, has_boundary),
            Stands::Caller | Stands::Organization => Some(Named::Directly),
        })
        .max()
}
