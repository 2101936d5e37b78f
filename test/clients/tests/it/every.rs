//! Every built operation of IAM and STS by an unmodified boto3, and by the aws command line:
//! refused to a caller that may do nothing, with AWS's message and the concrete resource; done by a
//! caller that may do exactly that, and its effect read back. By boto3 every paginator and every
//! waiter of IAM, too.
//!
//! The steps are in `fixtures/every`. Which operations must be among them follows from the model
//! of boto3 and the list of what is not built, so that none is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rolecall_testkit::Node;
use rolecall_testkit::clients::{Said, python};
use serde_json::Value;

/// Operations that no permission is asked for.
///
/// Source: STS API Reference, `GetCallerIdentity`, `GetSessionToken`.
const FREE: [&str; 2] = ["sts:GetCallerIdentity", "sts:GetSessionToken"];

/// Errors that every operation may answer with.
///
/// Source: IAM API Reference, "Common errors".
const COMMON: [&str; 3] = ["AccessDenied", "InvalidClientTokenId", "ValidationError"];

fn names(value: &Value) -> BTreeSet<String> {
    let list = value.as_array().unwrap_or_else(|| panic!("{value}"));
    list.iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

fn not_built() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/not-built.txt");
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What the program says, which must have come to its end without a failure.
fn driven(client: &str) -> Value {
    let node = Node::start().unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/every/main.py");
    let mut command = node.command(python().unwrap());
    command
        .args([program.as_os_str(), client.as_ref()])
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let said = Said::by(&mut command).unwrap();
    assert_eq!(said.status, 0, "{}\n{}", said.err, node.log());
    let said = said.json();
    let failed: BTreeMap<String, String> = serde_json::from_value(said["failed"].clone()).unwrap();
    let texts: Vec<String> = failed
        .into_iter()
        .map(|(area, why)| area + "\n" + &why)
        .collect();
    assert!(texts.is_empty(), "{}", texts.join("\n"));
    said
}

/// What is built; all of it was driven, on both sides.
fn all_driven(said: &Value) -> BTreeSet<String> {
    let built: BTreeSet<String> = names(&said["operations"])
        .difference(&not_built())
        .cloned()
        .collect();
    let free: BTreeSet<String> = said["free"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(free, FREE.map(str::to_owned).into());
    for side in ["refused", "allowed"] {
        let mut shown = names(&said[side]);
        shown.extend(free.iter().cloned());
        let missing: Vec<_> = built.difference(&shown).collect();
        assert!(missing.is_empty(), "never {side}: {missing:#?}");
        let unknown: Vec<_> = shown.difference(&built).collect();
        assert!(
            unknown.is_empty(),
            "not built by the list, and {side}: {unknown:#?}"
        );
    }
    let undocumented: Vec<String> = names(&said["undocumented"])
        .into_iter()
        .filter(|what| {
            !COMMON
                .iter()
                .any(|code| what.ends_with(&format!(": {code}")))
        })
        .collect();
    assert!(
        undocumented.is_empty(),
        "errors that the model does not give these operations: {undocumented:#?}"
    );
    built
}

#[test]
fn boto3_is_refused_and_allowed_every_operation_of_iam_and_sts() {
    let said = driven("boto3");
    let built = all_driven(&said);
    let missing: Vec<String> = names(&said["paginators"])
        .difference(&names(&said["paged"]))
        .filter(|name| built.contains(*name))
        .cloned()
        .collect();
    assert!(missing.is_empty(), "never paged: {missing:#?}");
    let waiters = [
        "instance_profile_exists",
        "policy_exists",
        "role_exists",
        "user_exists",
    ];
    assert_eq!(names(&said["waiters"]), waiters.map(str::to_owned).into());
}

#[test]
fn the_command_line_is_refused_and_allowed_every_operation_of_iam_and_sts() {
    all_driven(&driven("command line"));
}
