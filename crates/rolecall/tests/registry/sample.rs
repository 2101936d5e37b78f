//! Inputs made from the models: the least that passes validation, and tags where they can go.

use rolecall_api::{Kind, Service, ShapeId, Value};
use rolecall_wire::violations;

/// Texts of which one fits nearly every pattern.
const TEXTS: &[&str] = &[
    "example",
    "Example",
    "arn:aws:iam::123456789012:role/example",
    "arn:aws:ecs:us-east-1:123456789012:cluster/example",
    "123456789012",
    "AKIAIOSFODNN7EXAMPLE",
    "v1",
    "1",
    "/",
    "/example/",
    "example.amazonaws.com",
    "https://example.com",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef",
    "01234567-89ab-cdef-0123-456789abcdef",
    "us-east-1",
    "user@example.com",
    "10.0.0.1",
    "2026-11-22",
    "2026-11-22T00:00:00Z",
    "cron(0 0 * * ? *)",
    "mi-0123456789abcdef0",
    "i-0123456789abcdef0",
    "mw-0123456789abcdef0",
    "oi-0123456789ab",
    "aws:example",
    "Custom:example",
    "1.0",
    "o-0123456789/r-0123/ou-0123/",
    "o-example123",
    "r-examp1e",
    "ou-examp1e-examp1e1",
    "p-examp1e1",
    "h-examp1e1",
    "rt-examp1e1",
    "car-examp1e1",
    "arn:aws:ssm:us-east-1:123456789012:opsmetadata/example",
    "arn:aws:config:us-east-1:123456789012:connector/example/0123456789abcdef0123456789abcdef",
    "{}",
    "$",
];

/// How deep structures are filled.
const DEPTH: usize = 8;

/// The least value of shape `id` that breaks no constraint; `None` if none is found.
pub(crate) fn least(service: &'static Service, id: ShapeId) -> Option<Value> {
    nested(service, id, DEPTH)
}

fn nested(service: &'static Service, id: ShapeId, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    match &service.shape(id).kind {
        Kind::Structure(structure) => {
            let member = |m: &rolecall_api::shape::Member| {
                if m.required {
                    nested(service, m.shape, depth)
                } else {
                    Some(Value::Null)
                }
            };
            let mut members: Vec<Value> = structure
                .members
                .iter()
                .map(member)
                .collect::<Option<_>>()?;
            // The query protocol cannot say that a structure is there and empty.
            let inside = depth + 1 < DEPTH && !members.is_empty();
            if (structure.union || inside) && members.iter().all(Value::is_null) {
                members[0] = nested(service, structure.members[0].shape, depth)?;
            }
            Some(Value::Struct(members))
        }
        Kind::List { member, min, .. } => {
            let item = nested(service, *member, depth);
            let count = usize::try_from(min.unwrap_or(1).max(1)).unwrap();
            item.map(|item| Value::List(vec![item; count]))
                .or(Some(Value::List(Vec::new())))
        }
        Kind::Map { key, value, .. } => {
            let key = nested(service, *key, depth)?.as_str()?.to_owned();
            Some(Value::Map(vec![(key, nested(service, *value, depth)?)]))
        }
        Kind::String(text) => {
            let least = usize::try_from(text.min.unwrap_or(0)).unwrap();
            let padded = TEXTS.iter().flat_map(|t| [(*t).to_owned(), pad(t, least)]);
            let listed = text.values.iter().map(|v| (*v).to_owned());
            listed
                .chain(padded)
                .map(Value::Str)
                .find(|value| violations(service, id, value).is_empty())
        }
        Kind::Integer { min, .. } | Kind::Long { min, .. } => Some(Value::Int(min.unwrap_or(1))),
        Kind::Float { min, .. } | Kind::Double { min, .. } => {
            Some(Value::Float(min.unwrap_or(1.0)))
        }
        Kind::Boolean => Some(Value::Bool(true)),
        Kind::Blob { min, .. } => Some(Value::Blob(vec![
            0;
            usize::try_from(min.unwrap_or(1)).unwrap()
        ])),
        Kind::Timestamp(_) => Some(Value::Timestamp(
            rolecall_api::Timestamp::from_epoch_seconds(1_795_305_600),
        )),
        Kind::Document => None,
    }
}

/// `text` repeated until it has `least` characters.
fn pad(text: &str, least: usize) -> String {
    text.chars().cycle().take(least.max(text.len())).collect()
}

/// `input` with the tag `team=blue`, if shape `id` takes tags and has none yet.
pub(crate) fn tagged(service: &'static Service, id: ShapeId, input: &Value) -> Option<Value> {
    let Kind::Structure(structure) = &service.shape(id).kind else {
        return None;
    };
    let named = |m: &rolecall_api::shape::Member| m.name.eq_ignore_ascii_case("tags");
    let at = structure.members.iter().position(named)?;
    let Value::Struct(members) = input else {
        return None;
    };
    let mut members = members.clone();
    members[at] = tags(service, structure.members[at].shape)?;
    Some(Value::Struct(members))
}

/// The tag `team=blue` as a list of structures or as a map.
fn tags(service: &'static Service, id: ShapeId) -> Option<Value> {
    let text = |s: &str| Value::Str(s.to_owned());
    match &service.shape(id).kind {
        Kind::Map { .. } => Some(Value::Map(vec![("team".to_owned(), text("blue"))])),
        Kind::List { member, .. } => match &service.shape(*member).kind {
            Kind::Structure(tag) if tag.members.len() == 2 => {
                let value = |m: &rolecall_api::shape::Member| {
                    text(if m.name.eq_ignore_ascii_case("key") {
                        "team"
                    } else {
                        "blue"
                    })
                };
                Some(Value::List(vec![Value::Struct(
                    tag.members.iter().map(value).collect(),
                )]))
            }
            _ => None,
        },
        _ => None,
    }
}
