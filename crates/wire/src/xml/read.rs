//! XML to a value along the shape: what a client reads.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use rolecall_api::{Kind, Member, Service, Shape, ShapeId, StructureShape, TimestampFormat, Value};

use crate::query::flat_item_name;
use crate::time;

/// An element.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// The name without its namespace prefix.
    pub(crate) name: String,
    /// Attributes by their names without prefix.
    pub(crate) attributes: Vec<(String, String)>,
    /// The elements inside.
    pub(crate) children: Vec<Node>,
    /// All text directly inside.
    pub(crate) text: String,
}

impl Node {
    /// The first element inside named `name`.
    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|c| c.name == name)
    }

    /// The text of the first element inside named `name`.
    pub(crate) fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|c| c.text.as_str())
    }
}

/// Reads a document; its root element. `None` if it is not well-formed.
pub(crate) fn parse(body: &[u8]) -> Option<Node> {
    let mut reader = Reader::from_str(std::str::from_utf8(body).ok()?);
    let mut open = vec![Node::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(e) => open.push(node(&e)?),
            Event::Empty(e) => open.last_mut()?.children.push(node(&e)?),
            Event::End(_) => {
                let done = open.pop()?;
                open.last_mut()?.children.push(done);
            }
            Event::Text(t) => open.last_mut()?.text.push_str(&t.xml10_content()),
            Event::CData(t) => open.last_mut()?.text.push_str(&t.xml10_content()),
            Event::GeneralRef(r) => {
                let c = match r.resolve_char_ref().ok()? {
                    Some(c) => c,
                    None => match r.into_inner().as_ref() {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => return None,
                    },
                };
                open.last_mut()?.text.push(c);
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    let mut outside = open.pop()?;
    if !open.is_empty() {
        return None;
    }
    outside.children.pop()
}

fn node(e: &BytesStart<'_>) -> Option<Node> {
    let mut attributes = Vec::new();
    for attribute in e.attributes() {
        let attribute = attribute.ok()?;
        let name: &str = attribute.key.local_name().into_inner();
        let value = quick_xml::escape::unescape(&attribute.value).ok()?;
        attributes.push((name.to_owned(), value.into_owned()));
    }
    Some(Node {
        name: e.local_name().into_inner().to_owned(),
        attributes,
        ..Node::default()
    })
}

/// Reads the structure `shape` out of the element `node`.
pub(crate) fn read(service: &'static Service, shape: ShapeId, node: &Node) -> Option<Value> {
    value(service, service.shape(shape), None, node)
}

fn structure(service: &'static Service, s: &'static StructureShape, node: &Node) -> Option<Value> {
    let mut members = Vec::with_capacity(s.members.len());
    for m in s.members {
        members.push(member(service, m, node)?);
    }
    Some(Value::Struct(members))
}

/// The member's value among the elements inside `node`, null if it is not there.
fn member(service: &'static Service, m: &Member, node: &Node) -> Option<Value> {
    let shape = service.shape(m.shape);
    let name = m.wire_name();
    if m.xml_attribute {
        // The model writes the prefix into the name: `xsi:type`.
        let name = name.rsplit(':').next().unwrap_or(name);
        let found = node.attributes.iter().find(|a| a.0 == name);
        return match found {
            Some((_, text)) => scalar(shape, m.timestamp_format, text),
            None => Some(Value::Null),
        };
    }
    match &shape.kind {
        Kind::List {
            member: item,
            flattened,
            ..
        } if *flattened || m.flattened => {
            // The models don't tell apart the two names that services use here.
            let other = flat_item_name(service, m).unwrap_or(name);
            let named = |c: &&Node| c.name == other || c.name == name;
            let found: Vec<&Node> = node.children.iter().filter(named).collect();
            if found.is_empty() {
                return Some(Value::Null);
            }
            let item = service.shape(*item);
            let items: Option<Vec<_>> = found
                .into_iter()
                .map(|n| value(service, item, None, n))
                .collect();
            items.map(Value::List)
        }
        Kind::Map { flattened, .. } if *flattened || m.flattened => {
            let found: Vec<&Node> = node.children.iter().filter(|c| c.name == name).collect();
            if found.is_empty() {
                return Some(Value::Null);
            }
            map(service, shape, found.into_iter())
        }
        _ => match node.child(name) {
            Some(child) => value(service, shape, m.timestamp_format, child),
            None => Some(Value::Null),
        },
    }
}

fn map<'a>(
    service: &'static Service,
    shape: &'static Shape,
    entries: impl Iterator<Item = &'a Node>,
) -> Option<Value> {
    let Kind::Map {
        value: item,
        key_name,
        value_name,
        ..
    } = &shape.kind
    else {
        return None;
    };
    let item = service.shape(*item);
    let mut out = Vec::new();
    for entry in entries {
        let key = entry.child_text(key_name.unwrap_or("key"))?.to_owned();
        let found = entry.child(value_name.unwrap_or("value"))?;
        out.push((key, value(service, item, None, found)?));
    }
    Some(Value::Map(out))
}

fn value(
    service: &'static Service,
    shape: &'static Shape,
    format: Option<TimestampFormat>,
    node: &Node,
) -> Option<Value> {
    match &shape.kind {
        Kind::Structure(s) => structure(service, s, node),
        Kind::List {
            member,
            member_name,
            ..
        } => {
            let name = member_name.unwrap_or("member");
            let item = service.shape(*member);
            let found = node.children.iter().filter(|c| c.name == name);
            let items: Option<Vec<_>> = found.map(|n| value(service, item, None, n)).collect();
            items.map(Value::List)
        }
        Kind::Map { .. } => map(
            service,
            shape,
            node.children.iter().filter(|c| c.name == "entry"),
        ),
        _ => scalar(shape, format, &node.text),
    }
}

fn scalar(shape: &Shape, format: Option<TimestampFormat>, text: &str) -> Option<Value> {
    Some(match &shape.kind {
        Kind::String(_) => Value::Str(text.to_owned()),
        Kind::Integer { .. } | Kind::Long { .. } => Value::Int(text.trim().parse().ok()?),
        Kind::Float { .. } | Kind::Double { .. } => Value::Float(crate::query::float(text.trim())?),
        Kind::Boolean => Value::Bool(match text.trim() {
            "true" => true,
            "false" => false,
            _ => return None,
        }),
        Kind::Blob { .. } => Value::Blob(STANDARD.decode(text.trim()).ok()?),
        Kind::Timestamp(own) => {
            let format = format.or(*own).unwrap_or(TimestampFormat::Iso8601);
            Value::Timestamp(time::parse(format, text.trim())?)
        }
        _ => return None,
    })
}
