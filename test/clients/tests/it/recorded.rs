//! The calls that Terraform 1.11.4 with the AWS provider 5.100.0 makes to plan, apply, plan again
//! and destroy `fixtures/terraform`, recorded in order: each must get its status, signed anew.
//!
//! The recording names every resource by its name or by an ARN in account 123456789012 and region
//! ap-northeast-1, so no answer has to be carried into a later call.

use std::fmt::Write;

use rolecall_testkit::Node;
use rolecall_testkit::raw::{RawRequest, RawResponse, now};
use serde_json::Value;

const CALLS: &str = include_str!("../../fixtures/calls.json");
/// The region of the recording.
pub(crate) const REGION: &str = "ap-northeast-1";

/// How many calls plan and apply are.
const APPLY: usize = 30;

fn replay(node: &Node, call: &Value) -> RawResponse {
    let text = |name: &str| call[name].as_str().unwrap().to_owned();
    let mut headers = vec![("host".to_owned(), node.address.clone())];
    for (name, value) in call["headers"].as_object().unwrap() {
        headers.push((name.clone(), value.as_str().unwrap().to_owned()));
    }
    let request = RawRequest {
        method: text("method"),
        path: text("path"),
        query: String::new(),
        headers,
        body: text("body").into_bytes(),
    };
    let service = text("service");
    let signed = request
        .signed(&node.root.credentials(), REGION, &service, now())
        .unwrap();
    signed.send(&node.address).unwrap()
}

/// Makes what the recorded `terraform apply` made: the calls up to the first plan after it.
pub(crate) fn apply(node: &Node) {
    let calls: Vec<Value> = serde_json::from_str(CALLS).unwrap();
    for call in calls.iter().take(APPLY) {
        let answer = replay(node, call);
        assert_eq!(answer.status, 200, "{call}: {}", answer.body);
    }
}

#[test]
fn every_recorded_call_gets_its_status() {
    let node = Node::with_args(&["--no-tasks", "--region", REGION]).unwrap();
    let calls: Vec<Value> = serde_json::from_str(CALLS).unwrap();
    assert_eq!(calls.len(), 82);
    let mut wrong = String::new();
    for (n, call) in calls.iter().enumerate() {
        let answer = replay(&node, call);
        if u64::from(answer.status) != call["status"].as_u64().unwrap() {
            let (service, op) = (&call["service"], &call["op"]);
            let (status, body) = (answer.status, &answer.body);
            writeln!(wrong, "{} {service} {op}: {status} {body}", n + 1).unwrap();
        }
        if call["status"] == 400 {
            assert_eq!(
                answer.error_code().as_deref(),
                Some("RepositoryNotFoundException")
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
