//! Every operation that is built of ECS, ECR, CloudWatch Logs, CloudTrail and Organizations, by an
//! unmodified boto3 and by the aws command line: refused to who may do nothing, in AWS's words, and
//! answered to who may do exactly this. What is built is what boto3 knows without
//! `docs/not-built.txt`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rolecall_testkit::Node;
use rolecall_testkit::clients::{Said, python};
use rolecall_testkit::image::busybox;
use serde_json::{Value, json};

use crate::host::Host;

/// The areas that together drive every operation; they run no container.
const AREAS: [&str; 6] = ["organizations", "cloudtrail", "logs", "ecr", "ecs", "tasks"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// One of the programs, for the root user.
fn program(node: &Node, name: &str) -> Command {
    let mut command = node.command(python().unwrap());
    command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // How the command line is called is there.
        .env("PYTHONPATH", fixtures().join("every"))
        .arg(fixtures().join("every_other").join(name));
    command
}

/// `service:Operation`, each that is not built.
fn not_built() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/not-built.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

fn names(said: &Value, member: &str) -> BTreeSet<String> {
    let list = said[member].as_array().unwrap();
    list.iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

/// Drives everything with a client; what was driven, which is all that is built.
fn all_driven(client: &str, more: &[&str]) -> (Value, BTreeSet<String>) {
    let node = Node::start().unwrap();
    let mut command = program(&node, "main.py");
    let said = Said::by(command.arg(client).args(AREAS).args(more)).unwrap();
    assert_eq!(said.status, 0, "{}", said.err);
    let said = said.json();
    let built: BTreeSet<String> = &names(&said, "modelled") - &not_built();
    assert!(built.len() > 100, "{built:?}");
    for side in ["refused", "allowed"] {
        let driven = names(&said, side);
        let missing: Vec<_> = built.difference(&driven).collect();
        assert!(
            missing.is_empty(),
            "nothing drives them to {side}: {missing:?}"
        );
        let unknown: Vec<_> = driven.difference(&built).collect();
        assert!(unknown.is_empty(), "driven, but not built: {unknown:?}");
    }
    (said, built)
}

#[test]
fn boto3_is_refused_and_allowed_every_operation() {
    let (said, built) = all_driven("boto3", &["refusals"]);
    let waiters = said["waiters"].as_object().unwrap().iter();
    let possible = waiters.filter(|(_, calls)| built.contains(calls.as_str().unwrap()));
    let possible: BTreeSet<String> = possible.map(|(name, _)| name.clone()).collect();
    assert_eq!(names(&said, "waited"), possible);
}

#[test]
fn the_command_line_is_refused_and_allowed_every_operation() {
    all_driven("command-line", &[]);
}

#[test]
fn pages_together_are_what_is_answered_at_once() {
    let node = Node::start().unwrap();
    let mut process = program(&node, "pages.py")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = process.stdin.take().unwrap();
    let input = json!(not_built()).to_string();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let said = Said::from(process.wait_with_output().unwrap());
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.out.lines().count() >= 28, "{}", said.out);
}

/// The image goes up by the ECR API, and the waiters see the task run and end.
#[test]
fn a_container_of_an_image_that_the_api_was_given() {
    let Some(host) = Host::bare(&[]) else {
        return;
    };
    let layout = host.scratch().join("layout");
    busybox().unwrap().write_layout(&layout, "v1").unwrap();
    let mut command = program(&host.node, "main.py");
    command
        .args(["boto3", "containers"])
        .env("ROLECALL_TEST_LAYOUT", &layout);
    let said = Said::by(&mut command).unwrap();
    assert_eq!(said.status, 0, "{}", said.err);
    let driven = names(&said.json(), "allowed");
    assert!(driven.contains("ecs:RunTask") && driven.contains("ecs:StopTask"));
}
