//! The clients' side of the protocols: an input to a request, an answer to an output. The host
//! agent and the tests speak it.

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use rolecall_api::{Document, OperationShape, Protocol, Service, Value};
use rolecall_base::AwsError;

use crate::query::Dialect;
use crate::xml::Node;
use crate::{cbor, json, query, xml};

/// A request to sign and send.
#[derive(Clone, Debug)]
pub struct ClientRequest {
    /// The HTTP method.
    pub method: &'static str,
    /// The path.
    pub path: String,
    /// The headers, without `Host`, `Content-Length` and the signature's.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a call has no output.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// The service refused.
    #[error("the service answered with an error")]
    Service(#[source] AwsError),
    /// The answer is not what the operation answers.
    #[error("the answer (status {status}) is not well-formed: {detail}")]
    Malformed {
        /// The HTTP status.
        status: u16,
        /// What is wrong.
        detail: String,
    },
    /// The protocol is not spoken here.
    #[error("protocol {0:?} is not implemented")]
    Protocol(Protocol),
}

/// The request that calls `operation` with input `value`, positional by its input shape.
///
/// # Errors
/// [`ClientError::Protocol`] for the REST protocols.
pub fn encode_input(
    service: &'static Service,
    operation: &'static OperationShape,
    protocol: Protocol,
    value: &Value,
) -> Result<ClientRequest, ClientError> {
    let target = service.target_prefix.unwrap_or_default();
    let mut headers = Vec::with_capacity(4);
    let mut path = "/".to_owned();
    let (content_type, body) = match protocol {
        Protocol::AwsJson1_0 | Protocol::AwsJson1_1 => {
            let target = format!("{target}.{}", operation.name);
            if let Ok(value) = HeaderValue::from_str(&target) {
                headers.push((HeaderName::from_static("x-amz-target"), value));
            }
            let body = match operation.input {
                Some(id) => {
                    let mut body = Vec::with_capacity(256);
                    json::write(service, id, value, &mut body);
                    body
                }
                None => b"{}".to_vec(),
            };
            match protocol {
                Protocol::AwsJson1_0 => ("application/x-amz-json-1.0", body),
                _ => ("application/x-amz-json-1.1", body),
            }
        }
        Protocol::AwsQuery => (FORM, query::write(service, Dialect::Aws, operation, value)),
        Protocol::Ec2Query => (FORM, query::write(service, Dialect::Ec2, operation, value)),
        Protocol::RpcV2Cbor => {
            path = format!("/service/{target}/operation/{}", operation.name);
            for (name, value) in [("smithy-protocol", "rpc-v2-cbor"), ("accept", CBOR)] {
                headers.push((
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                ));
            }
            let body = match operation.input {
                Some(id) => cbor::write(service, Some(id), value),
                None => Vec::new(),
            };
            (CBOR, body)
        }
        Protocol::RestJson1 | Protocol::RestXml => return Err(ClientError::Protocol(protocol)),
    };
    // Without a body there is nothing to give a type to.
    if !body.is_empty() {
        headers.push((CONTENT_TYPE, HeaderValue::from_static(content_type)));
    }
    Ok(ClientRequest {
        method: "POST",
        path,
        headers,
        body,
    })
}

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const CBOR: &str = "application/cbor";

/// The output in an answer to `operation`, positional by its output shape.
///
/// # Errors
/// [`ClientError::Service`] if the status is not 2xx.
pub fn decode_output(
    service: &'static Service,
    operation: &'static OperationShape,
    protocol: Protocol,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, ClientError> {
    if !(200..300).contains(&status) {
        return Err(ClientError::Service(error(protocol, status, headers, body)));
    }
    let malformed = |detail: String| ClientError::Malformed { status, detail };
    let Some(id) = operation.output else {
        return Ok(Value::Struct(Vec::new()));
    };
    if body.is_empty() {
        return Ok(Value::empty_struct(service, id));
    }
    match protocol {
        Protocol::AwsJson1_0 | Protocol::AwsJson1_1 => {
            json::read(service, Some(id), body).map_err(malformed)
        }
        Protocol::RpcV2Cbor => cbor::read(service, Some(id), body).map_err(malformed),
        Protocol::AwsQuery | Protocol::Ec2Query => {
            let root = xml::parse(body).ok_or_else(|| malformed("not XML".to_owned()))?;
            let wrapper = match (protocol, operation.result_wrapper) {
                (Protocol::AwsQuery, Some(wrapper)) => Some(wrapper.to_owned()),
                (Protocol::AwsQuery, None) => Some(format!("{}Result", operation.name)),
                _ => None,
            };
            let inner = wrapper.and_then(|w| root.child(&w));
            let node = inner.unwrap_or(&root);
            xml::read(service, id, node).ok_or_else(|| malformed("of another shape".to_owned()))
        }
        Protocol::RestJson1 | Protocol::RestXml => Err(ClientError::Protocol(protocol)),
    }
}

fn error(protocol: Protocol, status: u16, headers: &HeaderMap, body: &[u8]) -> AwsError {
    let (code, message) = match protocol {
        Protocol::AwsJson1_0 | Protocol::AwsJson1_1 | Protocol::RestJson1 => {
            json::read_document(body).map_or((None, None), |d| of_document(&d))
        }
        Protocol::RpcV2Cbor => cbor::read_plain(body).map_or((None, None), |d| of_document(&d)),
        Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml => {
            xml::parse(body).map_or((None, None), |root| of_xml(&root))
        }
    };
    let header = |name: &str| {
        let text = headers.get(name)?.to_str().ok()?;
        Some(text.split(';').next().unwrap_or(text).to_owned())
    };
    let code = header("x-amzn-query-error")
        .or_else(|| header("x-amzn-errortype").map(|c| short(&c)))
        .or(code)
        .unwrap_or_else(|| status.to_string());
    AwsError::new(code, message.unwrap_or_default()).with_status(status)
}

/// `com.amazonaws.x#NoSuchThing:http://...` as `NoSuchThing`.
fn short(code: &str) -> String {
    let code = code.rsplit_once('#').map_or(code, |(_, c)| c);
    code.split(':').next().unwrap_or(code).to_owned()
}

fn of_document(document: &Document) -> (Option<String>, Option<String>) {
    let Document::Map(entries) = document else {
        return (None, None);
    };
    let text = |wanted: &[&str]| {
        let found = entries.iter().find(|(k, _)| wanted.contains(&k.as_str()));
        match found {
            Some((_, Document::Str(text))) => Some(text.clone()),
            _ => None,
        }
    };
    (
        text(&["__type"])
            .or_else(|| text(&["code"]))
            .map(|c| short(&c)),
        text(&["message", "Message", "errorMessage"]),
    )
}

fn of_xml(root: &Node) -> (Option<String>, Option<String>) {
    let errors = root.child("Errors").unwrap_or(root);
    let error = errors.child("Error").unwrap_or(root);
    (
        error.child_text("Code").map(str::to_owned),
        error.child_text("Message").map(str::to_owned),
    )
}
