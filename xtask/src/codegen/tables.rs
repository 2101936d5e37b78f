//! Writes the shape and operation tables of a service.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Model, Value, flag, has, text};
use super::services::{ALSO_SENSITIVE, Wanted};
use super::types::is_document;
use anyhow::{Context, Result, bail};

/// The tables of `wanted`, as Rust source.
///
/// # Errors
/// If the model uses something that the tables can't say.
pub(crate) fn write(model: &Model, wanted: &Wanted) -> Result<String> {
    let ids: Ids = model
        .shapes
        .keys()
        .enumerate()
        .map(|(i, n)| (n.as_str(), i))
        .collect();
    let patterns = patterns(model);
    let mut out = String::from("use crate::shape as t;\n\n");
    out.push_str(&service(model, wanted)?);
    out.push_str("static SHAPES: &[t::Shape] = &[\n");
    for (name, shape) in model.shapes.iter() {
        let row = shape_row(&ids, &patterns, name, shape);
        out.push_str(&row.with_context(|| format!("shape {name}"))?);
        if ALSO_SENSITIVE.contains(&(wanted.id, name)) && !flag(shape, "sensitive") {
            out.push_str(".sensitive()");
        }
        out.push_str(",\n");
    }
    out.push_str(&format!(
        "];\n\nstatic PATTERNS: [t::Pattern; {}] = [\n",
        patterns.len()
    ));
    for pattern in &patterns {
        out.push_str(&format!("t::Pattern::new({pattern:?}),\n"));
    }
    out.push_str("];\n\nstatic OPERATIONS: &[t::OperationShape] = &[\n");
    let mut operations: Vec<_> = model.operations.iter().collect();
    operations.sort_by_key(|o| o.0);
    for (name, operation) in operations {
        let row = operation_row(&ids, name, operation);
        out.push_str(&row.with_context(|| format!("operation {name}"))?);
    }
    out.push_str("];\n\nstatic ERRORS: &[t::ErrorShape] = &[\n");
    out.push_str(&errors(model, &ids));
    out.push_str("];\n");
    Ok(out)
}

type Ids<'a> = BTreeMap<&'a str, usize>;

/// The different regular expressions of the model, sorted.
fn patterns(model: &Model) -> Vec<&str> {
    let all: BTreeSet<&str> = model
        .shapes
        .iter()
        .filter_map(|(_, shape)| text(shape, "pattern"))
        .collect();
    all.into_iter().collect()
}

fn service(model: &Model, wanted: &Wanted) -> Result<String> {
    let endpoint = model.meta("endpointPrefix").context("no endpointPrefix")?;
    let namespace = model
        .meta("xmlNamespace")
        .map(str::to_owned)
        .or_else(|| text(model.metadata.get("xmlNamespace")?, "uri").map(str::to_owned));
    Ok(format!(
        "/// The service.\npub static SERVICE: t::Service = t::Service {{ id: {:?}, service_id: {:?}, \
         signing_name: {:?}, api_version: {:?}, target_prefix: {:?}, xml_namespace: {:?}, \
         protocols: &[{}], query_compatible: {}, shapes: SHAPES, \
         patterns: &PATTERNS, operations: OPERATIONS, \
         errors: ERRORS }};\n\n",
        wanted.id,
        model.meta("serviceId").context("no serviceId")?,
        model.meta("signingName").unwrap_or(endpoint),
        model.meta("apiVersion").context("no apiVersion")?,
        model.meta("targetPrefix"),
        namespace,
        protocols(model)?,
        model.metadata.contains_key("awsQueryCompatible"),
    ))
}

fn protocols(model: &Model) -> Result<String> {
    let listed: Vec<&str> = match model.metadata.get("protocols").and_then(Value::as_array) {
        Some(list) => list.iter().filter_map(Value::as_str).collect(),
        None => model.meta("protocol").into_iter().collect(),
    };
    let names: Vec<&str> = listed
        .iter()
        .map(|p| match *p {
            "json" if model.meta("jsonVersion") == Some("1.0") => Ok("t::Protocol::AwsJson1_0"),
            "json" => Ok("t::Protocol::AwsJson1_1"),
            "query" => Ok("t::Protocol::AwsQuery"),
            "ec2" => Ok("t::Protocol::Ec2Query"),
            "rest-json" => Ok("t::Protocol::RestJson1"),
            "rest-xml" => Ok("t::Protocol::RestXml"),
            "smithy-rpc-v2-cbor" => Ok("t::Protocol::RpcV2Cbor"),
            other => bail!("unknown protocol {other:?}"),
        })
        .collect::<Result<_>>()?;
    Ok(names.join(", "))
}

