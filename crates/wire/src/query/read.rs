//! Form-encoded text to a value along the shape.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_api::{Kind, Member, Service, Shape, ShapeId, StructureShape, TimestampFormat, Value};

use super::form::{Pair, pairs};
use super::{Dialect, flat_item_name, request_name};
use crate::time;

/// How deep keys may nest. No model nests deeper than a dozen.
const DEEPEST: usize = 64;

/// Reads query string and body as the structure `shape`. Parameters that the shape lacks
/// (`Action`, `Version` and the signature's among them) are skipped.
///
/// # Errors
/// A sentence about what is wrong, for a `MalformedInput`.
pub(crate) fn read(
    service: &'static Service,
    dialect: Dialect,
    shape: Option<ShapeId>,
    query: &str,
    body: &[u8],
) -> Result<Value, String> {
    let pairs = pairs(query, body).map_err(|_| "The request is not valid UTF-8.".to_owned())?;
    let shape = shape.map_or(&rolecall_api::shape::UNIT, |id| service.shape(id));
    let reader = Reader {
        service,
        dialect,
        format: None,
        flat: false,
    };
    match &shape.kind {
        Kind::Structure(s) => reader.structure(
            s,
            &Below {
                pairs: &pairs,
                at: 0,
                depth: 0,
            },
        ),
        _ => Ok(Value::Null),
    }
}

/// The pairs whose keys share everything before byte `at`.
struct Below<'a> {
    pairs: &'a [Pair<'a>],
    at: usize,
    depth: usize,
}

/// One part of a key at one level: its own value, and the pairs below it.
struct Part<'a> {
    name: &'a str,
    value: Option<&'a str>,
    below: Below<'a>,
}

/// The part of the pair's key that starts at byte `at`.
fn name_at<'p>(pair: &'p Pair<'_>, at: usize) -> Option<&'p str> {
    let rest = pair.key.get(at..)?;
    Some(rest.split_once('.').map_or(rest, |(name, _)| name))
}

impl<'a> Below<'a> {
    /// The parts at this level, in the order of the sorted keys.
    fn parts(&self) -> Vec<Part<'a>> {
        let mut parts: Vec<Part<'a>> = Vec::new();
        let same = |a: &Pair<'_>, b: &Pair<'_>| name_at(a, self.at) == name_at(b, self.at);
        for group in self.pairs.chunk_by(same) {
            let Some(name) = group.first().and_then(|p| name_at(p, self.at)) else {
                continue;
            };
            let end = self.at + name.len();
            // Keys that end here come first; the last one sent counts.
            let own = group.iter().take_while(|p| p.key.len() == end).count();
            let value = own.checked_sub(1).and_then(|i| group.get(i));
            parts.push(Part {
                name,
                value: value.map(|p| p.value.as_ref()),
                below: Below {
                    pairs: group.get(own..).unwrap_or_default(),
                    at: end + 1,
                    depth: self.depth + 1,
                },
            });
        }
        parts
    }
}

#[derive(Clone, Copy)]
struct Reader {
    service: &'static Service,
    dialect: Dialect,
    format: Option<TimestampFormat>,
    flat: bool,
}

impl Reader {
    fn structure(self, s: &'static StructureShape, below: &Below<'_>) -> Result<Value, String> {
        if below.depth > DEEPEST {
            return Err("The request nests too deeply.".to_owned());
        }
        let mut members = vec![Value::Null; s.members.len()];
        for part in below.parts() {
            let index = self.index(s, part.name);
            let Some((member, slot)) =
                index.and_then(|i| Some((s.members.get(i)?, members.get_mut(i)?)))
            else {
                continue;
            };
            let reader = Self {
                format: member.timestamp_format,
                flat: member.flattened,
                ..self
            };
            *slot = reader.value(self.service.shape(member.shape), &part)?;
        }
        Ok(Value::Struct(members))
    }

    /// The member that a request calls `name`.
    fn index(self, s: &StructureShape, name: &str) -> Option<usize> {
        let flat = |m: &Member| flat_item_name(self.service, m);
        match self.dialect {
            Dialect::Aws => s
                .index_of_wire_name(name)
                .or_else(|| s.members.iter().position(|m| flat(m) == Some(name))),
            Dialect::Ec2 => s
                .members
                .iter()
                .position(|m| request_name(self.service, self.dialect, m) == name),
        }
    }

