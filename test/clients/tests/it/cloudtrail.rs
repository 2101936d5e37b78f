//! The record of calls: looked up by boto3 and the command line, read beside the running server,
//! there after kill -9, and without secrets.

use std::path::Path;
use std::time::{Duration, Instant};

use rolecall_record::{Query, Reader};
use rolecall_testkit::clients::{Said, aws_v2, python};
use rolecall_testkit::{Key, Node};
use serde_json::{Value, json};

/// Goes through all pages of a lookup with boto3's own paginator.
const PAGES: &str = r#"
import boto3

pages = boto3.client("cloudtrail").get_paginator("lookup_events").paginate(
    LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}],
    PaginationConfig={"PageSize": 4},
)
for page in pages:
    for event in page["Events"]:
        print(event["Resources"][0]["ResourceName"])
"#;

fn lookup(key: &str, value: &str) -> Value {
    json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]})
}

/// The events that an attribute finds.
fn events(node: &Node, key: &str, value: &str) -> Vec<Value> {
    let call = ("cloudtrail", "lookup_events", lookup(key, value));
    let answer = node.boto3(&[call]).unwrap().remove(0);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.output["Events"].as_array().unwrap().clone()
}

fn make_users(node: &Node, names: impl Iterator<Item = String>) {
    let calls: Vec<_> = names
        .map(|name| ("iam", "create_user", json!({"UserName": name})))
        .collect();
    for answer in node.boto3(&calls).unwrap() {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[test]
fn calls_are_looked_up_by_boto3_and_the_command_line() {
    let node = Node::start().unwrap();
    make_users(&node, (0..10).map(|n| format!("user-{n}")));
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "ecs:ListClusters", "Resource": "*"},
    });
    let alice = node.user("alice", &policy).unwrap();
    let calls = [
        ("ecs", "list_clusters", json!({})),
        ("ecs", "delete_cluster", json!({"cluster": "web"})),
        ("cloudtrail", "lookup_events", json!({})),
    ];
    let answers = node.boto3_as(&alice, &calls).unwrap();
    assert_eq!(answers[1].code.as_deref(), Some("AccessDeniedException"));
    assert_eq!(answers[2].code.as_deref(), Some("AccessDeniedException"));

    let found = events(&node, "Username", "alice");
    let names: Vec<_> = found.iter().map(|event| &event["EventName"]).collect();
    assert_eq!(names, ["LookupEvents", "DeleteCluster", "ListClusters"]);
    let denied: Value =
        serde_json::from_str(found[1]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(denied["eventVersion"], "1.11");
    assert_eq!(denied["userIdentity"]["type"], "IAMUser");
    assert_eq!(denied["userIdentity"]["userName"], "alice");
    assert_eq!(
        denied["userIdentity"]["accessKeyId"],
        alice.access_key_id.as_str()
    );
    assert_eq!(denied["sourceIPAddress"], "127.0.0.1");
    assert!(denied["userAgent"].as_str().unwrap().contains("Boto3"));
    assert_eq!(denied["errorCode"], "AccessDeniedException");
    assert_eq!(denied["errorMessage"], answers[1].message.as_str());
    assert_eq!(denied["requestParameters"], json!({"cluster": "web"}));
    assert_eq!(denied["eventID"], found[1]["EventId"]);

    let said = Said::by(node.command(python().unwrap()).args(["-c", PAGES])).unwrap();
    let wanted: Vec<String> = (0..10).rev().map(|n| format!("user-{n}")).collect();
    let users: Vec<_> = said.out.lines().filter(|name| *name != "alice").collect();
    assert_eq!(users, wanted, "{said:?}");
    let mut aws = node.command(aws_v2().unwrap());
    aws.args([
        "cloudtrail",
        "lookup-events",
        "--lookup-attributes",
        "AttributeKey=ResourceName,AttributeValue=user-3",
        "--query",
        "Events[].[EventName,Username,ReadOnly]",
        "--output",
        "json",
    ]);
    let said = Said::by(&mut aws).unwrap();
    assert_eq!(
        said.json(),
        json!([["CreateUser", "root", "false"]]),
        "{said:?}"
    );
}

