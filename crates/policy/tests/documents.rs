//! Documents as data: what AWS refuses, with its message, and what it accepts.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test panics where it fails, in its helpers too"
)]

use rolecall_policy::{Policy, PolicyKind};
use serde_json::Value;

fn kind(name: &str) -> PolicyKind {
    match name {
        "identity" => PolicyKind::Identity,
        "managed" => PolicyKind::Managed,
        "resource" => PolicyKind::Resource,
        "trust" => PolicyKind::Trust,
        "session" => PolicyKind::Session,
        "scp" => PolicyKind::Scp,
        "rcp" => PolicyKind::Rcp,
        other => panic!("no kind {other}"),
    }
}

/// A document as text, so that it can be malformed, or as JSON.
fn text(case: &Value) -> String {
    match case.get("document").unwrap() {
        Value::String(text) => text.clone(),
        json => json.to_string(),
    }
}

fn kinds(case: &Value) -> Vec<PolicyKind> {
    case["kind"]
        .as_str()
        .unwrap_or("managed")
        .split(' ')
        .map(kind)
        .collect()
}

#[test]
fn malformed_documents_are_refused_in_awss_words() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases/malformed.json")).unwrap();
    assert!(cases.len() >= 80);
    let mut failures = Vec::new();
    for case in &cases {
        for kind in kinds(case) {
            let document = text(case);
            let got = match Policy::parse(&document, kind) {
                Ok(_) => "accepted".to_owned(),
                Err(error) => {
                    assert_eq!(error.code(), "MalformedPolicyDocument");
                    error.to_string()
                }
            };
            if got != case["message"].as_str().unwrap() {
                failures.push(format!("{document} as {kind:?}\n  got {got}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn well_formed_documents_are_accepted() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases/wellformed.json")).unwrap();
    assert!(cases.len() >= 30);
    for case in &cases {
        for kind in kinds(case) {
            let document = text(case);
            let policy = Policy::parse(&document, kind)
                .unwrap_or_else(|error| panic!("{document} as {kind:?}: {error}"));
            // What is printed back is the same statement.
            for statement in policy.statements() {
                let again = format!(
                    r#"{{"Version":"2012-10-17","Statement":{}}}"#,
                    statement.json()
                );
                let again = Policy::parse(&again, kind).unwrap();
                assert_eq!(again.statements()[0].json(), statement.json());
            }
        }
    }
}

#[test]
fn principals_are_tied_to_unique_ids() {
    use rolecall_policy::{Context, Layers, NamedPolicy, Principal, Request, evaluate};
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":[
        "arn:aws:iam::123456789012:user/alice","123456789012"]},"Action":"sts:AssumeRole"}}"#;
    let parse = || Policy::parse(trust, PolicyKind::Trust).unwrap();
    let error = parse().resolve_principals(|_| None).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/alice""#
    );
    let policy = parse()
        .resolve_principals(|_| Some("AIDAFIRST0000000001".to_owned()))
        .unwrap();
    let names: Vec<_> = policy.principals().collect();
    assert_eq!(
        names,
        [
            ("AWS", "arn:aws:iam::123456789012:user/alice"),
            ("AWS", "123456789012")
        ]
    );
    for (id, allowed) in [
        ("AIDAFIRST0000000001", true),
        ("AIDASECOND000000001", false),
    ] {
        let principal = Principal::user("123456789012", "arn:aws:iam::123456789012:user/alice", id);
        let request = Request {
            principal: &principal,
            action: "sts:AssumeRole",
            resource: "arn:aws:iam::123456789012:role/web",
            resource_account: None,
            context: &Context::new(),
        };
        let layers = Layers {
            resource: Some(NamedPolicy {
                name: "trust",
                policy: &policy,
            }),
            resource_policy_must_allow: true,
            ..Layers::default()
        };
        assert_eq!(evaluate(&request, &layers).allowed(), allowed, "{id}");
    }
}

/// `parse` refuses such statements; should one come from elsewhere, it does not open the resource.
#[test]
fn without_a_principal_nobody_is_allowed_and_everyone_denied() {
    use rolecall_policy::{Context, Layers, NamedPolicy, Principal, Reason, Request, evaluate};
    for (kind, effect, denied) in [
        (PolicyKind::Resource, "Allow", false),
        (PolicyKind::Trust, "Allow", false),
        (PolicyKind::Resource, "Deny", true),
        (PolicyKind::Trust, "Deny", true),
    ] {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"sts:AssumeRole"}}}}"#
        );
        assert!(Policy::parse(&text, kind).is_err());
        let policy = Policy::load(&text, kind).unwrap();
        let principal = Principal::service("ecs.amazonaws.com");
        let request = Request {
            principal: &principal,
            action: "sts:AssumeRole",
            resource: "arn:aws:iam::123456789012:role/web",
            resource_account: None,
            context: &Context::new(),
        };
        let layers = Layers {
            resource: Some(NamedPolicy {
                name: "p",
                policy: &policy,
            }),
            ..Layers::default()
        };
        let decision = evaluate(&request, &layers);
        assert!(!decision.allowed());
        let explicit = matches!(decision.reason, Reason::ExplicitDeny(_));
        assert_eq!(explicit, denied, "{text}");
    }
}

/// A name under the wrong type of principal, which `parse` refuses too, names nobody.
#[test]
fn a_name_of_another_type_is_nobodys() {
    use rolecall_policy::{Context, Layers, NamedPolicy, Principal, Request, evaluate};
    let user = "arn:aws:iam::123456789012:user/alice";
    let provider = "arn:aws:iam::123456789012:saml-provider/corp";
    let alice = Principal::user("123456789012", user, "AIDAEXAMPLE");
    let federated = Principal::federated(provider);
    for (principal, kind, name) in [
        (&alice, "Federated", user),
        (&alice, "Service", user),
        (&federated, "AWS", provider),
        (&federated, "Service", provider),
    ] {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Principal":{{"{kind}":"{name}"}}}}}}"#
        );
        assert!(Policy::parse(&text, PolicyKind::Resource).is_err());
        let policy = Policy::load(&text, PolicyKind::Resource).unwrap();
        let request = Request {
            principal,
            action: "sns:Publish",
            resource: "arn:aws:sns:us-east-1:123456789012:t",
            resource_account: Some("123456789012"),
            context: &Context::new(),
        };
        let layers = Layers {
            resource: Some(NamedPolicy {
                name: "p",
                policy: &policy,
            }),
            ..Layers::default()
        };
        assert!(!evaluate(&request, &layers).allowed(), "{text}");
    }
}