    fn value(self, shape: &'static Shape, part: &Part<'_>) -> Result<Value, String> {
        match &shape.kind {
            Kind::Structure(s) => self.structure(s, &part.below),
            Kind::List {
                member,
                member_name,
                flattened,
                ..
            } => {
                let flat = *flattened || self.flat || self.dialect == Dialect::Ec2;
                let item = self.service.shape(*member);
                let wrapper = (!flat).then(|| member_name.unwrap_or("member"));
                self.list(item, wrapper, &part.below)
            }
            Kind::Map {
                value,
                key_name,
                value_name,
                flattened,
                ..
            } => {
                let wrapper = (!*flattened && !self.flat).then_some("entry");
                let names = (key_name.unwrap_or("key"), value_name.unwrap_or("value"));
                self.map(self.service.shape(*value), names, wrapper, &part.below)
            }
            _ => match part.value {
                Some(text) => self.scalar(shape, text),
                None => Ok(Value::Null),
            },
        }
    }

    /// The numbered parts below, in the order of their numbers.
    fn numbered<'a>(
        self,
        wrapper: Option<&str>,
        below: &Below<'a>,
    ) -> Result<Vec<(u32, Part<'a>)>, String> {
        let parts = match wrapper {
            None => below.parts(),
            Some(name) => match below.parts().into_iter().find(|p| p.name == name) {
                Some(part) => part.below.parts(),
                None => Vec::new(),
            },
        };
        let mut numbered = Vec::with_capacity(parts.len());
        for part in parts {
            let number = part
                .name
                .parse()
                .map_err(|_| format!("{:?} is not the position of a list element.", part.name))?;
            numbered.push((number, part));
        }
        numbered.sort_by_key(|n| n.0);
        Ok(numbered)
    }

    fn list(
        self,
        item: &'static Shape,
        wrapper: Option<&str>,
        below: &Below<'_>,
    ) -> Result<Value, String> {
        let inner = Self {
            format: None,
            flat: false,
            ..self
        };
        let items = self.numbered(wrapper, below)?;
        let items: Result<Vec<_>, _> = items.iter().map(|(_, p)| inner.value(item, p)).collect();
        items.map(Value::List)
    }

    fn map(
        self,
        item: &'static Shape,
        (key_name, value_name): (&str, &str),
        wrapper: Option<&str>,
        below: &Below<'_>,
    ) -> Result<Value, String> {
        let inner = Self {
            format: None,
            flat: false,
            ..self
        };
        let mut entries = Vec::new();
        for (_, entry) in self.numbered(wrapper, below)? {
            let (mut key, mut value) = (None, Value::Null);
            for part in entry.below.parts() {
                if part.name == key_name {
                    key = part.value.map(str::to_owned);
                } else if part.name == value_name {
                    value = inner.value(item, &part)?;
                }
            }
            let key = key.ok_or_else(|| "A map entry has no key.".to_owned())?;
            entries.push((key, value));
        }
        Ok(Value::Map(entries))
    }

    fn scalar(self, shape: &Shape, text: &str) -> Result<Value, String> {
        let value = match &shape.kind {
            Kind::String(_) => Some(Value::Str(text.to_owned())),
            Kind::Integer { .. } => text.parse::<i32>().ok().map(|i| Value::Int(i.into())),
            Kind::Long { .. } => text.parse().ok().map(Value::Int),
            Kind::Float { .. } | Kind::Double { .. } => float(text).map(Value::Float),
            Kind::Boolean => match text {
                "true" | "True" | "TRUE" => Some(Value::Bool(true)),
                "false" | "False" | "FALSE" => Some(Value::Bool(false)),
                _ => None,
            },
            Kind::Blob { .. } => STANDARD.decode(text).ok().map(Value::Blob),
            Kind::Timestamp(own) => {
                let format = self.format.or(*own).unwrap_or(TimestampFormat::Iso8601);
                time::parse(format, text).map(Value::Timestamp)
            }
            _ => None,
        };
        let what = match &shape.kind {
            Kind::Integer { .. } => "an integer",
            Kind::Long { .. } => "a long",
            Kind::Float { .. } | Kind::Double { .. } => "a number",
            Kind::Boolean => "a boolean",
            Kind::Timestamp(_) => "a timestamp",
            _ => "a value",
        };
        value.ok_or_else(|| format!("{text:?} is not {what}."))
    }
}

/// A float, with the names of the special ones as Smithy writes them.
pub(crate) fn float(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        // Rust also reads names such as "inf", which no protocol has.
        _ if text
            .bytes()
            .any(|b| b.is_ascii_alphabetic() && !matches!(b, b'e' | b'E')) =>
        {
            None
        }
        _ => text.parse().ok(),
    }
}
