//! The Smithy protocol test cases, as botocore's source distribution has them, run against ours
//! both ways: as the server (their request to our input, our output to their result) and as the
//! client (our request against theirs, their response to our output).
//!
//! The cases are not part of the repository. `cargo xtask fetch-models` downloads them and prints
//! the folder that `ROLECALL_BOTOCORE_TESTS` must name; without it these tests check nothing.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test reads its cases from files and fails by panicking"
)]

mod excluded;
mod tables;

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use rolecall_api::{Protocol, Service, Value};
use rolecall_base::AwsError;
use rolecall_wire::{
    ClientError, RawRequest, Response, Route, decode, decode_output, encode_error, encode_input,
    encode_output, route,
};
use serde_json::Value as Json;

use tables::{normal, value};

/// The files of each direction that are in a protocol of ours.
const FILES: &[&str] = &[
    "ec2",
    "json",
    "json_1_0",
    "json_1_0-query-compatible",
    "query",
    "smithy-rpc-v2-cbor",
    "smithy-rpc-v2-cbor-query-compatible",
    "smithy-rpc-v2-cbor-non-query-compatible",
];

/// The suites of `direction`, or `None` with a word about it if they are not on this machine.
fn suites(direction: &str) -> Option<Vec<(String, Json)>> {
    let Some(dir) = std::env::var_os("ROLECALL_BOTOCORE_TESTS") else {
        println!(
            "SKIPPED: ROLECALL_BOTOCORE_TESTS is not set. Run `cargo xtask fetch-models` and set \
             it to the folder that it prints to run the protocol test cases."
        );
        return None;
    };
    let mut out = Vec::new();
    for file in FILES {
        let path = PathBuf::from(&dir)
            .join("protocols")
            .join(direction)
            .join(format!("{file}.json"));
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|e| panic!("reading {}: {e}", path.display()));
        let all: Json = serde_json::from_str(&text).unwrap();
        for suite in all.as_array().unwrap() {
            out.push(((*file).to_owned(), suite.clone()));
        }
    }
    Some(out)
}

/// Runs `check` on every case of `direction`; fails with the list of those that fail.
fn each_case(direction: &str, check: fn(&Case) -> Result<(), String>) {
    let Some(suites) = suites(direction) else {
        return;
    };
    let (mut passed, mut excluded, mut failed) = (0, 0, Vec::new());
    for (file, suite) in suites {
        for case in suite["cases"].as_array().unwrap() {
            let id = case["id"].as_str().unwrap();
            if excluded::reason(direction, &file, id).is_some() {
                excluded += 1;
                continue;
            }
            let case = Case::new(&suite, case);
            match check(&case) {
                Ok(()) => passed += 1,
                Err(why) => {
                    let why: String = why.chars().take(600).collect();
                    failed.push(format!("{file} {id}: {why}"));
                }
            }
        }
    }
    println!("{direction}: {passed} passed, {excluded} excluded with a reason");
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

/// One case with its service as tables.
struct Case {
    service: &'static Service,
    protocol: Protocol,
    json: Json,
}

impl Case {
    fn new(suite: &Json, case: &Json) -> Self {
        let service = tables::service(suite, case);
        Self {
            service,
            protocol: service.protocols[0],
            json: case.clone(),
        }
    }

    fn route(&self) -> Route {
        Route {
            service: self.service,
            operation: &self.service.operations[0],
            protocol: self.protocol,
        }
    }

    /// The body of `part`, which the CBOR cases have in base64.
    fn body(&self, part: &Json) -> Vec<u8> {
        let text = part["body"].as_str().unwrap_or_default();
        match self.protocol {
            Protocol::RpcV2Cbor => STANDARD.decode(text).unwrap(),
            _ => text.as_bytes().to_vec(),
        }
    }
}

fn headers(part: &Json) -> HeaderMap {
    let mut out = HeaderMap::new();
    for (name, value) in part["headers"].as_object().into_iter().flatten() {
        out.insert(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value.as_str().unwrap()).unwrap(),
        );
    }
    out
}

fn same(what: &str, ours: &Value, theirs: &Value) -> Result<(), String> {
    let (ours, theirs) = (normal(ours), normal(theirs));
    if ours == theirs {
        return Ok(());
    }
    Err(format!("{what}\n   ours   {ours}\n   theirs {theirs}"))
}

#[test]
fn requests_are_read_as_the_cases_say() {
    each_case("input", |case| {
        let request = &case.json["serialized"];
        let (headers, body) = (headers(request), case.body(request));
        let uri = request["uri"].as_str().unwrap();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let raw = RawRequest {
            method: request["method"].as_str().unwrap(),
            path,
            query,
            headers: &headers,
            body: &body,
        };
        let found = route(&[case.service], &raw, None).map_err(|e| format!("{:?}", e.error))?;
        if found.protocol != case.protocol || found.operation.name != case.route().operation.name {
            return Err("routed elsewhere".to_owned());
        }
        let ours = decode(&found, &raw).map_err(|e| e.to_string())?;
        let params = value(case.service, found.operation.input, &case.json["params"]);
        same("input", &ours, &params)
    });
}

