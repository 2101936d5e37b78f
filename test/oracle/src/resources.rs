//! Actions and resources.

use serde_json::Value;

use crate::case::strings;
use crate::text::{Piece, expand, matches, wildcards};

/// Whether `Action` or `NotAction` of a statement is about an action.
pub fn action_applies(statement: &Value, action: &str) -> bool {
    if let Some(list) = statement.get("Action") {
        return strings(list).iter().any(|p| action_matches(p, action));
    }
    match statement.get("NotAction") {
        Some(list) => !strings(list).iter().any(|p| action_matches(p, action)),
        None => false,
    }
}

/// Service prefix and name are both without regard to letter case.
fn action_matches(pattern: &str, action: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let (Some((service, name)), Some((wanted_service, wanted_name))) =
        (pattern.split_once(':'), action.split_once(':'))
    else {
        return false;
    };
    glob_ignoring_case(service, wanted_service) && glob_ignoring_case(name, wanted_name)
}

fn glob_ignoring_case(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.to_ascii_lowercase().chars().collect();
    matches(&wildcards(&pattern.to_ascii_lowercase()), &text)
}

/// What a resource is held against.
pub struct Place<'c> {
    /// The resource of the request.
    pub resource: &'c str,
    /// Short ARNs stand for all that they begin (policies of identities, boundaries, sessions).
    pub pads: bool,
    /// `${...}` is a variable.
    pub variables: bool,
    /// The single value of a key.
    pub value: &'c dyn Fn(&str) -> Option<String>,
}

/// Whether `Resource` or `NotResource` of a statement is about the resource. A statement without
/// either is about the resource that its policy is attached to.
pub fn resource_applies(statement: &Value, place: &Place<'_>) -> bool {
    if let Some(list) = statement.get("Resource") {
        return strings(list).iter().any(|p| resource_matches(p, place));
    }
    match statement.get("NotResource") {
        Some(list) => !strings(list).iter().any(|p| resource_matches(p, place)),
        None => true,
    }
}

fn resource_matches(pattern: &str, place: &Place<'_>) -> bool {
    if pattern == "*" {
        return true;
    }
    // The resource of an action without resource types.
    if place.resource == "*" {
        return false;
    }
    let mut segments: Vec<&str> = pattern.splitn(6, ':').collect();
    while place.pads && segments.len() < 6 {
        segments.push("*");
    }
    let mut pieces = Vec::new();
    for (n, segment) in segments.iter().enumerate() {
        if n > 0 {
            pieces.push(Piece::Char(':'));
        }
        if n < 5 {
            pieces.extend(inside(segment));
        } else if place.variables {
            match expand(segment, true, place.value) {
                Some(expanded) => pieces.extend(expanded),
                None => return false,
            }
        } else {
            pieces.extend(wildcards(segment));
        }
    }
    matches(&pieces, &place.resource.chars().collect::<Vec<char>>())
}

/// A segment before the fifth colon: a `*` at its end may run on, other wildcards stay inside.
fn inside(segment: &str) -> Vec<Piece> {
    let last = segment.chars().count().saturating_sub(1);
    let piece = |(n, c)| match c {
        '*' if n == last => Piece::Run,
        '*' => Piece::RunInside,
        '?' => Piece::OneInside,
        other => Piece::Char(other),
    };
    segment.chars().enumerate().map(piece).collect()
}
