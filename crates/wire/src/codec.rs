//! The server's side of the protocols: a request to a value, a value or error to an answer.

use rolecall_api::shape::{ErrorShape, Service};
use rolecall_api::{Kind, Protocol, StructureShape, Value};
use rolecall_base::{AwsError, Fault};

use crate::query::Dialect;
use crate::request::{RawRequest, Response};
use crate::route::Route;
use crate::{cbor, json, query, xml};

/// Reads the input of the operation that `route` found, positional by its input shape. Nothing is
/// checked but the form: [`crate::validate`] does the rest.
///
/// # Errors
/// `SerializationException` in the JSON and CBOR protocols, `MalformedInput` in the query
/// protocols, status 400.
pub fn decode(route: &Route, req: &RawRequest<'_>) -> Result<Value, AwsError> {
    let (service, shape) = (route.service, route.operation.input);
    let form = |dialect| query::read(service, dialect, shape, req.query, req.body);
    let (read, code) = match route.protocol {
        Protocol::AwsJson1_0 | Protocol::AwsJson1_1 => (
            json::read(service, shape, req.body),
            "SerializationException",
        ),
        Protocol::RpcV2Cbor => (
            cbor::read(service, shape, req.body),
            "SerializationException",
        ),
        Protocol::AwsQuery => (form(Dialect::Aws), "MalformedInput"),
        Protocol::Ec2Query => (form(Dialect::Ec2), "MalformedInput"),
        Protocol::RestJson1 | Protocol::RestXml => return Err(not_spoken()),
    };
    read.map_err(|message| AwsError::new(code, message))
}

/// For the protocols that no service of ours speaks yet.
fn not_spoken() -> AwsError {
    AwsError::new(
        "UnknownOperationException",
        "This protocol is not implemented.",
    )
}

/// The answer of status 200 with output `value`, which follows the operation's output shape.
pub fn encode_output(route: &Route, value: &Value, request_id: &str) -> Response {
    let (service, operation) = (route.service, route.operation);
    match route.protocol {
        Protocol::AwsJson1_0 | Protocol::AwsJson1_1 => {
            let mut body = Vec::with_capacity(512);
            // Without an output shape the body is empty, as the protocol asks.
            if let Some(id) = operation.output {
                json::write(service, id, value, &mut body);
            }
            Response::new(200, json_type(route.protocol), body, request_id)
        }
        Protocol::RpcV2Cbor => {
            let body = match operation.output {
                Some(id) => cbor::write(service, Some(id), value),
                None => Vec::new(),
            };
            Response::new(200, "application/cbor", body, request_id)
                .with_header("smithy-protocol", "rpc-v2-cbor")
        }
        Protocol::AwsQuery => {
            let body = xml::envelope(service, operation, value, request_id);
            Response::new(200, "text/xml", body, request_id)
        }
        Protocol::Ec2Query => {
            let body = xml::ec2_envelope(service, operation, value, request_id);
            Response::new(200, "text/xml;charset=UTF-8", body, request_id)
        }
        Protocol::RestJson1 | Protocol::RestXml => {
            encode_error(route.protocol, Some(service), &not_spoken(), request_id)
        }
    }
}

fn json_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::AwsJson1_0 => "application/x-amz-json-1.0",
        Protocol::AwsJson1_1 => "application/x-amz-json-1.1",
        _ => "application/json",
    }
}

