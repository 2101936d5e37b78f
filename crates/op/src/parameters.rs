//! The parameters of a call as CloudTrail shows them: JSON, without secrets, of a bounded size.

use rolecall_api::shape::{Kind, Service, ShapeId};
use rolecall_api::value::{Document, Value};
use rolecall_record::HIDDEN;

/// The parameters as a JSON object. `None` if there are none, `Some(None)` if they would take more
/// than `max` bytes.
///
/// Names begin with a small letter, as in CloudTrail's events; bytes are given by their number.
pub(crate) fn json(
    service: &'static Service,
    shape: Option<ShapeId>,
    input: &Value,
    max: usize,
) -> Option<Option<String>> {
    let shape = shape?;
    let mut writer = Writer {
        service,
        out: String::with_capacity(128),
        max,
    };
    let whole = writer.value(shape, input).is_some();
    match writer.out.as_str() {
        "{}" => None,
        _ => Some(whole.then_some(writer.out)),
    }
}

struct Writer {
    service: &'static Service,
    out: String,
    max: usize,
}

impl Writer {
    /// `None`: it is too large.
    fn value(&mut self, id: ShapeId, value: &Value) -> Option<()> {
        if self.out.len() > self.max {
            return None;
        }
        let shape = self.service.shape(id);
        if shape.sensitive || CONTENT.contains(&shape.name) {
            self.text(HIDDEN);
            return Some(());
        }
        let name = shape.name;
        match (value, &shape.kind) {
            (Value::Struct(values), Kind::Structure(structure)) => {
                self.out.push('{');
                let mut first = true;
                for (member, value) in structure.members.iter().zip(values) {
                    if value.is_null() {
                        continue;
                    }
                    self.name(member.name, &mut first);
                    self.value(member.shape, value)?;
                }
                self.out.push('}');
            }
            (Value::List(items), Kind::List { member, .. }) => {
                self.out.push('[');
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        self.out.push(',');
                    }
                    self.value(*member, item)?;
                }
                self.out.push(']');
            }
            (Value::Map(entries), Kind::Map { value: shape, .. }) => {
                self.out.push('{');
                for (number, (key, item)) in entries.iter().enumerate() {
                    if number > 0 {
                        self.out.push(',');
                    }
                    self.text(key);
                    self.out.push(':');
                    if is_hidden(name, key) {
                        self.text(HIDDEN);
                    } else {
                        self.value(*shape, item)?;
                    }
                }
                self.out.push('}');
            }
            (Value::Str(text), _) => {
                if self.out.len() + text.len() > self.max {
                    return None;
                }
                self.text(text);
            }
            (value, _) => self.plain(value),
        }
        Some(())
    }

    fn plain(&mut self, value: &Value) {
        match value {
            Value::Bool(bool) => self.out.push_str(if *bool { "true" } else { "false" }),
            Value::Int(int) => self.out.push_str(&int.to_string()),
            Value::Float(float) if float.is_finite() => self.out.push_str(&float.to_string()),
            Value::Timestamp(at) => self.text(&at.iso8601_millis()),
            Value::Blob(bytes) => self.text(&format!("{} bytes", bytes.len())),
            Value::Document(document) => self.text(document_kind(document)),
            _ => self.out.push_str("null"),
        }
    }

    /// A member's name with a small first letter.
    fn name(&mut self, name: &str, first: &mut bool) {
        self.out.push_str(if *first { "\"" } else { ",\"" });
        *first = false;
        let mut letters = name.chars();
        if let Some(letter) = letters.next() {
            self.out.push(letter.to_ascii_lowercase());
        }
        self.out.push_str(letters.as_str());
        self.out.push_str("\":");
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        let mut rest = text;
        // Nearly all texts have nothing to escape, and are copied as a whole.
        while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
            let (plain, after) = rest.split_at(at);
            self.out.push_str(plain);
            let mut letters = after.chars();
            self.escaped(letters.next().unwrap_or_default());
            rest = letters.as_str();
        }
        self.out.push_str(rest);
        self.out.push('"');
    }

    fn escaped(&mut self, letter: char) {
        match letter {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            control => {
                self.out.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
        }
    }
}

/// Texts that are the content of a resource and not about it: whoever may read the record need not
/// be allowed to read the log group.
const CONTENT: [&str; 1] = ["EventMessage"];

/// Maps of options that a log router or a volume driver understands, and not ECS: which of them are
/// secrets only the driver knows.
const DRIVER_OPTIONS: [&str; 3] = [
    "LogConfigurationOptionsMap",
    "FirelensConfigurationOptionsMap",
    "StringMap",
];

/// The options that are known to be none: those of the awslogs driver and of Docker's log files
/// (ECS API Reference, `LogConfiguration`).
const OPEN_OPTIONS: [&str; 5] = ["mode", "max-buffer-size", "max-size", "max-file", "tag"];

/// What the keys of secrets are called.
const SECRET_NAMES: [&str; 7] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "credential",
    "key",
];

/// Whether a value of a map is to be hidden though the model does not call it sensitive.
fn is_hidden(map: &str, key: &str) -> bool {
    if DRIVER_OPTIONS.contains(&map) {
        return !key.starts_with("awslogs-") && !OPEN_OPTIONS.contains(&key);
    }
    let key = key.to_ascii_lowercase();
    map != "Tags" && SECRET_NAMES.iter().any(|name| key.contains(name))
}

/// Data without a model may hold anything, so that only its form is shown.
fn document_kind(document: &Document) -> &'static str {
    match document {
        Document::Map(_) => "object",
        Document::List(_) => "array",
        _ => "value",
    }
}

#[cfg(test)]
mod tests;
