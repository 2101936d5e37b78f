//! The models' constraints, with the messages that AWS's services give.
//!
//! Most services tell of all violations in one error, such as `1 validation error detected: Value
//! null at 'taskDefinition' failed to satisfy constraint: Member must not be null`; [`wording`] has
//! the exceptions.

mod wording;

use std::fmt;

use rolecall_api::{Kind, Service, Shape, ShapeId, StringShape, StructureShape, Value};
use rolecall_base::AwsError;

use crate::pattern;

/// What a message shows of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// There is none.
    Absent,
    /// It is not shown.
    Hidden,
    /// The value as AWS prints it.
    Text(String),
}

/// A constraint of the model that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The value; hidden if it is sensitive.
    pub value: Seen,
    /// Where it is, such as `tags.1.member.key`.
    pub path: String,
    /// The constraint, such as `Member must not be null`.
    pub constraint: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Seen::Absent => f.write_str("Value null")?,
            Seen::Hidden => f.write_str("Value")?,
            Seen::Text(value) => write!(f, "Value '{value}'")?,
        }
        write!(
            f,
            " at '{}' failed to satisfy constraint: {}",
            self.path, self.constraint
        )
    }
}

/// Checks `value` against the constraints of `shape` (an operation's input), all the way down.
///
/// # Errors
/// One error that tells of the violations in the service's own words; its code is
/// `ValidationError` in the query protocols, `InvalidParameterException` in ECS, ECR and
/// CloudWatch Logs, `InvalidInputException` in Organizations, one of CloudTrail's own for the
/// members of `LookupEvents`, `ValidationException` elsewhere. Status 400.
pub fn validate(
    service: &'static Service,
    shape: Option<ShapeId>,
    value: &Value,
) -> Result<(), AwsError> {
    let Some(id) = shape else {
        return Ok(());
    };
    let found = violations(service, id, value);
    if found.is_empty() {
        return Ok(());
    }
    Err(wording::error(service, found))
}

/// All constraints that `value` of shape `id` breaks, in the order of the model.
pub fn violations(service: &'static Service, id: ShapeId, value: &Value) -> Vec<Violation> {
    let mut check = Check {
        service,
        found: Vec::new(),
    };
    check.value(service.shape(id), value, &Path::Root);
    check.found
}

/// Where a value is; printed only when something is wrong with it.
enum Path<'a> {
    Root,
    Member(&'a Path<'a>, &'static str),
    Item(&'a Path<'a>, usize),
    Key(&'a Path<'a>, &'a str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(parent, name) => {
                if !matches!(parent, Self::Root) {
                    write!(f, "{parent}.")?;
                }
                f.write_str(&lower_first(name))
            }
            Self::Item(parent, index) => write!(f, "{parent}.{}.member", index + 1),
            Self::Key(parent, key) => write!(f, "{parent}.{key}.member"),
        }
    }
}

/// AWS prints member names with a small first letter, whatever follows.
fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

struct Check {
    service: &'static Service,
    found: Vec<Violation>,
}

impl Check {
    fn fail(&mut self, shape: &Shape, value: &Value, path: &Path<'_>, constraint: String) {
        self.found.push(Violation {
            value: match value {
                Value::Null => Seen::Absent,
                _ if shape.sensitive => Seen::Hidden,
                _ => Seen::Text(show(self.service, shape, value)),
            },
            path: path.to_string(),
            constraint,
        });
    }

    fn absent(&mut self, shape: &Shape, path: &Path<'_>) {
        let constraint = "Member must not be null".to_owned();
        self.fail(shape, &Value::Null, path, constraint);
    }

    fn value(&mut self, shape: &'static Shape, value: &Value, path: &Path<'_>) {
        match (value, &shape.kind) {
            (Value::Struct(members), Kind::Structure(s)) => self.structure(s, members, path),
            (Value::List(items), Kind::List { member, .. }) => {
                for constraint in broken(self.service, shape, value) {
                    self.fail(shape, value, path, constraint);
                }
                self.items(shape, *member, value, items, path);
            }
            (
                Value::Map(entries),
                Kind::Map {
                    key, value: item, ..
                },
            ) => {
                for constraint in broken(self.service, shape, value) {
                    self.fail(shape, value, path, constraint);
                }
                self.entries(shape, (*key, *item), value, entries, path);
            }
            _ => {
                for constraint in broken(self.service, shape, value) {
                    self.fail(shape, value, path, constraint);
                }
            }
        }
    }

