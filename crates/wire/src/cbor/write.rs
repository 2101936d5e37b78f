//! A value to CBOR bytes, in one pass along the shape.

use std::convert::Infallible;

use minicbor::data::Tag;
use minicbor::encode::{Encoder, Error};
use rolecall_api::{Kind, Service, ShapeId, Value};

type Written = Result<(), Error<Infallible>>;

/// The bytes of the structure `value`; an empty map if it has no shape.
pub(crate) fn write(service: &'static Service, shape: Option<ShapeId>, value: &Value) -> Vec<u8> {
    let mut cbor = Encoder::new(Vec::with_capacity(256));
    let written = match shape {
        Some(id) => any(service, id, value, &mut cbor),
        None => cbor.map(0).map(|_| ()),
    };
    // Writing to memory can't fail.
    match written {
        Ok(()) | Err(_) => cbor.into_writer(),
    }
}

fn any(
    service: &'static Service,
    shape: ShapeId,
    value: &Value,
    cbor: &mut Encoder<Vec<u8>>,
) -> Written {
    match (value, &service.shape(shape).kind) {
        (Value::Struct(members), Kind::Structure(s)) => {
            let set = members.iter().filter(|m| !m.is_null()).count();
            cbor.map(set as u64)?;
            for (member, value) in s.members.iter().zip(members) {
                if !value.is_null() {
                    cbor.str(member.wire_name())?;
                    any(service, member.shape, value, cbor)?;
                }
            }
        }
        (Value::List(items), Kind::List { member, .. }) => {
            cbor.array(items.len() as u64)?;
            for item in items {
                any(service, *member, item, cbor)?;
            }
        }
        (Value::Map(entries), Kind::Map { value: shape, .. }) => {
            cbor.map(entries.len() as u64)?;
            for (key, item) in entries {
                cbor.str(key)?;
                any(service, *shape, item, cbor)?;
            }
        }
        (Value::Timestamp(t), _) => {
            cbor.tag(Tag::new(1))?;
            if t.epoch_millis() % 1000 == 0 {
                cbor.i64(t.epoch_seconds())?;
            } else {
                cbor.f64(t.epoch_seconds_f64())?;
            }
        }
        (Value::Float(x), Kind::Float { .. }) => {
            cbor.f32(*x as f32)?;
        }
        (Value::Float(x), _) => {
            cbor.f64(*x)?;
        }
        (Value::Str(s), _) => {
            cbor.str(s)?;
        }
        (Value::Bool(b), _) => {
            cbor.bool(*b)?;
        }
        (Value::Int(i), _) => {
            cbor.i64(*i)?;
        }
        (Value::Blob(bytes), _) => {
            cbor.bytes(bytes)?;
        }
        _ => {
            cbor.null()?;
        }
    }
    Ok(())
}

/// A map of texts, whole numbers and booleans without a shape: an error's members.
pub(crate) struct Plain {
    entries: Vec<(String, Value)>,
}

impl Plain {
    /// The map with `entries`.
    pub(crate) fn new(entries: Vec<(String, Value)>) -> Self {
        Self { entries }
    }

    /// Its bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        let mut cbor = Encoder::new(Vec::with_capacity(128));
        let written: Written = (|| {
            cbor.map(self.entries.len() as u64)?;
            for (name, value) in &self.entries {
                cbor.str(name)?;
                match value {
                    Value::Str(s) => cbor.str(s)?,
                    Value::Bool(b) => cbor.bool(*b)?,
                    Value::Int(i) => cbor.i64(*i)?,
                    Value::Float(x) => cbor.f64(*x)?,
                    _ => cbor.null()?,
                };
            }
            Ok(())
        })();
        // Writing to memory can't fail.
        match written {
            Ok(()) | Err(_) => cbor.into_writer(),
        }
    }
}