fn operation_row(ids: &Ids<'_>, name: &str, operation: &Value) -> Result<String> {
    let end = |key: &str| -> Result<String> {
        match operation.get(key).and_then(|e| text(e, "shape")) {
            Some(shape) => Ok(format!("Some(t::ShapeId({}))", id(ids, shape)?)),
            None => Ok("None".to_owned()),
        }
    };
    let http = operation.get("http").context("no http")?;
    let wrapper = operation
        .get("output")
        .and_then(|o| text(o, "resultWrapper"));
    let listed = operation.get("errors").and_then(Value::as_array);
    let errors: Vec<String> = listed
        .into_iter()
        .flatten()
        .filter_map(|e| text(e, "shape"))
        .map(|e| Ok(format!("t::ShapeId({})", id(ids, e)?)))
        .collect::<Result<_>>()?;
    Ok(format!(
        "t::OperationShape {{ name: {name:?}, input: {}, output: {}, result_wrapper: {wrapper:?}, \
         method: {:?}, uri: {:?}, errors: &[{}], unsigned: {} }},\n",
        end("input")?,
        end("output")?,
        text(http, "method").unwrap_or("POST"),
        text(http, "requestUri").unwrap_or("/"),
        errors.join(", "),
        text(operation, "authtype") == Some("none"),
    ))
}

fn id(ids: &Ids<'_>, name: &str) -> Result<usize> {
    ids.get(name)
        .copied()
        .with_context(|| format!("no shape {name}"))
}

fn errors(model: &Model, ids: &Ids<'_>) -> String {
    let mut rows: BTreeMap<&str, String> = BTreeMap::new();
    for (name, shape) in model.shapes.iter() {
        if !has(shape, "exception") && !has(shape, "error") {
            continue;
        }
        let error = shape.get("error");
        let code = error.and_then(|e| text(e, "code")).unwrap_or(name);
        let fault = flag(shape, "fault") || error.is_some_and(|e| flag(e, "fault"));
        let status = error
            .and_then(|e| e.get("httpStatusCode"))
            .and_then(Value::as_i64)
            .unwrap_or(if fault { 500 } else { 400 });
        let index = ids.get(name.as_str()).copied().unwrap_or_default();
        rows.entry(code).or_insert_with(|| {
            format!(
                "t::ErrorShape {{ shape: t::ShapeId({index}), code: {code:?}, http_status: {status}, \
                 sender_fault: {} }},\n",
                status < 500
            )
        });
    }
    rows.into_values().collect()
}

fn shape_row(ids: &Ids<'_>, patterns: &[&str], name: &str, shape: &Value) -> Result<String> {
    let part = |key: &str| -> Result<(usize, Option<&str>)> {
        let member = shape.get(key).with_context(|| format!("no {key}"))?;
        let target = text(member, "shape").context("a member without shape")?;
        Ok((id(ids, target)?, text(member, "locationName")))
    };
    let mut row = match text(shape, "type").unwrap_or_default() {
        "structure" if is_document(shape) => format!("t::Shape::document({name:?})"),
        "structure" => structure(ids, name, shape)?,
        "list" => {
            let (member, item) = part("member")?;
            let item = item
                .map(|n| format!(".items_named({n:?})"))
                .unwrap_or_default();
            format!("t::Shape::list({name:?}, {member}){item}")
        }
        "map" => {
            let ((key, key_name), (value, value_name)) = (part("key")?, part("value")?);
            let mut row = format!("t::Shape::map({name:?}, {key}, {value})");
            if key_name.is_some() || value_name.is_some() {
                row.push_str(&format!(".entries_named({key_name:?}, {value_name:?})"));
            }
            row
        }
        "string" | "character" => string(patterns, name, shape),
        kind @ ("integer" | "long" | "float" | "double" | "boolean" | "blob") => {
            format!("t::Shape::{kind}({name:?})")
        }
        "timestamp" => {
            let format = timestamp_format(text(shape, "timestampFormat"))?;
            format!("t::Shape::timestamp({name:?}, {format})")
        }
        other => bail!("unknown type {other:?}"),
    };
    if has(shape, "min") || has(shape, "max") {
        row.push_str(&limits(shape));
    }
    for (key, call) in [("flattened", ".flattened()"), ("sensitive", ".sensitive()")] {
        if flag(shape, key) {
            row.push_str(call);
        }
    }
    Ok(row)
}