/// The answer with `error`, in the envelope of `protocol`.
///
/// `service` is `None` when the request did not get as far as one.
pub fn encode_error(
    protocol: Protocol,
    service: Option<&'static Service>,
    error: &AwsError,
    request_id: &str,
) -> Response {
    let modelled = service.and_then(|s| Some((s, s.error(&error.code)?)));
    let response = match protocol {
        Protocol::AwsJson1_0 | Protocol::AwsJson1_1 | Protocol::RestJson1 => {
            let body = json_error(modelled, error);
            Response::new(error.status, json_type(protocol), body, request_id)
                .with_header("x-amzn-errortype", &error.code)
        }
        Protocol::RpcV2Cbor => {
            let mut entries = vec![("__type".to_owned(), Value::Str(error.code.clone().into()))];
            entries.extend(members(modelled, error));
            let body = cbor::Plain::new(entries).into_bytes();
            Response::new(error.status, "application/cbor", body, request_id)
                .with_header("smithy-protocol", "rpc-v2-cbor")
        }
        Protocol::AwsQuery => {
            let body = xml::error(service, error, &xml_fields(modelled, error), request_id);
            Response::new(error.status, "text/xml", body, request_id)
        }
        Protocol::Ec2Query => {
            let body = xml::ec2_error(error, request_id);
            Response::new(error.status, "text/xml;charset=UTF-8", body, request_id)
        }
        Protocol::RestXml => {
            let body = xml::rest_error(error, request_id);
            Response::new(error.status, "application/xml", body, request_id)
        }
    };
    if service.is_some_and(|s| s.query_compatible) && protocol != Protocol::AwsQuery {
        let fault = match error.fault {
            Fault::Sender => "Sender",
            Fault::Receiver => "Receiver",
        };
        return response.with_header("x-amzn-query-error", &format!("{};{fault}", error.code));
    }
    response
}

fn json_error(modelled: Option<(&'static Service, &ErrorShape)>, error: &AwsError) -> Vec<u8> {
    let mut body = Vec::with_capacity(128);
    body.extend_from_slice(b"{\"__type\":");
    json::string(&error.code, &mut body);
    for (name, value) in members(modelled, error) {
        body.push(b',');
        json::string(&name, &mut body);
        body.push(b':');
        match value {
            Value::Str(text) => json::string(&text, &mut body),
            Value::Bool(b) => body.extend_from_slice(b.to_string().as_bytes()),
            Value::Int(i) => body.extend_from_slice(i.to_string().as_bytes()),
            Value::Float(x) => body.extend_from_slice(x.to_string().as_bytes()),
            _ => body.extend_from_slice(b"null"),
        }
    }
    body.push(b'}');
    body
}

fn structure(
    modelled: Option<(&'static Service, &ErrorShape)>,
) -> Option<(&'static Service, &'static StructureShape)> {
    modelled.and_then(|(service, e)| match &service.shape(e.shape).kind {
        Kind::Structure(s) => Some((service, s)),
        _ => None,
    })
}

/// The error's message and further members, by the names and types of the model.
fn members(
    modelled: Option<(&'static Service, &ErrorShape)>,
    error: &AwsError,
) -> Vec<(String, Value)> {
    let shape = structure(modelled);
    let message = shape.and_then(|(_, s)| {
        let found = s
            .members
            .iter()
            .find(|m| m.name.eq_ignore_ascii_case("message"));
        found.map(|m| m.wire_name())
    });
    let mut out = Vec::with_capacity(1 + error.fields.len());
    // Services that don't model it still send it in lower case; without a text there is none.
    if !error.message.is_empty() {
        let name = message.unwrap_or("message").to_owned();
        out.push((name, Value::Str(error.message.clone())));
    }
    out.extend(fields(shape, error));
    out
}

/// The error's further members, by the names and types of the model.
fn fields(
    shape: Option<(&'static Service, &'static StructureShape)>,
    error: &AwsError,
) -> Vec<(String, Value)> {
    let mut out = Vec::with_capacity(error.fields.len());
    for (name, text) in &error.fields {
        let member = shape.and_then(|(service, s)| {
            let m = s.members.get(s.index_of(name)?)?;
            Some((m.wire_name(), &service.shape(m.shape).kind))
        });
        let value = match member.map(|m| m.1) {
            Some(Kind::Boolean) => text.parse().ok().map(Value::Bool),
            Some(Kind::Integer { .. } | Kind::Long { .. }) => text.parse().ok().map(Value::Int),
            Some(Kind::Float { .. } | Kind::Double { .. }) => text.parse().ok().map(Value::Float),
            _ => None,
        };
        let value = value.unwrap_or_else(|| Value::Str(text.clone()));
        out.push((member.map_or(*name, |m| m.0).to_owned(), value));
    }
    out
}

/// The error's further members as elements.
fn xml_fields(
    modelled: Option<(&'static Service, &ErrorShape)>,
    error: &AwsError,
) -> Vec<(String, String)> {
    fields(structure(modelled), error)
        .into_iter()
        .zip(&error.fields)
        .map(|((name, _), (_, text))| (name, text.clone()))
        .collect()
}

#[cfg(test)]
mod tests;
