//! JSON bytes to a value, in one pass along the shape.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_api::{Document, Kind, Service, Shape, ShapeId, TimestampFormat, Value};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::time;

/// Reads `body` as the structure `shape`. Members that the shape lacks are skipped, `null` is
/// absent. Without a shape an empty body will do.
///
/// # Errors
/// A sentence about what is wrong, for a `SerializationException`; none if the body is no JSON
/// object at all, as AWS answers.
pub(crate) fn read(
    service: &'static Service,
    shape: Option<ShapeId>,
    body: &[u8],
) -> Result<Value, String> {
    let takes_nothing = shape.is_none();
    let shape = shape.map_or(&rolecall_api::shape::UNIT, |id| service.shape(id));
    let seed = Seed {
        service,
        shape,
        format: None,
    };
    if takes_nothing && body.iter().all(u8::is_ascii_whitespace) {
        return Ok(seed.empty());
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = seed.deserialize(&mut json).map_err(sentence)?;
    json.end().map_err(sentence)?;
    match value {
        Value::Null => Err(String::new()),
        value => Ok(value),
    }
}

/// Reads `body` as data without a model.
pub(crate) fn read_document(body: &[u8]) -> Option<Document> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let document = DocumentSeed.deserialize(&mut json).ok()?;
    json.end().ok()?;
    Some(document)
}

/// What to tell the caller. Ours come with the position that `serde_json` appends.
fn sentence(error: serde_json::Error) -> String {
    if !error.is_data() {
        return String::new();
    }
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text.get(..at).unwrap_or_default().to_owned(),
        None => text,
    }
}

/// Reads one value of `shape`.
#[derive(Clone, Copy)]
struct Seed {
    service: &'static Service,
    shape: &'static Shape,
    format: Option<TimestampFormat>,
}

impl Seed {
    fn of(self, id: ShapeId) -> Self {
        Self {
            service: self.service,
            shape: self.service.shape(id),
            format: None,
        }
    }

    fn empty(self) -> Value {
        match &self.shape.kind {
            Kind::Structure(s) => Value::Struct(vec![Value::Null; s.members.len()]),
            _ => Value::Null,
        }
    }

    /// The type's name in AWS's conversion errors.
    fn type_name(self) -> &'static str {
        match self.shape.kind {
            Kind::Structure(_) | Kind::Map { .. } => "Structure or map",
            Kind::List { .. } => "List",
            Kind::String(_) => "String",
            Kind::Integer { .. } => "Integer",
            Kind::Long { .. } => "Long",
            Kind::Float { .. } => "Float",
            Kind::Double { .. } => "Double",
            Kind::Boolean => "Boolean",
            Kind::Blob { .. } => "Blob",
            Kind::Timestamp(_) => "Timestamp",
            Kind::Document => "Document",
        }
    }

    fn cannot<E: Error>(self, token: &str) -> E {
        E::custom(format_args!(
            "{token} can not be converted to {} {}",
            if matches!(self.shape.kind, Kind::Integer { .. }) {
                "an"
            } else {
                "a"
            },
            self.type_name()
        ))
    }

    fn text<E: Error>(self, text: Cow<'_, str>) -> Result<Value, E> {
        match &self.shape.kind {
            Kind::String(_) => Ok(Value::Str(text.into_owned())),
            Kind::Blob { .. } => STANDARD
                .decode(text.as_bytes())
                .map(Value::Blob)
                .map_err(|_| E::custom("Invalid base64 in a blob")),
            Kind::Timestamp(format) => {
                let format = self.format.or(*format);
                time::parse(format.unwrap_or(TimestampFormat::Iso8601), &text)
                    .map(Value::Timestamp)
                    .ok_or_else(|| self.cannot("STRING_VALUE"))
            }
            Kind::Float { .. } | Kind::Double { .. } => match text.as_ref() {
                "NaN" => Ok(Value::Float(f64::NAN)),
                "Infinity" => Ok(Value::Float(f64::INFINITY)),
                "-Infinity" => Ok(Value::Float(f64::NEG_INFINITY)),
                _ => Err(self.cannot("STRING_VALUE")),
            },
            Kind::Document => Ok(document(Document::Str(text.into_owned()))),
            _ => Err(self.cannot("STRING_VALUE")),
        }
    }

    fn number<E: Error>(self, number: i64) -> Result<Value, E> {
        match &self.shape.kind {
            Kind::Integer { .. } if i32::try_from(number).is_ok() => Ok(Value::Int(number)),
            Kind::Long { .. } => Ok(Value::Int(number)),
            Kind::Float { .. } | Kind::Double { .. } => Ok(Value::Float(number as f64)),
            Kind::Timestamp(_) => time::from_seconds(number as f64)
                .map(Value::Timestamp)
                .ok_or_else(|| self.cannot("NUMBER_VALUE")),
            Kind::Document => Ok(document(Document::Int(number))),
            _ => Err(self.cannot("NUMBER_VALUE")),
        }
    }

    fn float<E: Error>(self, number: f64) -> Result<Value, E> {
        match &self.shape.kind {
            Kind::Float { .. } | Kind::Double { .. } => Ok(Value::Float(number)),
            Kind::Timestamp(_) => time::from_seconds(number)
                .map(Value::Timestamp)
                .ok_or_else(|| self.cannot("NUMBER_VALUE")),
            // A whole number written as 5.0 or 1e3.
            Kind::Integer { .. } | Kind::Long { .. }
                if number.fract() == 0.0 && number.abs() < 9e15 =>
            {
                self.number(number as i64)
            }
            Kind::Document => Ok(document(Document::Float(number))),
            _ => Err(self.cannot("NUMBER_VALUE")),
        }
    }
}

