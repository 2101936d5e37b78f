//! A value to XML bytes, in one pass along the shape.

use rolecall_api::{Kind, Member, OperationShape, Service, ShapeId, StructureShape, Value};

use crate::query::{flat_item_name, scalar};

/// The answer of awsQuery around `value`: `<XResponse><XResult>` and the request id.
pub(crate) fn envelope(
    service: &'static Service,
    operation: &OperationShape,
    value: &Value,
    request_id: &str,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    open(
        &format!("{}Response", operation.name),
        namespace(service),
        &mut out,
    );
    let wrapper = operation.result_wrapper;
    if let Some(id) = operation.output {
        let name = wrapper.map_or_else(|| format!("{}Result", operation.name), str::to_owned);
        start(&name, &mut out);
        write(service, id, value, &mut out);
        end(&name, &mut out);
    }
    out.extend_from_slice(b"<ResponseMetadata><RequestId>");
    escape(request_id, &mut out);
    out.extend_from_slice(b"</RequestId></ResponseMetadata>");
    end(&format!("{}Response", operation.name), &mut out);
    out
}

/// The answer of ec2Query around `value`: `<XResponse>` with the request id as its first element.
pub(crate) fn ec2_envelope(
    service: &'static Service,
    operation: &OperationShape,
    value: &Value,
    request_id: &str,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    open(
        &format!("{}Response", operation.name),
        namespace(service),
        &mut out,
    );
    element_text("requestId", request_id, &mut out);
    if let Some(id) = operation.output {
        write(service, id, value, &mut out);
    }
    end(&format!("{}Response", operation.name), &mut out);
    out
}

/// Appends `<name>text</name>`.
pub(super) fn element_text(name: &str, text: &str, out: &mut Vec<u8>) {
    start(name, out);
    escape(text, out);
    end(name, out);
}

fn namespace(service: &Service) -> &str {
    service.xml_namespace.unwrap_or_default()
}

pub(super) fn open(name: &str, namespace: &str, out: &mut Vec<u8>) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    if !namespace.is_empty() {
        out.extend_from_slice(b" xmlns=\"");
        escape(namespace, out);
        out.push(b'"');
    }
    out.push(b'>');
}

pub(super) fn start(name: &str, out: &mut Vec<u8>) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

pub(super) fn end(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

/// Appends the members of the structure `value`, without an element around them.
fn write(service: &'static Service, shape: ShapeId, value: &Value, out: &mut Vec<u8>) {
    if let (Kind::Structure(s), Value::Struct(members)) = (&service.shape(shape).kind, value) {
        structure(service, s, members, out);
    }
}

fn structure(
    service: &'static Service,
    s: &'static StructureShape,
    members: &[Value],
    out: &mut Vec<u8>,
) {
    for (m, value) in s.members.iter().zip(members) {
        if !value.is_null() && !m.xml_attribute {
            member(service, m, value, out);
        }
    }
}

fn member(service: &'static Service, m: &Member, value: &Value, out: &mut Vec<u8>) {
    let name = m.wire_name();
    match (value, &service.shape(m.shape).kind) {
        (
            Value::List(items),
            Kind::List {
                member, flattened, ..
            },
        ) if *flattened || m.flattened => {
            let name = flat_item_name(service, m).unwrap_or(name);
            for item in items {
                element(service, name, *member, None, item, out);
            }
        }
        (Value::Map(entries), Kind::Map { flattened, .. }) if *flattened || m.flattened => {
            for entry in entries {
                map_entry(service, name, m.shape, entry, out);
            }
        }
        _ => element(service, name, m.shape, Some(m), value, out),
    }
}

/// One `<key>` and `<value>` in an element `name`.
fn map_entry(
    service: &'static Service,
    name: &str,
    shape: ShapeId,
    (key, value): &(String, Value),
    out: &mut Vec<u8>,
) {
    let Kind::Map {
        key_name,
        value_name,
        value: value_shape,
        ..
    } = &service.shape(shape).kind
    else {
        return;
    };
    start(name, out);
    let key_name = key_name.unwrap_or("key");
    start(key_name, out);
    escape(key, out);
    end(key_name, out);
    let value_name = value_name.unwrap_or("value");
    element(service, value_name, *value_shape, None, value, out);
    end(name, out);
}

fn element(
    service: &'static Service,
    name: &str,
    shape: ShapeId,
    m: Option<&Member>,
    value: &Value,
    out: &mut Vec<u8>,
) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    if let Some(m) = m {
        attributes(service, m, value, out);
    }
    out.push(b'>');
    match (value, &service.shape(shape).kind) {
        (Value::Struct(members), Kind::Structure(s)) => structure(service, s, members, out),
        (
            Value::List(items),
            Kind::List {
                member,
                member_name,
                ..
            },
        ) => {
            for item in items {
                element(
                    service,
                    member_name.unwrap_or("member"),
                    *member,
                    None,
                    item,
                    out,
                );
            }
        }
        (Value::Map(entries), Kind::Map { .. }) => {
            for entry in entries {
                map_entry(service, "entry", shape, entry, out);
            }
        }
        (Value::Str(text), _) => escape(text, out),
        (value, kind) => {
            let format = m.and_then(|m| m.timestamp_format);
            if let Some(text) = scalar(service, format, kind, value) {
                escape(&text, out);
            }
        }
    }
    end(name, out);
}

/// The namespace of the member, and the members of its structure that are attributes.
fn attributes(service: &'static Service, m: &Member, value: &Value, out: &mut Vec<u8>) {
    if let Some((prefix, address)) = m.xml_namespace {
        out.extend_from_slice(b" xmlns");
        if let Some(prefix) = prefix {
            out.push(b':');
            out.extend_from_slice(prefix.as_bytes());
        }
        out.extend_from_slice(b"=\"");
        escape(address, out);
        out.push(b'"');
    }
    let (Value::Struct(members), Kind::Structure(s)) = (value, &service.shape(m.shape).kind) else {
        return;
    };
    for (attribute, value) in s.members.iter().zip(members) {
        if !attribute.xml_attribute {
            continue;
        }
        let kind = &service.shape(attribute.shape).kind;
        if let Some(text) = scalar(service, attribute.timestamp_format, kind, value) {
            out.push(b' ');
            out.extend_from_slice(attribute.wire_name().as_bytes());
            out.extend_from_slice(b"=\"");
            escape(&text, out);
            out.push(b'"');
        }
    }
}

/// Appends `text` with what XML reserves escaped. Characters that XML 1.0 can't hold at all are
/// replaced, so that the document stays well-formed.
fn escape(text: &str, out: &mut Vec<u8>) {
    // Most texts are plain ASCII with nothing to escape.
    let plain = |b: &u8| (0x20..0x80).contains(b) && !matches!(b, b'&' | b'<' | b'>' | b'"');
    if text.as_bytes().iter().all(plain) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for c in text.chars() {
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            '\r' => out.extend_from_slice(b"&#xD;"),
            '\n' | '\t' => out.push(c as u8),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.extend_from_slice("\u{fffd}".as_bytes());
            }
            c => {
                let mut buffer = [0; 4];
                out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
            }
        }
    }
}
