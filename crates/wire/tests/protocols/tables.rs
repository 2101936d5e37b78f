//! Shape tables built at run time from a case's model, and values from its JSON.

use rolecall_api::shape::{ErrorShape, Location, Pattern};
use rolecall_api::{
    Document, Kind, Member, OperationShape, Protocol, Service, Shape, ShapeId, Timestamp,
    TimestampFormat, Value,
};
use serde_json::Value as Json;

fn leak<T>(items: Vec<T>) -> &'static [T] {
    Box::leak(items.into_boxed_slice())
}

fn text(json: &Json, key: &str) -> Option<&'static str> {
    let text = json.get(key)?.as_str()?;
    Some(Box::leak(text.to_owned().into_boxed_str()))
}

fn flag(json: &Json, key: &str) -> bool {
    json.get(key).and_then(Json::as_bool).unwrap_or(false)
}

/// The service of one case: the suite's shapes and the case's operation.
pub(crate) fn service(suite: &Json, case: &Json) -> &'static Service {
    let meta = &suite["metadata"];
    let given = &case["given"];
    let shapes = suite["shapes"].as_object().unwrap();
    let names: Vec<&String> = shapes.keys().collect();
    let id = |name: &str| {
        let at = names.iter().position(|n| *n == name);
        ShapeId(u16::try_from(at.unwrap()).unwrap())
    };
    let end = |key: &str| given.get(key).map(|e| id(e["shape"].as_str().unwrap()));
    let protocol = match meta["protocol"].as_str().unwrap() {
        "json" if meta["jsonVersion"] == "1.0" || meta["jsonVersion"] == 1.0 => {
            Protocol::AwsJson1_0
        }
        "json" => Protocol::AwsJson1_1,
        "query" => Protocol::AwsQuery,
        "ec2" => Protocol::Ec2Query,
        "smithy-rpc-v2-cbor" => Protocol::RpcV2Cbor,
        other => panic!("protocol {other}"),
    };
    let operation = OperationShape {
        name: text(given, "name").unwrap(),
        input: end("input"),
        output: end("output"),
        result_wrapper: given.get("output").and_then(|o| text(o, "resultWrapper")),
        method: "POST",
        uri: "/",
        errors: &[],
        unsigned: false,
    };
    let rows = shapes.iter().map(|(name, s)| shape(name, s, &id)).collect();
    let no_patterns: &'static [Pattern] = &[];
    Box::leak(Box::new(Service {
        id: "case",
        service_id: "Case",
        signing_name: "case",
        api_version: text(meta, "apiVersion").unwrap_or_default(),
        target_prefix: text(meta, "targetPrefix"),
        xml_namespace: text(meta, "xmlNamespace"),
        protocols: leak(vec![protocol]),
        query_compatible: meta.get("awsQueryCompatible").is_some(),
        shapes: leak(rows),
        patterns: no_patterns,
        operations: leak(vec![operation]),
        errors: leak(errors(shapes, &id)),
    }))
}

fn errors(shapes: &serde_json::Map<String, Json>, id: &dyn Fn(&str) -> ShapeId) -> Vec<ErrorShape> {
    let mut out: Vec<ErrorShape> = shapes
        .iter()
        .filter(|(_, s)| flag(s, "exception"))
        .map(|(name, s)| {
            let code = s.get("error").and_then(|e| text(e, "code"));
            let name_text: &'static str = Box::leak(name.clone().into_boxed_str());
            ErrorShape {
                shape: id(name),
                code: code.unwrap_or(name_text),
                http_status: 400,
                sender_fault: true,
            }
        })
        .collect();
    out.sort_by_key(|e| e.code);
    out
}

fn format(json: &Json) -> Option<TimestampFormat> {
    Some(match json.get("timestampFormat")?.as_str()? {
        "iso8601" => TimestampFormat::Iso8601,
        "rfc822" => TimestampFormat::Rfc822,
        "unixTimestamp" => TimestampFormat::UnixTimestamp,
        other => panic!("format {other}"),
    })
}

fn shape(name: &str, s: &Json, id: &dyn Fn(&str) -> ShapeId) -> Shape {
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    let part = |key: &str| id(s[key]["shape"].as_str().unwrap()).0;
    let mut row = match s["type"].as_str().unwrap() {
        "structure" if flag(s, "document") => Shape::document(name),
        "structure" => structure(name, s, id),
        "list" => match text(&s["member"], "locationName") {
            Some(item) => Shape::list(name, part("member")).items_named(item),
            None => Shape::list(name, part("member")),
        },
        "map" => Shape::map(name, part("key"), part("value")).entries_named(
            text(&s["key"], "locationName"),
            text(&s["value"], "locationName"),
        ),
        "string" => Shape::string(name),
        "integer" => Shape::integer(name),
        "long" => Shape::long(name),
        "float" => Shape::float(name),
        "double" => Shape::double(name),
        "boolean" => Shape::boolean(name),
        "blob" => Shape::blob(name),
        "timestamp" => Shape::timestamp(name, format(s)),
        other => panic!("type {other}"),
    };
    if flag(s, "flattened") {
        row = row.flattened();
    }
    row
}

