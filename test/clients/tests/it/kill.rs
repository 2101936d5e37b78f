//! The server is killed under a write load, again and again: every write that it acknowledged is
//! there when it comes back. `ROLECALL_KILL_ROUNDS` sets how often (3 unless told).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rolecall_testkit::Node;
use rolecall_testkit::image::busybox;
use rolecall_testkit::raw::{RawRequest, RawResponse, now};
use serde_json::{Value, json};

use crate::host::{CLUSTER, Host, REPOSITORY};

const CLIENTS: usize = 8;
const IAM: &str = "2010-05-08";

fn rounds() -> usize {
    std::env::var("ROLECALL_KILL_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3)
}

fn call(node: &Node, service: &str, request: RawRequest) -> std::io::Result<RawResponse> {
    request
        .signed(&node.root.credentials(), &node.region, service, now())?
        .send(&node.address)
}

fn iam(node: &Node, action: &str, form: &[(&str, &str)]) -> std::io::Result<RawResponse> {
    call(
        node,
        "iam",
        RawRequest::query(&node.address, action, IAM, form),
    )
}

/// A document and the members that the acknowledgement spoke of.
struct Written {
    user: String,
    key: String,
}

/// Writes until the server is gone, and gives back what was acknowledged.
fn write(node: &Node, prefix: &str, done: &AtomicUsize, stop: &AtomicBool) -> Vec<Written> {
    let mut written = Vec::new();
    for n in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let user = format!("{prefix}-{n}");
        // A refusal, a cut answer and no answer are all the same: not acknowledged.
        let made = iam(node, "CreateUser", &[("UserName", &user)]);
        if !made.is_ok_and(|answer| answer.status == 200) {
            continue;
        }
        let mut one = Written {
            user,
            key: String::new(),
        };
        if let Ok(answer) = iam(node, "CreateAccessKey", &[("UserName", &one.user)]) {
            one.key = between(&answer.body, "<AccessKeyId>", "</AccessKeyId>");
        }
        written.push(one);
        done.fetch_add(1, Ordering::SeqCst);
    }
    written
}

fn between(text: &str, from: &str, to: &str) -> String {
    let rest = text.split_once(from).map_or("", |(_, rest)| rest);
    rest.split_once(to)
        .map_or("", |(found, _)| found)
        .to_owned()
}

/// Every value between the two marks on all pages of a listing.
fn names(node: &Node) -> Vec<String> {
    let mut names = Vec::new();
    let mut marker = String::new();
    loop {
        let mut form = vec![("MaxItems", "1000")];
        if !marker.is_empty() {
            form.push(("Marker", &marker));
        }
        let page = iam(node, "ListUsers", &form).unwrap().body;
        let found = page.split("<UserName>").skip(1);
        names.extend(found.filter_map(|rest| Some(rest.split_once('<')?.0.to_owned())));
        marker = between(&page, "<Marker>", "</Marker>");
        if marker.is_empty() {
            return names;
        }
    }
}

fn assert_there(node: &Node, written: &[Written]) {
    let names: std::collections::BTreeSet<String> = names(node).into_iter().collect();
    for one in written {
        assert!(
            names.contains(&one.user),
            "{} was acknowledged and is gone",
            one.user
        );
    }
    // Keys: the last ones of the round, which were nearest to the kill.
    for one in written
        .iter()
        .rev()
        .filter(|one| !one.key.is_empty())
        .take(2 * CLIENTS)
    {
        let listed = iam(node, "ListAccessKeys", &[("UserName", &one.user)]).unwrap();
        assert!(
            listed.body.contains(&one.key),
            "the key of {} is gone: {}",
            one.user,
            listed.body
        );
    }
}

#[test]
fn every_acknowledged_write_outlives_kill_9() {
    let mut node = Node::with_args(&["--no-tasks", "--quota", "UsersPerAccount=1000000"]).unwrap();
    let mut all = 0;
    for round in 0..rounds() {
        let done = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let written: Vec<Written> = std::thread::scope(|scope| {
            let (node, done, stop) = (&node, &done, &stop);
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    scope.spawn(move || write(node, &format!("r{round}-c{client}"), done, stop))
                })
                .collect();
            // Each round dies a little later in its life than the one before.
            let enough = CLIENTS * (2 + round % 7);
            while done.load(Ordering::SeqCst) < enough {
                std::thread::sleep(Duration::from_millis(1));
            }
            let pid = node.pid().to_string();
            std::process::Command::new("kill")
                .args(["-KILL", &pid])
                .status()
                .unwrap();
            stop.store(true, Ordering::SeqCst);
            clients
                .into_iter()
                .flat_map(|client| client.join().unwrap())
                .collect()
        });
        node.kill().unwrap();
        node.restart().unwrap();
        assert!(written.len() >= 2 * CLIENTS);
        all += written.len();
        assert_there(&node, &written);
    }
    assert!(names(&node).len() >= all);
}

#[test]
fn log_events_that_were_acknowledged_outlive_kill_9() {
    let mut node = Node::start().unwrap();
    let logs = |node: &Node, op: &str, body: &str| {
        call(
            node,
            "logs",
            RawRequest::json(&node.address, &format!("Logs_20140328.{op}"), body),
        )
    };
    let create = [
        ("CreateLogGroup", r#"{"logGroupName":"g"}"#),
        (
            "CreateLogStream",
            r#"{"logGroupName":"g","logStreamName":"s"}"#,
        ),
    ];
    for (op, body) in create {
        let answer = logs(&node, op, body).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let start_ms = now().unix_s() * 1000;
    for n in 0..50 {
        let body = format!(
            r#"{{"logGroupName":"g","logStreamName":"s","logEvents":[{{"timestamp":{},"message":"line {n}"}}]}}"#,
            start_ms + n
        );
        assert_eq!(logs(&node, "PutLogEvents", &body).unwrap().status, 200);
    }
    node.kill().unwrap();
    node.restart().unwrap();
    let get = r#"{"logGroupName":"g","logStreamName":"s","startFromHead":true}"#;
    let answer = logs(&node, "GetLogEvents", get).unwrap();
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    let lines: Vec<&str> = answer["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["message"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (0..50).map(|n| format!("line {n}")).collect();
    assert_eq!(lines, expected);
}

/// Tasks that were acknowledged run to their end, wherever in their start the server died: each
/// exactly one time, with its exit code and all of its log.
#[test]
fn tasks_that_were_acknowledged_run_through_kill_9() {
    let Some(mut host) = Host::new() else {
        return;
    };
    host.push(&busybox().unwrap(), REPOSITORY, "v1");
    let program = "for n in 1 2 3 4 5; do echo $n; sleep 0.2; done; exit 13";
    let definition = host.register("v1", &json!({"command": ["sh", "-c", program]}));
    for round in 0..rounds().min(30) {
        let tasks: Vec<String> = (0..4)
            .map(|_| host.run_task(CLUSTER, &definition))
            .collect();
        // Each round dies at another point of pull, start, run and end.
        std::thread::sleep(Duration::from_millis(50 + 370 * (round as u64 % 7)));
        host.node.kill().unwrap();
        host.node.restart().unwrap();
        for task in &tasks {
            let stopped = host.stopped(task);
            assert_eq!(stopped["containers"][0]["exitCode"], 13, "{stopped:#}");
            assert_eq!(
                stopped["stoppedReason"],
                "Essential container in task exited"
            );
            let lines = host.wait_lines(task, |lines| lines.iter().any(|line| line == "5"));
            assert_eq!(lines, ["1", "2", "3", "4", "5"], "{task}");
        }
    }
}
