//! CBOR bytes to a value, in one pass along the shape.

use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use rolecall_api::{Document, Kind, Service, Shape, ShapeId, StructureShape, Value};

use crate::time;

/// How deep data may nest.
const DEEPEST: usize = 64;

/// Reads `body` as the structure `shape`. An empty body is an empty structure.
///
/// # Errors
/// A sentence about what is wrong, for a `SerializationException`.
pub(crate) fn read(
    service: &'static Service,
    shape: Option<ShapeId>,
    body: &[u8],
) -> Result<Value, String> {
    let shape = shape.map_or(&rolecall_api::shape::UNIT, |id| service.shape(id));
    let Kind::Structure(s) = &shape.kind else {
        return Ok(Value::Null);
    };
    if body.is_empty() {
        return Ok(Value::Struct(vec![Value::Null; s.members.len()]));
    }
    let mut reader = Reader {
        service,
        cbor: Decoder::new(body),
    };
    let value = reader.value(shape, 0).map_err(|e| e.to_string())?;
    match value {
        Value::Null => Ok(Value::Struct(vec![Value::Null; s.members.len()])),
        value => Ok(value),
    }
}

struct Reader<'a> {
    service: &'static Service,
    cbor: Decoder<'a>,
}

impl Reader<'_> {
    fn value(&mut self, shape: &'static Shape, depth: usize) -> Result<Value, Error> {
        if depth > DEEPEST {
            return Err(Error::message("the data nests too deeply"));
        }
        match self.cbor.datatype()? {
            Type::Null => return self.cbor.null().map(|()| Value::Null),
            Type::Undefined => return self.cbor.undefined().map(|()| Value::Null),
            _ => {}
        }
        match &shape.kind {
            Kind::Structure(s) => self.structure(s, depth),
            Kind::List { member, .. } => {
                let item = self.service.shape(*member);
                let mut left = self.cbor.array()?;
                let mut items = Vec::new();
                while more(&mut self.cbor, &mut left)? {
                    items.push(self.value(item, depth + 1)?);
                }
                Ok(Value::List(items))
            }
            Kind::Map { value, .. } => {
                let item = self.service.shape(*value);
                let mut left = self.cbor.map()?;
                let mut entries = Vec::new();
                while more(&mut self.cbor, &mut left)? {
                    let key = self.text()?;
                    entries.push((key, self.value(item, depth + 1)?));
                }
                Ok(Value::Map(entries))
            }
            Kind::String(_) => self.text().map(Value::Str),
            Kind::Integer { .. } => {
                let number = self.integer()?;
                i32::try_from(number)
                    .map(|i| Value::Int(i.into()))
                    .map_err(|_| Error::message("an integer is out of range"))
            }
            Kind::Long { .. } => self.integer().map(Value::Int),
            Kind::Float { .. } | Kind::Double { .. } => self.float().map(Value::Float),
            Kind::Boolean => self.cbor.bool().map(Value::Bool),
            Kind::Blob { .. } => self.bytes().map(Value::Blob),
            Kind::Timestamp(_) => self.timestamp(),
            Kind::Document => Err(Error::message("documents have no CBOR form")),
        }
    }

    fn structure(&mut self, s: &'static StructureShape, depth: usize) -> Result<Value, Error> {
        let mut left = self.cbor.map()?;
        let mut members = vec![Value::Null; s.members.len()];
        while more(&mut self.cbor, &mut left)? {
            let key = self.text()?;
            let index = s.index_of_wire_name(&key);
            match index.and_then(|i| Some((s.members.get(i)?, members.get_mut(i)?))) {
                Some((member, slot)) => {
                    *slot = self.value(self.service.shape(member.shape), depth + 1)?;
                }
                None => self.cbor.skip()?,
            }
        }
        Ok(Value::Struct(members))
    }

    fn text(&mut self) -> Result<String, Error> {
        if self.cbor.datatype()? == Type::String {
            return self.cbor.str().map(str::to_owned);
        }
        let mut text = String::new();
        for chunk in self.cbor.str_iter()? {
            text.push_str(chunk?);
        }
        Ok(text)
    }

    fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        if self.cbor.datatype()? == Type::Bytes {
            return self.cbor.bytes().map(<[u8]>::to_vec);
        }
        let mut bytes = Vec::new();
        for chunk in self.cbor.bytes_iter()? {
            bytes.extend_from_slice(chunk?);
        }
        Ok(bytes)
    }

    fn integer(&mut self) -> Result<i64, Error> {
        match self.cbor.datatype()? {
            Type::F16 | Type::F32 | Type::F64 => {
                let number = self.float()?;
                if number.fract() == 0.0 && number.abs() < 9e15 {
                    Ok(number as i64)
                } else {
                    Err(Error::message("an integer has a fraction"))
                }
            }
            _ => self.cbor.i64(),
        }
    }

    fn float(&mut self) -> Result<f64, Error> {
        match self.cbor.datatype()? {
            Type::F16 => self.cbor.f16().map(f64::from),
            Type::F32 => self.cbor.f32().map(f64::from),
            Type::F64 => self.cbor.f64(),
            _ => self.cbor.int().map(|i| i128::from(i) as f64),
        }
    }

    fn timestamp(&mut self) -> Result<Value, Error> {
        // Tag 1 is an epoch-based time (RFC 8949, 3.4.2).
        if self.cbor.tag()?.as_u64() != 1 {
            return Err(Error::message("a timestamp needs tag 1"));
        }
        let seconds = self.float()?;
        time::from_seconds(seconds)
            .map(Value::Timestamp)
            .ok_or_else(|| Error::message("a timestamp is out of range"))
    }
}

/// Reads data without a shape: an error's members. Bytes and tags have no place there.
pub(crate) fn read_plain(body: &[u8]) -> Option<Document> {
    plain(&mut Decoder::new(body), 0).ok()
}

fn plain(cbor: &mut Decoder<'_>, depth: usize) -> Result<Document, Error> {
    if depth > DEEPEST {
        return Err(Error::message("the data nests too deeply"));
    }
    Ok(match cbor.datatype()? {
        Type::Bool => Document::Bool(cbor.bool()?),
        Type::String => Document::Str(cbor.str()?.to_owned()),
        Type::StringIndef => {
            let mut text = String::new();
            for chunk in cbor.str_iter()? {
                text.push_str(chunk?);
            }
            Document::Str(text)
        }
        Type::Map | Type::MapIndef => {
            let mut left = cbor.map()?;
            let mut entries = Vec::new();
            while more(cbor, &mut left)? {
                let Document::Str(key) = plain(cbor, depth + 1)? else {
                    return Err(Error::message("a key is not text"));
                };
                entries.push((key, plain(cbor, depth + 1)?));
            }
            Document::Map(entries)
        }
        Type::F16 => Document::Float(cbor.f16()?.into()),
        Type::F32 => Document::Float(cbor.f32()?.into()),
        Type::F64 => Document::Float(cbor.f64()?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => Document::Int(cbor.i64()?),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => Document::Int(cbor.i64()?),
        _ => {
            cbor.skip()?;
            Document::Null
        }
    })
}

/// Whether another element follows; counts `left` down, or eats the end of indefinite ones.
fn more(cbor: &mut Decoder<'_>, left: &mut Option<u64>) -> Result<bool, Error> {
    match left {
        Some(0) => Ok(false),
        Some(n) => {
            *n -= 1;
            Ok(true)
        }
        None if cbor.datatype()? == Type::Break => {
            cbor.skip()?;
            Ok(false)
        }
        None => Ok(true),
    }
}
