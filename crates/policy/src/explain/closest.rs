//! The statement that came closest to allowing, and what of it failed.

use std::cmp::Reverse;

use super::hint;
use super::{Closest, Mismatch, describe, policies_of};
use crate::action::Action;
use crate::decision::{Layer, Location};
use crate::document::RawStatement;
use crate::evaluate::{Layers, Request};
use crate::json::Json;
use crate::policy::{Effect, Statement};

/// How far a statement came: action, principal, resource, and how many conditions did not hold.
/// The greater, the closer.
type Rank = (bool, bool, bool, Reverse<usize>);

/// The rank of a statement that applies.
const APPLIES: Rank = (true, true, true, Reverse(0));

/// The Allow statement that fails latest: on its conditions rather than its resource, and so on. A
/// statement about another service is not close.
pub(super) fn closest<'a>(
    request: &Request<'_>,
    layers: &Layers<'a>,
    layer: Layer,
) -> Option<Closest<'a>> {
    let action = Action::new(request.action);
    let has_boundary = layers.boundary.is_some();
    let mut best: Option<(Rank, Location<'a>, &'a Statement)> = None;
    for named in policies_of(layers, layer) {
        for (number, statement) in named.policy.about_service(Effect::Allow, &action) {
            let rank = rank(statement, request, &action, has_boundary);
            let applies = rank == APPLIES;
            if !applies && best.as_ref().is_none_or(|(known, ..)| *known < rank) {
                let location = Location {
                    layer,
                    policy: named.name,
                    statement: number,
                    sid: statement.sid(),
                };
                best = Some((rank, location, statement));
            }
        }
    }
    let (rank, location, statement) = best?;
    let mut failed = mismatches(statement, request, rank).into_iter();
    let mismatch = failed.next()?;
    Some(Closest {
        hint: hint::of(&mismatch, statement, request),
        location,
        mismatch,
        also: failed.collect(),
        statement: statement.json(),
    })
}

/// Whether a statement applies to a request.
pub(super) fn applies(statement: &Statement, request: &Request<'_>, has_boundary: bool) -> bool {
    rank(
        statement,
        request,
        &Action::new(request.action),
        has_boundary,
    ) == APPLIES
}

fn rank(
    statement: &Statement,
    request: &Request<'_>,
    action: &Action<'_>,
    has_boundary: bool,
) -> Rank {
    let failed = statement
        .conditions
        .iter()
        .filter(|condition| !condition.holds(request));
    (
        statement.actions.matches(action),
        statement.names(request, has_boundary).is_some(),
        statement.covers_resource(request),
        Reverse(failed.count()),
    )
}

/// The parts of a statement that do not fit the request.
fn mismatches(statement: &Statement, request: &Request<'_>, rank: Rank) -> Vec<Mismatch> {
    let raw = raw(statement);
    let mut found = Vec::new();
    if !rank.0 {
        found.push(Mismatch::Action);
    }
    if !rank.1 {
        found.push(Mismatch::Principal);
    }
    if let (false, Some(list)) = (rank.2, &raw.resources) {
        found.push(Mismatch::Resource {
            element: if list.negated {
                "NotResource"
            } else {
                "Resource"
            },
            patterns: list.values.clone(),
        });
    }
    let conditions = statement.conditions.iter().zip(raw.conditions);
    let failed = conditions.filter(|(condition, _)| !condition.holds(request));
    found.extend(failed.map(|(condition, raw)| Mismatch::Condition {
        operator: raw.operator,
        key: raw.key,
        wanted: raw.values,
        seen: condition.key().seen(request).texts(),
    }));
    found
}

/// The statement's elements as they were written.
pub(super) fn raw(statement: &Statement) -> RawStatement {
    Json::parse(statement.json())
        .and_then(|json| RawStatement::read(json).ok())
        .unwrap_or_default()
}

/// In words, that the conditions of a denying statement hold; empty if it has none.
pub(super) fn conditions_met(statement: &Statement, request: &Request<'_>) -> String {
    let met = statement
        .conditions
        .iter()
        .zip(raw(statement).conditions)
        .map(|(condition, raw)| {
            let seen = condition.key().seen(request).texts();
            format!(
                "{} {} {} holds: the request has {}",
                raw.operator,
                raw.key,
                quoted(&raw.values),
                seen_in_words(seen.as_deref())
            )
        });
    let met: Vec<String> = met.collect();
    if met.is_empty() {
        return String::new();
    }
    format!(", whose condition {}", met.join(", and "))
}

impl Closest<'_> {
    /// What [`Explanation::summary`](super::Explanation::summary) says of it.
    pub(super) fn sentence(&self) -> String {
        let place = describe(&self.location);
        let mut text = format!(" Closest is {place}, but {}", self.mismatch.clause());
        for other in &self.also {
            text.push_str(&format!("; also, {}", other.clause()));
        }
        text.push('.');
        if let Some(hint) = &self.hint {
            text.push_str(&format!(" Look: {hint}."));
        }
        text
    }
}

impl Mismatch {
    /// What does not fit, as a clause: `its Resource is "..."`.
    ///
    /// ```
    /// use rolecall_policy::Mismatch;
    ///
    /// assert_eq!(Mismatch::Action.clause(), "it lists other actions");
    /// ```
    pub fn clause(&self) -> String {
        match self {
            Self::Action => "it lists other actions".to_owned(),
            Self::Principal => "it names other principals".to_owned(),
            Self::Resource { element, patterns } => {
                format!("its {element} is {}", quoted(patterns))
            }
            Self::Condition {
                operator,
                key,
                wanted,
                seen,
            } => format!(
                "its condition {operator} {key} asks for {} and the request has {}",
                quoted(wanted),
                seen_in_words(seen.as_deref())
            ),
        }
    }
}

fn seen_in_words(seen: Option<&[String]>) -> String {
    seen.map_or_else(|| "no such key".to_owned(), quoted)
}

fn quoted(values: &[String]) -> String {
    let all: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
    all.join(" or ")
}