    fn structure(&mut self, s: &'static StructureShape, members: &[Value], path: &Path<'_>) {
        for (member, value) in s.members.iter().zip(members) {
            let here = Path::Member(path, member.name);
            let shape = self.service.shape(member.shape);
            if !value.is_null() {
                self.value(shape, value, &here);
            } else if member.required {
                self.absent(shape, &here);
            }
        }
    }

    /// The elements of a list: structures each in their place, scalars all at the list's.
    fn items(
        &mut self,
        list: &'static Shape,
        item: ShapeId,
        value: &Value,
        items: &[Value],
        path: &Path<'_>,
    ) {
        let shape = self.service.shape(item);
        for (index, _) in items.iter().enumerate().filter(|(_, i)| i.is_null()) {
            self.absent(shape, &Path::Item(path, index));
        }
        if is_scalar(shape) {
            let mut bad = items.iter().map(|i| broken(self.service, shape, i));
            if bad.any(|b| !b.is_empty()) {
                let all = constraints(self.service, shape).join(", ");
                let text = format!("Member must satisfy constraint: [{all}]");
                self.fail(list, value, path, text);
            }
            return;
        }
        for (index, item) in items.iter().enumerate() {
            if !item.is_null() {
                self.value(shape, item, &Path::Item(path, index));
            }
        }
    }

    fn entries(
        &mut self,
        map: &'static Shape,
        (key, item): (ShapeId, ShapeId),
        value: &Value,
        entries: &[(String, Value)],
        path: &Path<'_>,
    ) {
        let key_shape = self.service.shape(key);
        let Kind::String(key_kind) = &key_shape.kind else {
            return;
        };
        let bad_key = |k: &str| !broken_text(self.service, key_kind, k).is_empty();
        if entries.iter().any(|(k, _)| bad_key(k)) {
            let all = constraints(self.service, key_shape).join(", ");
            let text = format!("Map keys must satisfy constraint: [{all}]");
            self.fail(map, value, path, text);
        }
        let shape = self.service.shape(item);
        for (key, _) in entries.iter().filter(|(_, v)| v.is_null()) {
            self.absent(shape, &Path::Key(path, key));
        }
        if is_scalar(shape) {
            let mut bad = entries.iter().map(|e| broken(self.service, shape, &e.1));
            if bad.any(|b| !b.is_empty()) {
                let all = constraints(self.service, shape).join(", ");
                let text = format!("Map value must satisfy constraint: [{all}]");
                self.fail(map, value, path, text);
            }
            return;
        }
        for (key, item) in entries {
            if !item.is_null() {
                self.value(shape, item, &Path::Key(path, key));
            }
        }
    }
}

fn is_scalar(shape: &Shape) -> bool {
    !matches!(
        shape.kind,
        Kind::Structure(_) | Kind::List { .. } | Kind::Map { .. }
    )
}

/// The constraints of `shape` itself that `value` breaks.
fn broken(service: &Service, shape: &Shape, value: &Value) -> Vec<String> {
    let mut out = Vec::new();
    match (value, &shape.kind) {
        (Value::Str(text), Kind::String(s)) => return broken_text(service, s, text),
        (Value::List(items), Kind::List { min, max, .. }) => {
            length(items.len(), *min, *max, &mut out);
        }
        (Value::Map(entries), Kind::Map { min, max, .. }) => {
            length(entries.len(), *min, *max, &mut out);
        }
        (Value::Blob(bytes), Kind::Blob { min, max }) => length(bytes.len(), *min, *max, &mut out),
        (Value::Int(i), Kind::Integer { min, max } | Kind::Long { min, max }) => {
            if max.is_some_and(|max| *i > max) {
                out.extend(max.map(at_most));
            }
            if min.is_some_and(|min| *i < min) {
                out.extend(min.map(at_least));
            }
        }
        (Value::Float(x), Kind::Float { min, max } | Kind::Double { min, max }) => {
            if max.is_some_and(|max| *x > max) {
                out.extend(max.map(at_most));
            }
            if min.is_some_and(|min| *x < min) {
                out.extend(min.map(at_least));
            }
        }
        _ => {}
    }
    out
}