fn structure(name: &'static str, s: &Json, id: &dyn Fn(&str) -> ShapeId) -> Shape {
    let mut members = Vec::new();
    for (name, m) in s["members"].as_object().into_iter().flatten() {
        let name: &'static str = Box::leak(name.clone().into_boxed_str());
        members.push(Member {
            location_name: text(m, "locationName"),
            query_name: text(m, "queryName"),
            location: Location::Body,
            flattened: flag(m, "flattened"),
            xml_attribute: flag(m, "xmlAttribute"),
            timestamp_format: format(m),
            ..Member::new(name, id(m["shape"].as_str().unwrap()).0)
        });
    }
    let mut order: Vec<u16> = (0..u16::try_from(members.len()).unwrap()).collect();
    order.sort_by_key(|i| members[usize::from(*i)].wire_name());
    Shape::structure(name, leak(members), leak(order))
}

/// The value of shape `id` that the JSON of a case stands for.
pub(crate) fn value(service: &'static Service, id: Option<ShapeId>, json: &Json) -> Value {
    let Some(id) = id else {
        return Value::Struct(Vec::new());
    };
    match (&service.shape(id).kind, json) {
        (Kind::Structure(s), json) => Value::Struct(
            s.members
                .iter()
                .map(|m| match json.get(m.name) {
                    None | Some(Json::Null) => Value::Null,
                    Some(j) => value(service, Some(m.shape), j),
                })
                .collect(),
        ),
        (_, Json::Null) => Value::Null,
        (Kind::List { member, .. }, Json::Array(items)) => Value::List(
            items
                .iter()
                .map(|i| value(service, Some(*member), i))
                .collect(),
        ),
        (Kind::Map { value: item, .. }, Json::Object(entries)) => Value::Map(
            entries
                .iter()
                .map(|(k, v)| (k.clone(), value(service, Some(*item), v)))
                .collect(),
        ),
        (Kind::Blob { .. }, Json::String(s)) => Value::Blob(s.clone().into_bytes()),
        (Kind::String(_), Json::String(s)) => Value::Str(s.clone()),
        (Kind::Boolean, Json::Bool(b)) => Value::Bool(*b),
        (Kind::Integer { .. } | Kind::Long { .. }, Json::Number(n)) => {
            Value::Int(n.as_i64().unwrap())
        }
        (Kind::Float { .. } | Kind::Double { .. }, Json::Number(n)) => {
            Value::Float(n.as_f64().unwrap())
        }
        (Kind::Float { .. } | Kind::Double { .. }, Json::String(s)) => {
            Value::Float(s.parse().unwrap())
        }
        (Kind::Timestamp(_), Json::Number(n)) => {
            let ms = (n.as_f64().unwrap() * 1000.0).round();
            Value::Timestamp(Timestamp::from_epoch_millis(ms as i64))
        }
        (Kind::Timestamp(_), Json::String(s)) => {
            Value::Timestamp(Timestamp::parse_iso8601(s).unwrap())
        }
        (Kind::Document, json) => Value::Document(Box::new(document(json))),
        (kind, json) => panic!("{json} for {kind:?}"),
    }
}

fn document(json: &Json) -> Document {
    match json {
        Json::Null => Document::Null,
        Json::Bool(b) => Document::Bool(*b),
        Json::Number(n) => n
            .as_i64()
            .map_or_else(|| Document::Float(n.as_f64().unwrap()), Document::Int),
        Json::String(s) => Document::Str(s.clone()),
        Json::Array(items) => Document::List(items.iter().map(document).collect()),
        Json::Object(entries) => Document::Map(
            entries
                .iter()
                .map(|(k, v)| (k.clone(), document(v)))
                .collect(),
        ),
    }
}

/// The value as text that is equal for equal values: maps in the order of their keys.
pub(crate) fn normal(value: &Value) -> String {
    match value {
        Value::Map(entries) => {
            let mut all: Vec<String> = entries
                .iter()
                .map(|(k, v)| format!("{k:?}: {}", normal(v)))
                .collect();
            all.sort();
            format!("{{{}}}", all.join(", "))
        }
        Value::List(items) => {
            let all: Vec<String> = items.iter().map(normal).collect();
            format!("[{}]", all.join(", "))
        }
        Value::Struct(members) => {
            let all: Vec<String> = members.iter().map(normal).collect();
            format!("({})", all.join(", "))
        }
        // Single precision is enough: the cases' floats are short.
        Value::Float(x) => format!("{}", *x as f32),
        Value::Blob(b) => format!("Blob({:?})", String::from_utf8_lossy(b)),
        other => format!("{other:?}"),
    }
}
