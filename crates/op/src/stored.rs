//! Generated structures inside stored documents.
//!
//! An API structure such as a task definition is stored as AWS's own JSON of it: member names are
//! those of the wire, absent members are left out, points in time are seconds since 1970. A member
//! that a newer model adds is simply absent in what is stored; one that it drops is ignored.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use rolecall_api::shape::{Kind, Service, ShapeId, StructureShape};
use rolecall_api::value::{Document, Value};
use rolecall_api::{Shaped, Timestamp};
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A generated structure that is stored as AWS's JSON of its shape.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Stored<T>(pub T);

impl<T> Deref for Stored<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Stored<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Stored<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Shaped + Clone> Serialize for Stored<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(shape) = T::SHAPE else {
            return serializer.serialize_map(Some(0))?.end();
        };
        let value = self.0.clone().into_value();
        Shown {
            service: T::SERVICE,
            shape,
            value: &value,
        }
        .serialize(serializer)
    }
}

impl<'de, T: Shaped> Deserialize<'de> for Stored<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = match T::SHAPE {
            Some(shape) => Reader {
                service: T::SERVICE,
                shape,
            }
            .deserialize(deserializer)?,
            None => IgnoredAny::deserialize(deserializer).map(|_| Value::Struct(Vec::new()))?,
        };
        T::from_value(value).map(Self).map_err(D::Error::custom)
    }
}

/// A value beside its shape.
struct Shown<'a> {
    service: &'static Service,
    shape: ShapeId,
    value: &'a Value,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let service = self.service;
        match (self.value, &service.shape(self.shape).kind) {
            (Value::Struct(members), Kind::Structure(shape)) => {
                let mut map = serializer.serialize_map(None)?;
                for (member, value) in shape.members.iter().zip(members) {
                    if !value.is_null() {
                        let value = Shown {
                            service,
                            shape: member.shape,
                            value,
                        };
                        map.serialize_entry(member.wire_name(), &value)?;
                    }
                }
                map.end()
            }
            (Value::List(items), Kind::List { member, .. }) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for value in items {
                    seq.serialize_element(&Shown {
                        service,
                        shape: *member,
                        value,
                    })?;
                }
                seq.end()
            }
            (Value::Map(entries), Kind::Map { value: shape, .. }) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(
                        key,
                        &Shown {
                            service,
                            shape: *shape,
                            value,
                        },
                    )?;
                }
                map.end()
            }
            (Value::Bool(b), _) => serializer.serialize_bool(*b),
            (Value::Int(i), _) => serializer.serialize_i64(*i),
            (Value::Float(x), _) => serializer.serialize_f64(*x),
            (Value::Str(s), _) => serializer.serialize_str(s),
            (Value::Timestamp(t), _) => serializer.serialize_f64(t.epoch_seconds_f64()),
            (Value::Null, _) => serializer.serialize_unit(),
            (Value::Document(document), _) => Free(document).serialize(serializer),
            (Value::Blob(_), _) => Err(S::Error::custom("blobs do not belong in documents")),
            _ => Err(S::Error::custom("the value is of another shape")),
        }
    }
}

/// Data without a model.
struct Free<'a>(&'a Document);

impl Serialize for Free<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Document::Null => serializer.serialize_unit(),
            Document::Bool(b) => serializer.serialize_bool(*b),
            Document::Int(i) => serializer.serialize_i64(*i),
            Document::Float(x) => serializer.serialize_f64(*x),
            Document::Str(s) => serializer.serialize_str(s),
            Document::List(items) => serializer.collect_seq(items.iter().map(Free)),
            Document::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(k, v)| (k, Free(v))))
            }
        }
    }
}

/// Reads a value of a shape.
#[derive(Clone, Copy)]
struct Reader {
    service: &'static Service,
    shape: ShapeId,
}

impl Reader {
    fn of(self, shape: ShapeId) -> Self {
        Self { shape, ..self }
    }

    fn structure<'de, A: MapAccess<'de>>(
        self,
        shape: &StructureShape,
        mut map: A,
    ) -> Result<Value, A::Error> {
        let mut members = vec![Value::Null; shape.members.len()];
        while let Some(index) = map.next_key_seed(MemberName(shape, PhantomData))? {
            let found = index.and_then(|i| Some((members.get_mut(i)?, shape.members.get(i)?)));
            match found {
                Some((slot, member)) => *slot = map.next_value_seed(self.of(member.shape))?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Value::Struct(members))
    }
}

/// Reads the name of a member, to its index.
struct MemberName<'a>(&'a StructureShape, PhantomData<()>);

impl<'de> DeserializeSeed<'de> for MemberName<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Option<usize>, D::Error> {
        d.deserialize_str(self)
    }
}