fn broken_text(service: &Service, s: &StringShape, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(pattern) = service.pattern(s)
        && !pattern.matcher(pattern::compile)(text)
    {
        out.push(must_match(pattern.text));
    }
    if s.min.is_some() || s.max.is_some() {
        let units = if text.is_ascii() {
            text.len()
        } else {
            text.encode_utf16().count()
        };
        length(units, s.min, s.max, &mut out);
    }
    if !s.values.is_empty() && !s.values.contains(&text) {
        out.push(must_be_one_of(s.values));
    }
    out
}

/// All constraints of `shape`, as the message about a list's elements or a map's entries has them.
fn constraints(service: &Service, shape: &Shape) -> Vec<String> {
    let mut out = Vec::new();
    match &shape.kind {
        Kind::String(s) => {
            out.extend(s.max.map(shorter));
            out.extend(s.min.map(longer));
            out.extend(service.pattern(s).map(|p| must_match(p.text)));
            if !s.values.is_empty() {
                out.push(must_be_one_of(s.values));
            }
        }
        Kind::Blob { min, max } => {
            out.extend(max.map(shorter));
            out.extend(min.map(longer));
        }
        Kind::Integer { min, max } | Kind::Long { min, max } => {
            out.extend(max.map(at_most));
            out.extend(min.map(at_least));
        }
        Kind::Float { min, max } | Kind::Double { min, max } => {
            out.extend(max.map(at_most));
            out.extend(min.map(at_least));
        }
        _ => {}
    }
    out
}

fn length(actual: usize, min: Option<u64>, max: Option<u64>, out: &mut Vec<String>) {
    let actual = actual as u64;
    if let Some(max) = max.filter(|max| actual > *max) {
        out.push(shorter(max));
    }
    if let Some(min) = min.filter(|min| actual < *min) {
        out.push(longer(min));
    }
}

fn shorter(max: u64) -> String {
    format!("Member must have length less than or equal to {max}")
}

fn longer(min: u64) -> String {
    format!("Member must have length greater than or equal to {min}")
}

fn at_most(max: impl fmt::Display) -> String {
    format!("Member must have value less than or equal to {max}")
}

fn at_least(min: impl fmt::Display) -> String {
    format!("Member must have value greater than or equal to {min}")
}

fn must_match(pattern: &str) -> String {
    format!("Member must satisfy regular expression pattern: {pattern}")
}

fn must_be_one_of(values: &[&str]) -> String {
    format!(
        "Member must satisfy enum value set: [{}]",
        values.join(", ")
    )
}

/// The value as Java's `toString` prints it; stars for sensitive parts.
fn show(service: &Service, shape: &Shape, value: &Value) -> String {
    if shape.sensitive {
        return "*****".to_owned();
    }
    match (value, &shape.kind) {
        (Value::Struct(members), Kind::Structure(s)) => {
            let set = s.members.iter().zip(members).filter(|(_, v)| !v.is_null());
            let shown: Vec<String> = set
                .map(|(m, v)| {
                    let text = show(service, service.shape(m.shape), v);
                    format!("{}={text}", lower_first(m.name))
                })
                .collect();
            format!("{}({})", shape.name, shown.join(", "))
        }
        (Value::List(items), Kind::List { member, .. }) => {
            let item = service.shape(*member);
            let shown: Vec<String> = items.iter().map(|i| show(service, item, i)).collect();
            format!("[{}]", shown.join(", "))
        }
        (Value::Map(entries), Kind::Map { value, .. }) => {
            let item = service.shape(*value);
            let shown: Vec<String> = entries
                .iter()
                .map(|(k, v)| format!("{k}={}", show(service, item, v)))
                .collect();
            format!("{{{}}}", shown.join(", "))
        }
        (Value::Str(s), _) => s.clone(),
        (Value::Bool(b), _) => b.to_string(),
        (Value::Int(i), _) => i.to_string(),
        (Value::Float(x), _) => x.to_string(),
        (Value::Timestamp(t), _) => t.iso8601_millis(),
        (Value::Blob(bytes), _) => {
            format!(
                "java.nio.HeapByteBuffer[pos=0 lim={0} cap={0}]",
                bytes.len()
            )
        }
        (Value::Null, _) => "null".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