/// The calls that set the limits `min` and `max`. Some models write whole numbers as floats.
fn limits(shape: &Value) -> String {
    let limit = |key: &str| shape.get(key).and_then(Value::as_f64);
    let (min, max) = (limit("min"), limit("max"));
    if matches!(text(shape, "type"), Some("float" | "double")) {
        return format!(".float_limits({min:?}, {max:?})");
    }
    format!(
        ".limits({:?}, {:?})",
        min.map(|x| x as i64),
        max.map(|x| x as i64)
    )
}

fn timestamp_format(name: Option<&str>) -> Result<&'static str> {
    Ok(match name {
        None => "None",
        Some("iso8601") => "Some(t::TimestampFormat::Iso8601)",
        Some("rfc822") => "Some(t::TimestampFormat::Rfc822)",
        Some("unixTimestamp") => "Some(t::TimestampFormat::UnixTimestamp)",
        Some(other) => bail!("unknown timestamp format {other:?}"),
    })
}

fn string(patterns: &[&str], name: &str, shape: &Value) -> String {
    let mut row = format!("t::Shape::string({name:?})");
    let found = text(shape, "pattern").and_then(|p| patterns.binary_search(&p).ok());
    if let Some(number) = found {
        row.push_str(&format!(".pattern({number})"));
    }
    let values = shape
        .get("enum")
        .and_then(Value::as_array)
        .unwrap_or_default();
    let values: Vec<String> = values
        .iter()
        .filter_map(Value::as_str)
        .map(|v| format!("{v:?}"))
        .collect();
    if !values.is_empty() {
        row.push_str(&format!(".values(&[{}])", values.join(", ")));
    }
    row
}

fn structure(ids: &Ids<'_>, name: &str, shape: &Value) -> Result<String> {
    let required: Vec<&str> = shape
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let members = shape
        .get("members")
        .and_then(Value::as_object)
        .context("no members")?;
    let mut rows = Vec::new();
    let mut wire: Vec<(&str, usize)> = Vec::new();
    for (index, (member_name, reference)) in members.iter().enumerate() {
        wire.push((
            text(reference, "locationName").unwrap_or(member_name),
            index,
        ));
        rows.push(member(
            ids,
            member_name,
            reference,
            required.contains(&member_name.as_str()),
        )?);
    }
    wire.sort_unstable();
    let wire: Vec<String> = wire.iter().map(|(_, i)| i.to_string()).collect();
    let payload = text(shape, "payload").and_then(|p| members.keys().position(|m| m == p));
    let mut row = format!(
        "t::Shape::structure({name:?}, &[{}], &[{}])",
        rows.join(", "),
        wire.join(", ")
    );
    for (key, call) in [("union", ".union()"), ("eventstream", ".event_stream()")] {
        if flag(shape, key) {
            row.push_str(call);
        }
    }
    if let Some(index) = payload {
        row.push_str(&format!(".payload({index})"));
    }
    if let Some(element) = text(shape, "locationName") {
        row.push_str(&format!(".element_named({element:?})"));
    }
    Ok(row)
}

fn member(ids: &Ids<'_>, name: &str, reference: &Value, required: bool) -> Result<String> {
    let target = id(
        ids,
        text(reference, "shape").context("a member without shape")?,
    )?;
    let maker = if required { "required" } else { "new" };
    let base = format!("t::Member::{maker}({name:?}, {target})");
    let mut traits = Vec::new();
    for (key, field) in [
        ("locationName", "location_name"),
        ("queryName", "query_name"),
    ] {
        if let Some(value) = text(reference, key) {
            traits.push(format!("{field}: Some({value:?})"));
        }
    }
    for (key, field) in [
        ("flattened", "flattened"),
        ("xmlAttribute", "xml_attribute"),
        ("idempotencyToken", "idempotency_token"),
    ] {
        if flag(reference, key) {
            traits.push(format!("{field}: true"));
        }
    }
    if let Some(location) = text(reference, "location") {
        let variant = match location {
            "header" => "Header",
            "headers" => "Headers",
            "uri" => "Uri",
            "querystring" => "QueryString",
            "statusCode" => "StatusCode",
            other => bail!("unknown location {other:?}"),
        };
        traits.push(format!("location: t::Location::{variant}"));
    }
    if let Some(format) = text(reference, "timestampFormat") {
        traits.push(format!(
            "timestamp_format: {}",
            timestamp_format(Some(format))?
        ));
    }
    if let Some(namespace) = reference.get("xmlNamespace") {
        let prefix = text(namespace, "prefix");
        let uri = text(namespace, "uri")
            .or(namespace.as_str())
            .context("no namespace uri")?;
        traits.push(format!("xml_namespace: Some(({prefix:?}, {uri:?}))"));
    }
    if traits.is_empty() {
        return Ok(base);
    }
    Ok(format!("t::Member {{ {}, ..{base} }}", traits.join(", ")))
}
