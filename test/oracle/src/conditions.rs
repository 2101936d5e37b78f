//! The `Condition` element.

use std::cmp::Ordering;

use serde_json::Value;

use crate::case::{Question, scalars};
use crate::text::{Piece, expand, matches, plain, wildcards};
use crate::values::{address_in, moments, numbers, same_bytes};

/// Whether all conditions of a statement hold. `variables`: `${...}` is a variable.
pub fn hold(statement: &Value, question: &Question<'_>, variables: bool) -> bool {
    let Some(operators) = statement.get("Condition").and_then(Value::as_object) else {
        return true;
    };
    operators.iter().all(|(operator, keys)| {
        let keys = keys.as_object();
        keys.into_iter().flatten().all(|(key, wanted)| {
            holds(operator, &question.values(key), &scalars(wanted), &|key| {
                variables.then(|| question.single(key))
            })
        })
    })
}

/// The single value of a key; the outer option is empty where there are no variables.
type Lookup<'l> = &'l dyn Fn(&str) -> Option<Option<String>>;

fn holds(operator: &str, has: &[String], wanted: &[String], lookup: Lookup<'_>) -> bool {
    if operator == "Null" {
        // Absent, or present and empty, is the same.
        return wanted.iter().any(|wanted| {
            wanted.eq_ignore_ascii_case(if has.is_empty() { "true" } else { "false" })
        });
    }
    let (all, rest) = match operator.strip_prefix("ForAllValues:") {
        Some(rest) => (true, rest),
        None => (false, operator),
    };
    let (any, rest) = match rest.strip_prefix("ForAnyValue:") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (if_exists, base) = match rest.strip_suffix("IfExists") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (negated, base) = positive(base);
    let one = |value: &String| {
        wanted
            .iter()
            .any(|wanted| test(base, value, wanted, lookup))
    };
    // "Or if the context key value resolves to a null dataset, such as an empty string."
    let has = if (all || any) && has.iter().all(String::is_empty) {
        &[]
    } else {
        has
    };
    if all {
        return has.iter().all(|value| one(value) != negated);
    }
    if any {
        return has.iter().any(|value| one(value) != negated);
    }
    if has.is_empty() {
        return if_exists || negated;
    }
    has.iter().any(one) != negated
}

/// Whether an operator is negated, and what it negates.
fn positive(operator: &str) -> (bool, &str) {
    match operator {
        "StringNotEquals" => (true, "StringEquals"),
        "StringNotEqualsIgnoreCase" => (true, "StringEqualsIgnoreCase"),
        "StringNotLike" => (true, "StringLike"),
        "NumericNotEquals" => (true, "NumericEquals"),
        "DateNotEquals" => (true, "DateEquals"),
        "NotIpAddress" => (true, "IpAddress"),
        "ArnNotEquals" | "ArnNotLike" => (true, "ArnLike"),
        "ArnEquals" => (false, "ArnLike"),
        other => (false, other),
    }
}

fn test(operator: &str, value: &str, wanted: &str, lookup: Lookup<'_>) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<char>>();
    // A variable without a value matches nothing.
    let pieces = |wild: bool| -> Option<Vec<Piece>> {
        if lookup("").is_none() {
            return Some(if wild {
                wildcards(wanted)
            } else {
                plain(wanted)
            });
        }
        expand(wanted, wild, &|key| lookup(key).flatten())
    };
    let compare = |order: Option<Ordering>, operator: &str| match order {
        None => false,
        Some(order) => match operator {
            "Equals" => order == Ordering::Equal,
            "LessThan" => order == Ordering::Less,
            "LessThanEquals" => order != Ordering::Greater,
            "GreaterThan" => order == Ordering::Greater,
            "GreaterThanEquals" => order != Ordering::Less,
            _ => false,
        },
    };
    match operator {
        "StringEquals" => pieces(false).is_some_and(|p| matches(&p, &chars(value))),
        "StringLike" => pieces(true).is_some_and(|p| matches(&p, &chars(value))),
        "StringEqualsIgnoreCase" => pieces(false).is_some_and(|p| {
            let pattern: Vec<Piece> = p.iter().map(lower).collect();
            matches(&pattern, &chars(&value.to_ascii_lowercase()))
        }),
        "Bool" => pieces(false).is_some_and(|p| {
            // Neither side cares for letter case, and nothing else is a Boolean.
            let lower: Vec<Piece> = p.iter().map(lower).collect();
            let is = |text: &str| matches(&lower, &chars(text)) && value.eq_ignore_ascii_case(text);
            is("true") || is("false")
        }),
        "ArnLike" => pieces(true).is_some_and(|p| arn_matches(&p, &chars(value))),
        "BinaryEquals" => same_bytes(value, wanted),
        "IpAddress" => address_in(value, wanted),
        _ => match (
            operator.strip_prefix("Numeric"),
            operator.strip_prefix("Date"),
        ) {
            (Some(rest), _) => compare(numbers(value, wanted), rest),
            (_, Some(rest)) => compare(moments(value, wanted), rest),
            _ => false,
        },
    }
}

const fn lower(piece: &Piece) -> Piece {
    match piece {
        Piece::Char(c) => Piece::Char(c.to_ascii_lowercase()),
        other => *other,
    }
}

/// "Each of the six colon-delimited components of the ARN is checked separately."
fn arn_matches(pattern: &[Piece], value: &[char]) -> bool {
    if pattern == [Piece::Run] {
        return true;
    }
    let pattern: Vec<&[Piece]> = pattern.splitn(6, |p| *p == Piece::Char(':')).collect();
    let value: Vec<&[char]> = value.splitn(6, |c| *c == ':').collect();
    pattern.len() == 6 && value.len() == 6 && pattern.iter().zip(&value).all(|(p, v)| matches(p, v))
}
