//! Error envelopes in XML.

use rolecall_api::Service;
use rolecall_base::{AwsError, Fault};

use super::write::{element_text, end, open, start};

/// awsQuery: `<ErrorResponse><Error>`.
pub(crate) fn error(
    service: Option<&Service>,
    error: &AwsError,
    fields: &[(String, String)],
    request_id: &str,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(384);
    let namespace = service.and_then(|s| s.xml_namespace).unwrap_or_default();
    open("ErrorResponse", namespace, &mut out);
    start("Error", &mut out);
    let fault = match error.fault {
        Fault::Sender => "Sender",
        Fault::Receiver => "Receiver",
    };
    element_text("Type", fault, &mut out);
    element_text("Code", &error.code, &mut out);
    element_text("Message", &error.message, &mut out);
    for (name, text) in fields {
        element_text(name, text, &mut out);
    }
    end("Error", &mut out);
    element_text("RequestId", request_id, &mut out);
    end("ErrorResponse", &mut out);
    out
}

/// ec2Query: `<Response><Errors><Error>`.
pub(crate) fn ec2_error(error: &AwsError, request_id: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(b"<Response><Errors><Error>");
    element_text("Code", &error.code, &mut out);
    element_text("Message", &error.message, &mut out);
    out.extend_from_slice(b"</Error></Errors>");
    element_text("RequestID", request_id, &mut out);
    end("Response", &mut out);
    out
}

/// restXml without a wrapper, as S3 answers.
pub(crate) fn rest_error(error: &AwsError, request_id: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    element_text("Code", &error.code, &mut out);
    element_text("Message", &error.message, &mut out);
    for (name, text) in &error.fields {
        element_text(name, text, &mut out);
    }
    element_text("RequestId", request_id, &mut out);
    end("Error", &mut out);
    out
}