#[test]
fn a_refused_signature_is_recorded_under_the_key_that_it_names() {
    let node = Node::start().unwrap();
    let wrong = Key::new(&node.root.access_key_id, "not-the-secret");
    let answers = node
        .boto3_as(&wrong, &[("iam", "list_users", json!({}))])
        .unwrap();
    assert_eq!(answers[0].code.as_deref(), Some("SignatureDoesNotMatch"));
    let unknown = Key::new("AKIANOBODYEXAMPLE000", "x");
    node.boto3_as(&unknown, &[("iam", "list_users", json!({}))])
        .unwrap();
    let found = events(&node, "EventName", "ListUsers");
    assert_eq!(found.len(), 1);
    let event: Value = serde_json::from_str(found[0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(event["errorCode"], "SignatureDoesNotMatch");
    assert_eq!(
        event["userIdentity"]["accessKeyId"],
        node.root.access_key_id.as_str()
    );
}

#[test]
fn the_record_is_read_beside_the_server_and_outlives_kill_9() {
    let mut node = Node::start().unwrap();
    let reader = Reader::of_data(&node.data());
    for round in 0..3 {
        make_users(&node, (0..20).map(|n| format!("round-{round}-{n}")));
        // Another process finds the calls within the flush interval; nobody asks the server.
        let last = format!("round-{round}-19");
        let since = Instant::now();
        while newest(&reader) != Some(last.clone()) {
            assert!(
                since.elapsed() < Duration::from_secs(10),
                "{last} is not there"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        node.kill().unwrap();
        node.restart().unwrap();
    }
    let calls = reader
        .calls(Query::default())
        .map(|entry| entry.unwrap().call);
    let made = calls.filter(|call| call.operation == "CreateUser");
    assert_eq!(made.count(), 60);
    assert_eq!(events(&node, "ResourceName", "round-0-0").len(), 1);
    node.stop().unwrap();
    let last = reader.calls(Query::default()).next().unwrap().unwrap().call;
    assert_eq!(last.operation, "LookupEvents");
}

/// The user that was made last.
fn newest(reader: &Reader) -> Option<String> {
    let mut calls = reader
        .calls(Query::default())
        .map(|entry| entry.unwrap().call);
    let made = calls.find(|call| call.operation == "CreateUser")?;
    let arn = &made.resources.first()?.arn;
    arn.rsplit('/').next().map(str::to_owned)
}

#[test]
fn no_secret_is_in_the_record() {
    let mut node = Node::start().unwrap();
    let password = "Correct-Horse-9-Battery";
    let environment = "staple-of-the-environment";
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"},
            "Action": "sts:AssumeRole"},
    });
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    });
    let alice = node.user("alice", &policy).unwrap();
    let answers = node
        .boto3(&[
            (
                "iam",
                "create_login_profile",
                json!({"UserName": "alice", "Password": password}),
            ),
            (
                "iam",
                "create_role",
                json!({"RoleName": "app", "AssumeRolePolicyDocument": trust.to_string()}),
            ),
            (
                "ecs",
                "register_task_definition",
                json!({"family": "web", "containerDefinitions": [{
                    "name": "app", "image": "busybox", "memory": 64,
                    "environment": [{"name": "PASSWORD", "value": environment}],
                }]}),
            ),
            ("ecr", "get_authorization_token", json!({})),
        ])
        .unwrap();
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let role = json!({"RoleArn": "arn:aws:iam::123456789012:role/app", "RoleSessionName": "s1"});
    let assumed = node
        .boto3_as(&alice, &[("sts", "assume_role", role)])
        .unwrap()
        .remove(0);
    assert_eq!(assumed.status, 200, "{assumed:?}");
    let session = Key {
        access_key_id: assumed.text("/Credentials/AccessKeyId").to_owned(),
        secret_access_key: assumed.text("/Credentials/SecretAccessKey").to_owned(),
        session_token: Some(assumed.text("/Credentials/SessionToken").to_owned()),
    };
    node.boto3_as(&session, &[("sts", "get_caller_identity", json!({}))])
        .unwrap();
    node.stop().unwrap();

    let bytes = written(&node.data().join("record"));
    let has = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(has("RegisterTaskDefinition") && has("HIDDEN_DUE_TO_SECURITY_REASONS"));
    assert!(has(&session.access_key_id));
    let token = session.session_token.clone().unwrap();
    let registry = answers[3].text("/authorizationData/0/authorizationToken");
    assert!(registry.len() > 40 && token.len() > 40);
    for secret in [
        password,
        environment,
        &alice.secret_access_key,
        &node.root.secret_access_key,
        &session.secret_access_key,
        &token,
        registry,
    ] {
        assert!(!has(secret), "{secret} is in the record");
    }
}

fn written(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap();
    let bytes = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    bytes.flatten().collect()
}
