//! Every AWS-managed policy loads, comes back as written, decides and is linted, if
//! `ROLECALL_MANAGED_POLICIES` names a JSON file that has them.
//!
//! The file is an object by policy name. A policy is a document itself, or has one under
//! `Document`, `document`, or in each entry of `versions`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the file is named by the environment; a test panics where it fails"
)]

use rolecall_policy::{
    Context, Document, Effect, Layers, NamedPolicy, Policy, PolicyKind, Principal, Request,
    evaluate, lint,
};
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

fn list(value: Option<&Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items.clone(),
        Some(single) => vec![single.clone()],
        None => Vec::new(),
    }
}

/// The statements are those of the document, element by element.
fn comes_back(policy: &Policy, document: &Value, name: &str) {
    let printed: Vec<Value> = policy
        .statements()
        .iter()
        .map(|statement| serde_json::from_str(statement.json()).unwrap())
        .collect();
    assert_eq!(printed, list(document.get("Statement")), "{name}");
}

/// What a document without Deny and conditions lists, on every resource, is allowed as listed.
fn decides(policy: &Policy, document: &Value, name: &str) {
    let principal = Principal::user(
        "123456789012",
        "arn:aws:iam::123456789012:user/al",
        "AIDAEXAMPLE",
    );
    let identity = [NamedPolicy { name, policy }];
    let layers = Layers {
        identity: &identity,
        ..Layers::default()
    };
    let context = Context::new();
    let ask = |action: &str| {
        let request = Request {
            principal: &principal,
            action,
            resource: "*",
            resource_account: None,
            context: &context,
        };
        evaluate(&request, &layers).allowed()
    };
    let only_allows = policy
        .statements()
        .iter()
        .all(|statement| statement.effect() == Effect::Allow);
    for statement in list(document.get("Statement")) {
        let plain = statement.get("Condition").is_none()
            && list(statement.get("Resource")) == [Value::from("*")];
        for action in list(statement.get("Action")) {
            let example = action
                .as_str()
                .unwrap()
                .replace('*', "Example")
                .replace('?', "x");
            let allowed = ask(&example);
            let wanted = only_allows && plain;
            assert!(allowed || !wanted, "{name}: {action}");
        }
    }
    let powerful = policy.statements().iter().any(|s| {
        s.json().contains(r#""Action":"*""#)
            || s.json().contains(r#"["*"]"#)
            || s.json().contains("NotAction")
    });
    assert!(powerful || !ask("nosuchservice:NoSuchAction"), "{name}");
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
            comes_back(&loaded, document, name);
            decides(&loaded, document, name);
            let elements = Document::parse(&text, PolicyKind::Managed).unwrap();
            let _ = lint(&elements, PolicyKind::Managed);
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
