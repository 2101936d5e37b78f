//! A value to form-encoded text along the shape: what a client sends.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_api::{
    Kind, OperationShape, Service, ShapeId, StructureShape, TimestampFormat, Value,
};

use super::{Dialect, request_name};
use crate::time;

/// The body of a request for `operation` with input `value`.
pub(crate) fn write(
    service: &'static Service,
    dialect: Dialect,
    operation: &OperationShape,
    value: &Value,
) -> Vec<u8> {
    let mut writer = Writer {
        service,
        dialect,
        out: format!("Action={}&Version={}", operation.name, service.api_version),
    };
    if let Some(Kind::Structure(s)) = operation.input.map(|id| &service.shape(id).kind)
        && let Value::Struct(members) = value
    {
        writer.structure("", s, members);
    }
    writer.out.into_bytes()
}

struct Writer {
    service: &'static Service,
    dialect: Dialect,
    out: String,
}

/// How the member that holds a value changes it.
#[derive(Clone, Copy, Default)]
struct Traits {
    format: Option<TimestampFormat>,
    flat: bool,
}

impl Writer {
    fn structure(&mut self, prefix: &str, s: &'static StructureShape, members: &[Value]) {
        for (member, value) in s.members.iter().zip(members) {
            if value.is_null() {
                continue;
            }
            let name = request_name(self.service, self.dialect, member);
            let traits = Traits {
                format: member.timestamp_format,
                flat: member.flattened,
            };
            self.any(&join(prefix, &name), member.shape, traits, value);
        }
    }

    fn any(&mut self, key: &str, shape: ShapeId, traits: Traits, value: &Value) {
        match (value, &self.service.shape(shape).kind) {
            (Value::Struct(members), Kind::Structure(s)) => self.structure(key, s, members),
            (
                Value::List(items),
                Kind::List {
                    member,
                    member_name,
                    flattened,
                    ..
                },
            ) => {
                let flat = *flattened || traits.flat || self.dialect == Dialect::Ec2;
                if items.is_empty() && self.dialect == Dialect::Aws {
                    self.pair(key, "");
                }
                let key = match flat {
                    true => key.to_owned(),
                    false => join(key, member_name.unwrap_or("member")),
                };
                for (i, item) in items.iter().enumerate() {
                    let key = join(&key, &(i + 1).to_string());
                    self.any(&key, *member, Traits::default(), item);
                }
            }
            (
                Value::Map(entries),
                Kind::Map {
                    value: item_shape,
                    key_name,
                    value_name,
                    flattened,
                    ..
                },
            ) => {
                let key = match *flattened || traits.flat {
                    true => key.to_owned(),
                    false => join(key, "entry"),
                };
                for (i, (name, item)) in entries.iter().enumerate() {
                    let key = join(&key, &(i + 1).to_string());
                    self.pair(&join(&key, key_name.unwrap_or("key")), name);
                    let key = join(&key, value_name.unwrap_or("value"));
                    self.any(&key, *item_shape, Traits::default(), item);
                }
            }
            (value, kind) => {
                if let Some(text) = scalar(self.service, traits.format, kind, value) {
                    self.pair(key, &text);
                }
            }
        }
    }

    fn pair(&mut self, key: &str, value: &str) {
        self.out.push('&');
        self.out.push_str(key);
        self.out.push('=');
        encode(value, &mut self.out);
    }
}

/// A scalar as text in query and XML.
pub(crate) fn scalar(
    service: &Service,
    format: Option<TimestampFormat>,
    kind: &Kind,
    value: &Value,
) -> Option<String> {
    Some(match value {
        Value::Str(s) => s.clone(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Float(x) if x.is_nan() => "NaN".to_owned(),
        Value::Float(x) if x.is_infinite() && *x > 0.0 => "Infinity".to_owned(),
        Value::Float(x) if x.is_infinite() => "-Infinity".to_owned(),
        Value::Float(x) => x.to_string(),
        Value::Blob(bytes) => STANDARD.encode(bytes),
        Value::Timestamp(t) => {
            let own = match kind {
                Kind::Timestamp(own) => *own,
                _ => None,
            };
            time::text(
                service,
                format.or(own).unwrap_or(TimestampFormat::Iso8601),
                *t,
            )
        }
        _ => return None,
    })
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

/// Appends `text` with everything but unreserved characters (RFC 3986, 2.3) percent-encoded.
fn encode(text: &str, out: &mut String) {
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
}
