//! Every AWS-managed policy loads, if `ROLECALL_MANAGED_POLICIES` names a JSON file that has them.
//!
//! The file is an object by policy name. A policy is a document itself, or has one under
//! `Document`, `document`, or in each entry of `versions`.
#![expect(
    clippy::disallowed_methods,
    reason = "the file is named by the environment"
)]

use rolecall_policy::{Policy, PolicyKind};
use serde_json::Value;

fn documents<'v>(policy: &'v Value, found: &mut Vec<&'v Value>) {
    let Value::Object(fields) = policy else {
        return;
    };
    if fields.contains_key("Statement") {
        found.push(policy);
        return;
    }
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("Document" | "document", value) => documents(value, found),
            ("versions", Value::Object(versions)) => {
                for version in versions.values() {
                    documents(version, found);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn aws_managed_policies_load() {
    let Ok(path) = std::env::var("ROLECALL_MANAGED_POLICIES") else {
        println!("skipped: ROLECALL_MANAGED_POLICIES is not set");
        return;
    };
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut count, mut refused) = (0, Vec::new());
    for (name, policy) in all.as_object().unwrap() {
        let mut found = Vec::new();
        documents(policy, &mut found);
        assert!(!found.is_empty(), "{name} has no document");
        for document in found {
            let text = document.to_string();
            let loaded = Policy::load(&text, PolicyKind::Managed)
                .unwrap_or_else(|error| panic!("{name}: {error}: {text}"));
            assert!(!loaded.statements().is_empty());
            count += 1;
            if let Err(error) = Policy::parse(&text, PolicyKind::Managed) {
                refused.push(format!("{name}: {error}"));
            }
        }
    }
    println!(
        "{count} documents load; {} of them would be refused on write:",
        refused.len()
    );
    for line in refused {
        println!("  {line}");
    }
}