impl Visitor<'_> for MemberName<'_> {
    type Value = Option<usize>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }
    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.index_of_wire_name(name))
    }
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if matches!(self.service.shape(self.shape).kind, Kind::Document) {
            let document = FreeReader.deserialize(deserializer)?;
            return Ok(Value::Document(Box::new(document)));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a value of the shape {}",
            self.service.shape(self.shape).name
        )
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E>(self, i: i64) -> Result<Value, E> {
        Ok(match self.service.shape(self.shape).kind {
            Kind::Timestamp(_) => Value::Timestamp(Timestamp::from_epoch_seconds(i)),
            Kind::Float { .. } | Kind::Double { .. } => Value::Float(i as f64),
            _ => Value::Int(i),
        })
    }

    fn visit_u64<E: serde::de::Error>(self, u: u64) -> Result<Value, E> {
        let i = i64::try_from(u).map_err(E::custom)?;
        self.visit_i64(i)
    }

    fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
        Ok(match self.service.shape(self.shape).kind {
            // A double holds the milliseconds of any time that clients send or show.
            Kind::Timestamp(_) => {
                Value::Timestamp(Timestamp::from_epoch_millis((x * 1000.0).round() as i64))
            }
            _ => Value::Float(x),
        })
    }

    fn visit_str<E>(self, s: &str) -> Result<Value, E> {
        Ok(Value::Str(s.to_owned()))
    }

    fn visit_string<E>(self, s: String) -> Result<Value, E> {
        Ok(Value::Str(s))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let Kind::List { member, .. } = self.service.shape(self.shape).kind else {
            return Err(A::Error::custom("a list where the shape has none"));
        };
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1024));
        while let Some(item) = seq.next_element_seed(self.of(member))? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        match &self.service.shape(self.shape).kind {
            Kind::Structure(shape) => self.structure(shape, map),
            Kind::Map { value, .. } => {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    entries.push((key, map.next_value_seed(self.of(*value))?));
                }
                Ok(Value::Map(entries))
            }
            _ => Err(A::Error::custom("an object where the shape has none")),
        }
    }
}

/// Reads data without a model.
struct FreeReader;

impl<'de> DeserializeSeed<'de> for FreeReader {
    type Value = Document;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FreeReader {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Document, E> {
        Ok(Document::Bool(b))
    }

    fn visit_i64<E>(self, i: i64) -> Result<Document, E> {
        Ok(Document::Int(i))
    }

    fn visit_u64<E: serde::de::Error>(self, u: u64) -> Result<Document, E> {
        i64::try_from(u).map(Document::Int).map_err(E::custom)
    }

    fn visit_f64<E>(self, x: f64) -> Result<Document, E> {
        Ok(Document::Float(x))
    }

    fn visit_str<E>(self, s: &str) -> Result<Document, E> {
        Ok(Document::Str(s.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Document, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(FreeReader)? {
            items.push(item);
        }
        Ok(Document::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            entries.push((key, map.next_value_seed(FreeReader)?));
        }
        Ok(Document::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rolecall_api::ecs::{ContainerDefinition, KeyValuePair, TaskDefinition};

    use super::*;

    fn definition() -> TaskDefinition {
        TaskDefinition {
            family: Some("web".to_owned()),
            revision: Some(3),
            registered_at: Some(Timestamp::from_epoch_millis(1_795_310_523_456)),
            container_definitions: Some(vec![ContainerDefinition {
                name: Some("app".to_owned()),
                essential: Some(true),
                environment: Some(vec![KeyValuePair {
                    name: Some("A".to_owned()),
                    value: Some("1".to_owned()),
                }]),
                docker_labels: Some(BTreeMap::from([("k".to_owned(), "v".to_owned())])),
                ..ContainerDefinition::default()
            }]),
            volumes: Some(Vec::new()),
            ..TaskDefinition::default()
        }
    }

    #[test]
    fn a_structure_is_stored_under_the_names_of_the_wire_and_reads_back() {
        let stored = Stored(definition());
        let json = serde_json::to_value(&stored).unwrap();
        let expected = serde_json::json!({
            "family": "web",
            "revision": 3,
            "registeredAt": 1_795_310_523.456,
            "containerDefinitions": [{
                "name": "app",
                "essential": true,
                "environment": [{"name": "A", "value": "1"}],
                "dockerLabels": {"k": "v"},
            }],
            "volumes": [],
        });
        assert_eq!(json, expected);
        let back: Stored<TaskDefinition> = serde_json::from_value(json).unwrap();
        assert!(back == stored);
        let text = serde_json::to_string(&stored).unwrap();
        assert!(serde_json::from_str::<Stored<TaskDefinition>>(&text).unwrap() == stored);
    }

    #[test]
    fn members_that_the_model_does_not_have_are_ignored_and_wrong_types_refused() {
        let read = |text| serde_json::from_str::<Stored<TaskDefinition>>(text);
        let read_back = read(r#"{"family":"web","gone":{"a":[1]},"revision":null}"#).unwrap();
        assert_eq!(read_back.family.as_deref(), Some("web"));
        assert_eq!(read_back.revision, None);
        assert!(read(r#"{"revision":"three"}"#).is_err());
        assert!(read(r#"{"volumes":{}}"#).is_err());
        assert!(read("[]").is_err());
    }
}
