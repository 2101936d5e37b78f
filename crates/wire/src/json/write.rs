//! A value to JSON bytes, in one pass along the shape.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_api::{Document, Kind, Service, ShapeId, StructureShape, TimestampFormat, Value};

use crate::time;

/// Appends `value` of `shape` to `out`. Absent members are left out; what doesn't fit its shape
/// is written as `null`.
pub(crate) fn write(service: &'static Service, shape: ShapeId, value: &Value, out: &mut Vec<u8>) {
    any(service, shape, None, value, out);
}

fn any(
    service: &'static Service,
    shape: ShapeId,
    format: Option<TimestampFormat>,
    value: &Value,
    out: &mut Vec<u8>,
) {
    match (value, &service.shape(shape).kind) {
        (Value::Struct(members), Kind::Structure(s)) => structure(service, s, members, out),
        (Value::List(items), Kind::List { member, .. }) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                any(service, *member, None, item, out);
            }
            out.push(b']');
        }
        (Value::Map(entries), Kind::Map { value: shape, .. }) => {
            out.push(b'{');
            for (i, (key, item)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                string(key, out);
                out.push(b':');
                any(service, *shape, None, item, out);
            }
            out.push(b'}');
        }
        (Value::Timestamp(t), Kind::Timestamp(own)) => match format.or(*own) {
            None | Some(TimestampFormat::UnixTimestamp) => {
                out.extend_from_slice(time::epoch(*t).as_bytes());
            }
            Some(format) => string(&time::text(service, format, *t), out),
        },
        (Value::Str(s), _) => string(s, out),
        (Value::Bool(true), _) => out.extend_from_slice(b"true"),
        (Value::Bool(false), _) => out.extend_from_slice(b"false"),
        (Value::Int(i), _) => out.extend_from_slice(i.to_string().as_bytes()),
        (Value::Float(x), _) => float(*x, out),
        (Value::Blob(bytes), _) => {
            out.push(b'"');
            out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
            out.push(b'"');
        }
        (Value::Document(d), _) => document(d, out),
        _ => out.extend_from_slice(b"null"),
    }
}

fn structure(
    service: &'static Service,
    shape: &StructureShape,
    members: &[Value],
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    let mut first = true;
    for (member, value) in shape.members.iter().zip(members) {
        if value.is_null() {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        string(member.wire_name(), out);
        out.push(b':');
        any(service, member.shape, member.timestamp_format, value, out);
    }
    out.push(b'}');
}

/// A number, or the names that JSON lacks for the special ones, as text.
fn float(x: f64, out: &mut Vec<u8>) {
    if x.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else if x.is_infinite() {
        let name: &[u8] = if x > 0.0 {
            b"\"Infinity\""
        } else {
            b"\"-Infinity\""
        };
        out.extend_from_slice(name);
    } else {
        out.extend_from_slice(x.to_string().as_bytes());
    }
}

fn document(d: &Document, out: &mut Vec<u8>) {
    match d {
        Document::Null => out.extend_from_slice(b"null"),
        Document::Bool(b) => out.extend_from_slice(b.to_string().as_bytes()),
        Document::Int(i) => out.extend_from_slice(i.to_string().as_bytes()),
        Document::Float(x) => float(*x, out),
        Document::Str(s) => string(s, out),
        Document::List(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                document(item, out);
            }
            out.push(b']');
        }
        Document::Map(entries) => {
            out.push(b'{');
            for (i, (key, item)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                string(key, out);
                out.push(b':');
                document(item, out);
            }
            out.push(b'}');
        }
    }
}

/// Appends `s` quoted and escaped (RFC 8259, 7).
pub(crate) fn string(s: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = s.as_bytes();
    loop {
        let (plain, special) = rest
            .split_at_checked(plain_len(rest))
            .unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((&b, after)) = special.split_first() else {
            break;
        };
        match b {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.extend_from_slice(format!("\\u{b:04x}").as_bytes()),
        }
        rest = after;
    }
    out.push(b'"');
}

/// How many bytes at the beginning stand for themselves in a string.
fn plain_len(bytes: &[u8]) -> usize {
    let special = |b: &u8| *b < 0x20 || *b == b'"' || *b == b'\\';
    let mut length = 0;
    // Whole chunks without an early end, which the compiler turns into vector instructions.
    for chunk in bytes.chunks(32) {
        if chunk.iter().fold(false, |any, b| any | special(b)) {
            return length + chunk.iter().position(special).unwrap_or(chunk.len());
        }
        length += chunk.len();
    }
    length
}