fn document(d: Document) -> Value {
    Value::Document(Box::new(d))
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<Value, E> {
        match self.shape.kind {
            Kind::Boolean => Ok(Value::Bool(v)),
            Kind::Document => Ok(document(Document::Bool(v))),
            _ if v => Err(self.cannot("TRUE_VALUE")),
            _ => Err(self.cannot("FALSE_VALUE")),
        }
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Value, E> {
        self.number(v)
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Value, E> {
        match i64::try_from(v) {
            Ok(v) => self.number(v),
            Err(_) => self.float(v as f64),
        }
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Value, E> {
        self.float(v)
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<Value, E> {
        self.text(Cow::Borrowed(v))
    }

    fn visit_string<E: Error>(self, v: String) -> Result<Value, E> {
        self.text(Cow::Owned(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        match &self.shape.kind {
            Kind::List { member, .. } => {
                let item = self.of(*member);
                let mut items = Vec::new();
                while let Some(value) = seq.next_element_seed(item)? {
                    items.push(value);
                }
                Ok(Value::List(items))
            }
            Kind::Document => DocumentSeed.visit_seq(seq).map(document),
            _ => Err(A::Error::custom("Start of list found where not expected")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        match &self.shape.kind {
            Kind::Structure(s) => {
                let mut members = vec![Value::Null; s.members.len()];
                while let Some(index) = map.next_key_seed(MemberName(s))? {
                    let slot = index.and_then(|i| Some((s.members.get(i)?, members.get_mut(i)?)));
                    let Some((member, slot)) = slot else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let mut seed = self.of(member.shape);
                    seed.format = member.timestamp_format;
                    *slot = map.next_value_seed(seed)?;
                }
                Ok(Value::Struct(members))
            }
            Kind::Map { value, .. } => {
                let item = self.of(*value);
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    entries.push((key, map.next_value_seed(item)?));
                }
                Ok(Value::Map(entries))
            }
            Kind::Document => DocumentSeed.visit_map(map).map(document),
            _ => Err(A::Error::custom(
                "Start of structure or map found where not expected",
            )),
        }
    }
}

/// Reads a key as the index of the structure's member, without keeping the text.
struct MemberName(&'static rolecall_api::StructureShape);

impl<'de> DeserializeSeed<'de> for MemberName {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_str(self)
    }
}

impl Visitor<'_> for MemberName {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
        Ok(self.0.index_of_wire_name(v))
    }
}

/// Reads data without a model.
#[derive(Clone, Copy)]
struct DocumentSeed;

impl<'de> DeserializeSeed<'de> for DocumentSeed {
    type Value = Document;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Document, E> {
        Ok(Document::Null)
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<Document, E> {
        Ok(Document::Bool(v))
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Document, E> {
        Ok(Document::Int(v))
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Document, E> {
        Ok(i64::try_from(v).map_or(Document::Float(v as f64), Document::Int))
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Document, E> {
        Ok(Document::Float(v))
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<Document, E> {
        Ok(Document::Str(v.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Document, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Document::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            entries.push((key, map.next_value_seed(self)?));
        }
        Ok(Document::Map(entries))
    }
}