#[test]
fn requests_are_written_as_the_cases_say() {
    each_case("input", |case| {
        let request = &case.json["serialized"];
        let operation = case.route().operation;
        let params = value(case.service, operation.input, &case.json["params"]);
        let ours = encode_input(case.service, operation, case.protocol, &params)
            .map_err(|e| e.to_string())?;
        if ours.path != request["uri"].as_str().unwrap() {
            return Err(format!("path {}", ours.path));
        }
        if let Some(target) = headers(request).get("x-amz-target") {
            let found = ours.headers.iter().find(|h| h.0 == "x-amz-target");
            if found.map(|h| &h.1) != Some(target) {
                return Err("X-Amz-Target differs".to_owned());
            }
        }
        let theirs = case.body(request);
        let (a, b) = (comparable(case, &ours.body)?, comparable(case, &theirs)?);
        if a != b {
            return Err(format!("body\n   ours   {a}\n   theirs {b}"));
        }
        Ok(())
    });
}

/// A request body in a form that doesn't depend on the order of members.
fn comparable(case: &Case, body: &[u8]) -> Result<String, String> {
    match case.protocol {
        Protocol::AwsQuery | Protocol::Ec2Query => {
            let mut pairs: Vec<&str> = std::str::from_utf8(body).unwrap().split('&').collect();
            pairs.sort_unstable();
            Ok(pairs.join("&"))
        }
        Protocol::RpcV2Cbor => {
            let route = case.route();
            let raw = RawRequest {
                method: "POST",
                path: "",
                query: "",
                headers: &HeaderMap::new(),
                body,
            };
            let value = decode(&route, &raw).map_err(|e| e.to_string())?;
            Ok(normal(&value))
        }
        _ if body.is_empty() => Ok("{}".to_owned()),
        _ => {
            let json: Json = serde_json::from_slice(body).map_err(|e| e.to_string())?;
            Ok(json.to_string())
        }
    }
}

fn read(case: &Case, response: &Response) -> Result<Value, ClientError> {
    let mut headers = HeaderMap::new();
    headers.extend(response.headers.iter().cloned());
    let operation = case.route().operation;
    decode_output(
        case.service,
        operation,
        case.protocol,
        response.status,
        &headers,
        &response.body,
    )
}

fn their_response(case: &Case) -> Response {
    let response = &case.json["response"];
    let status = response["status_code"].as_u64().unwrap();
    Response {
        status: u16::try_from(status).unwrap(),
        headers: headers(response)
            .iter()
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect(),
        body: case.body(response),
    }
}

fn service_error(read: Result<Value, ClientError>) -> Result<AwsError, String> {
    match read {
        Err(ClientError::Service(error)) => Ok(error),
        other => Err(format!("no error but {other:?}")),
    }
}

#[test]
fn responses_are_read_as_the_cases_say() {
    each_case("output", |case| {
        let answer = read(case, &their_response(case));
        if let Some(code) = case.json["errorCode"].as_str() {
            let error = service_error(answer)?;
            let message = case.json["errorMessage"].as_str();
            if error.code != code || message.is_some_and(|m| m != error.message) {
                return Err(format!("{error}, not {code}: {message:?}"));
            }
            return Ok(());
        }
        let ours = answer.map_err(|e| format!("{e:?}"))?;
        let shape = case.route().operation.output;
        same(
            "output",
            &ours,
            &value(case.service, shape, &case.json["result"]),
        )
    });
}

#[test]
fn responses_are_written_so_that_they_read_back() {
    each_case("output", |case| {
        if let Some(code) = case.json["errorCode"].as_str() {
            let message = case.json["errorMessage"].as_str().unwrap_or_default();
            let status = their_response(case).status;
            let error = AwsError::new(code.to_owned(), message).with_status(status);
            let ours = encode_error(case.protocol, Some(case.service), &error, "id");
            if ours.status != status {
                return Err(format!("status {}", ours.status));
            }
            let back = service_error(read(case, &ours))?;
            return match back == error {
                true => Ok(()),
                false => Err(format!("{back:?} is not {error:?}")),
            };
        }
        let shape = case.route().operation.output;
        let result = value(case.service, shape, &case.json["result"]);
        let ours = encode_output(&case.route(), &result, "id");
        let back = read(case, &ours).map_err(|e| format!("{e:?}"))?;
        same("output", &back, &result)?;
        match case.protocol {
            Protocol::AwsJson1_0 | Protocol::AwsJson1_1 if shape.is_some() => {
                let theirs = their_response(case).body;
                let json = |b: &[u8]| serde_json::from_slice::<Json>(b).map_err(|e| e.to_string());
                if excluded::other_json(case.json["id"].as_str().unwrap()).is_some() {
                    return Ok(());
                }
                let (a, b) = (json(&ours.body)?, json(&theirs)?);
                if a != b {
                    return Err(format!("body\n   ours   {a}\n   theirs {b}"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    });
}
