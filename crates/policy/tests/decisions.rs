//! Decisions as data: every file of `tests/cases` but the documents' is a list of cases, each
//! standing for a sentence of AWS documentation (`doc`); `page` of a file says where it stands if
//! the sentence does not.
//!
//! A case has policies by layer, a request, and what is expected: `allow <policy>[<statement>]`,
//! `explicit deny <policy>[<statement>]`, `implicit deny <layer>`, `root user` or `no permission
//! needed`. Policies are named by layer and position (`identity-0`, `scp-<level>-<n>`); a policy
//! that is a list is a list of statements of Version 2012-10-17; `FullAWSAccess` and
//! `RCPFullAWSAccess` are AWS's. What a case leaves out comes from `base()`.
//!
//! A case with a `statement` is about whether that statement `applies`; it is tried with Allow and
//! with Deny, in a policy of the caller.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it fails, in its helpers too"
)]

use std::collections::HashSet;
use std::fmt::Write as _;

use rolecall_policy::{
    Context, ContextValue, Decision, Layer, Layers, NamedPolicy, Policy, PolicyKind, Principal,
    PrincipalKind, Reason, Request, Suggestion, evaluate, explain,
};
use serde_json::{Value, json};

/// Policies with their names, as a case gives them.
type Owned = Vec<(String, Policy)>;

fn base() -> Value {
    json!({
        "principal": "alice",
        "action": "ecs:RunTask",
        "on": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1",
        "context": {},
    })
}

fn principal(name: &str) -> Principal<'_> {
    match name.split_once(':') {
        Some(("service", service)) => return Principal::service(service),
        Some(("federated", provider)) => return Principal::federated(provider),
        _ => {}
    }
    match name {
        "alice" => Principal::user(
            "123456789012",
            "arn:aws:iam::123456789012:user/alice",
            "AIDAALICEEXAMPLE0001",
        ),
        "zoe" => Principal::user(
            "999988887777",
            "arn:aws:iam::999988887777:user/zoe",
            "AIDAZOEEXAMPLE000001",
        ),
        "guest" => Principal::role_session(
            "999988887777",
            "arn:aws:sts::999988887777:assumed-role/guest/g1",
            "arn:aws:iam::999988887777:role/guest",
            "AROAGUESTEXAMPLE0001",
            "g1",
        ),
        "zoeroot" => Principal::root("999988887777", "arn:aws:iam::999988887777:root"),
        "root" => Principal::root("123456789012", "arn:aws:iam::123456789012:root"),
        "deploy" => Principal::role_session(
            "123456789012",
            "arn:aws:sts::123456789012:assumed-role/deploy/s1",
            "arn:aws:iam::123456789012:role/team/deploy",
            "AROADEPLOYEXAMPLE001",
            "s1",
        ),
        "linked" => Principal::role_session(
            "123456789012",
            "arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForECS/s1",
            "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "AROALINKEDEXAMPLE001",
            "s1",
        ),
        "carol" => Principal::federated_user(
            "123456789012",
            "arn:aws:sts::123456789012:federated-user/carol",
            "arn:aws:iam::123456789012:user/alice",
            "AIDAALICEEXAMPLE0001",
            "carol",
        ),
        "anonymous" => Principal::anonymous(),
        other => panic!("no principal {other}"),
    }
}

fn compile(document: &Value, kind: PolicyKind) -> Policy {
    const FULL: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    const RCP_FULL: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
    match document.as_str() {
        Some("FullAWSAccess") => return Policy::load(FULL, kind).unwrap(),
        Some("RCPFullAWSAccess") => return Policy::load(RCP_FULL, kind).unwrap(),
        _ => {}
    }
    let document = match document {
        Value::Array(statements) => json!({"Version": "2012-10-17", "Statement": statements}),
        whole => whole.clone(),
    };
    let text = document.to_string();
    Policy::parse(&text, kind).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn policies(value: Option<&Value>, name: &str, kind: PolicyKind) -> Owned {
    let list = value.and_then(Value::as_array).cloned().unwrap_or_default();
    let compiled = list.iter().enumerate();
    compiled
        .map(|(i, document)| (format!("{name}-{i}"), compile(document, kind)))
        .collect()
}

fn levels(value: Option<&Value>, name: &str, kind: PolicyKind) -> Vec<Owned> {
    let levels = value.and_then(Value::as_array).cloned().unwrap_or_default();
    let numbered = levels.iter().enumerate();
    numbered
        .map(|(i, level)| policies(Some(level), &format!("{name}-{i}"), kind))
        .collect()
}

fn named(owned: &Owned) -> Vec<NamedPolicy<'_>> {
    owned
        .iter()
        .map(|(name, policy)| NamedPolicy { name, policy })
        .collect()
}

fn context(values: &Value) -> Context<'static> {
    let mut context = Context::new();
    for (key, value) in values.as_object().expect("context is an object") {
        let value = match value {
            Value::String(text) => ContextValue::Str(text.clone().into()),
            Value::Bool(value) => ContextValue::Bool(*value),
            Value::Number(number) => ContextValue::Int(number.as_i64().unwrap()),
            Value::Array(all) => ContextValue::List(
                all.iter()
                    .map(|text| text.as_str().unwrap().to_owned().into())
                    .collect(),
            ),
            Value::Object(typed) => match (typed.get("epoch"), typed.get("ip")) {
                (Some(seconds), _) => ContextValue::EpochSeconds(seconds.as_i64().unwrap()),
                (_, Some(ip)) => ContextValue::Ip(ip.as_str().unwrap().parse().unwrap()),
                _ => panic!("epoch or ip"),
            },
            Value::Null => panic!("{key}: null"),
        };
        context.set_value(key.clone(), value);
    }
    context
}

fn describe(decision: &Decision<'_>) -> String {
    match &decision.reason {
        Reason::Allow(at) => format!("allow {}[{}]", at.policy, at.statement),
        Reason::ExplicitDeny(at) => format!("explicit deny {}[{}]", at.policy, at.statement),
        Reason::ImplicitDeny(layer) => format!("implicit deny {}", layer_name(*layer)),
        Reason::RootUser => "root user".to_owned(),
        Reason::NoPermissionNeeded => "no permission needed".to_owned(),
    }
}

const fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::ResourceControl => "rcp",
        Layer::ServiceControl => "scp",
        Layer::Resource => "resource",
        Layer::Trust => "trust",
        Layer::Identity => "identity",
        Layer::Boundary => "boundary",
        Layer::Session => "session",
    }
}

/// A case's policies and what else the layers need.
struct Case {
    identity: Owned,
    boundary: Option<Owned>,
    session: Option<Owned>,
    resource: Option<(String, Policy)>,
    scps: Vec<Owned>,
    rcps: Vec<Owned>,
    must_allow: bool,
}

impl Case {
    fn new(case: &Value) -> Self {
        let get = |name: &str| case.get(name);
        let optional = |name: &str, kind| get(name).map(|_| policies(get(name), name, kind));
        let resource = match (get("resource"), get("trust")) {
            (Some(document), _) => Some((
                "resource".to_owned(),
                compile(document, PolicyKind::Resource),
            )),
            (_, Some(document)) => Some(("trust".to_owned(), compile(document, PolicyKind::Trust))),
            _ => None,
        };
        Self {
            identity: policies(get("identity"), "identity", PolicyKind::Identity),
            boundary: optional("boundary", PolicyKind::Identity),
            session: optional("session", PolicyKind::Session),
            must_allow: get("trust").is_some() || get("must_allow").is_some(),
            resource,
            scps: levels(get("scps"), "scp", PolicyKind::Scp),
            rcps: levels(get("rcps"), "rcp", PolicyKind::Rcp),
        }
    }

    fn decide(&self, request: &Request<'_>) -> (String, Vec<Suggestion>) {
        let identity = named(&self.identity);
        let boundary = self.boundary.as_ref().map(named);
        let session = self.session.as_ref().map(named);
        let scps: Vec<_> = self.scps.iter().map(named).collect();
        let scps: Vec<&[NamedPolicy<'_>]> = scps.iter().map(Vec::as_slice).collect();
        let rcps: Vec<_> = self.rcps.iter().map(named).collect();
        let rcps: Vec<&[NamedPolicy<'_>]> = rcps.iter().map(Vec::as_slice).collect();
        let layers = Layers {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource: self
                .resource
                .as_ref()
                .map(|(name, policy)| NamedPolicy { name, policy }),
            scps: &scps,
            rcps: &rcps,
            resource_policy_must_allow: self.must_allow,
        };
        let decision = evaluate(request, &layers);
        let message = decision.denial_message("arn", request.action, request.resource);
        assert_eq!(message.is_empty(), decision.allowed());
        let explanation = explain(request, &layers, &decision);
        assert!(!explanation.summary.is_empty());
        let denied_by_statement = matches!(decision.reason, Reason::ExplicitDeny(_));
        assert_eq!(explanation.denied_by.is_some(), denied_by_statement);
        let implicit = matches!(decision.reason, Reason::ImplicitDeny(_));
        let proposed = !explanation.suggestions.is_empty();
        // Nobody in particular is let in: not whoever asks, not all that a provider knows.
        let particular = !matches!(
            request.principal.kind,
            PrincipalKind::Anonymous | PrincipalKind::Federated
        );
        assert!(implicit || !proposed);
        assert!(proposed || !implicit || !particular);
        // What is proposed was evaluated again, and allows.
        assert!(
            explanation.checked || !particular,
            "{}",
            explanation.summary
        );
        (describe(&decision), explanation.suggestions)
    }

    /// Adds the suggested statements as further policies.
    fn follow(&mut self, suggestions: &[Suggestion]) {
        for Suggestion { layer, statement } in suggestions {
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
            let load = |kind| {
                let name = "suggested".to_owned();
                (
                    name,
                    Policy::parse(&text, kind).unwrap_or_else(|e| panic!("{e}: {text}")),
                )
            };
            match layer {
                Layer::Identity => self.identity.push(load(PolicyKind::Identity)),
                Layer::Boundary => {
                    self.boundary
                        .get_or_insert_default()
                        .push(load(PolicyKind::Identity));
                }
                Layer::Session => {
                    self.session
                        .get_or_insert_default()
                        .push(load(PolicyKind::Session));
                }
                Layer::ServiceControl => {
                    for level in &mut self.scps {
                        level.push(load(PolicyKind::Scp));
                    }
                }
                Layer::ResourceControl => panic!("resource control policies only deny"),
                // These hold no Deny in a case that ends in an implicit deny, so that the
                // suggestion may stand alone.
                Layer::Resource => self.resource = Some(load(PolicyKind::Resource)),
                Layer::Trust => self.resource = Some(load(PolicyKind::Trust)),
            }
        }
    }
}

/// A case about one statement as two cases: with Allow, and with Deny beside an Allow.
fn expand(case: &Value) -> Vec<Value> {
    let (Some(statement), Some(applies)) = (case.get("statement"), case["applies"].as_bool())
    else {
        return vec![case.clone()];
    };
    let make = |effect: &str, first: Option<Value>, expect: &str| {
        let mut whole = json!({"Effect": effect});
        let fields = whole.as_object_mut().unwrap();
        fields.extend(statement.as_object().unwrap().clone());
        for (element, other) in [("Action", "NotAction"), ("Resource", "NotResource")] {
            if !fields.contains_key(element) && !fields.contains_key(other) {
                fields.insert(element.to_owned(), json!("*"));
            }
        }
        let statements: Vec<Value> = first.into_iter().chain([whole]).collect();
        let version = match case.get("version") {
            Some(version) => version.clone(),
            None => json!("2012-10-17"),
        };
        let mut document = json!({"Statement": statements});
        if !version.is_null() {
            document["Version"] = version;
        }
        let mut case = case.clone();
        case["identity"] = json!([document]);
        case["expect"] = json!(expect);
        case
    };
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let (allow, deny) = if applies {
        ("allow identity-0[0]", "explicit deny identity-0[1]")
    } else {
        ("implicit deny identity", "allow identity-0[0]")
    };
    vec![
        make("Allow", None, allow),
        make("Deny", Some(everything), deny),
    ]
}

/// Checks one case; returns what went wrong.
fn check(case: &Value) -> Result<(), String> {
    let defaults = base();
    let get = |name: &str| case.get(name).or_else(|| defaults.get(name));
    let text = |name: &str| get(name).and_then(Value::as_str).unwrap_or_default();
    let principal = principal(text("principal"));
    let context = context(get("context").unwrap());
    let request = Request {
        principal: &principal,
        action: text("action"),
        resource: text("on"),
        resource_account: case.get("account").and_then(Value::as_str),
        context: &context,
    };
    let mut policies = Case::new(case);
    let (decided, suggestions) = policies.decide(&request);
    let expected = text("expect");
    if decided != expected {
        return Err(format!("expected {expected:?}, got {decided:?}"));
    }
    if decided.starts_with("implicit deny") && !suggestions.is_empty() {
        policies.follow(&suggestions);
        let (again, _) = policies.decide(&request);
        if !again.starts_with("allow") && again != "root user" {
            return Err(format!("with {suggestions:?} it is still {again:?}"));
        }
    }
    Ok(())
}

fn check_file(file: &str, text: &str, at_least: usize) {
    let content: Value = serde_json::from_str(text).unwrap();
    let cases = content.get("cases").unwrap_or(&content).as_array().unwrap();
    assert!(cases.len() >= at_least, "{file} has {} cases", cases.len());
    let mut failures = String::new();
    let mut names = HashSet::new();
    for case in cases {
        let name = case
            .get("name")
            .and_then(Value::as_str)
            .expect("a case has a name");
        assert!(names.insert(name), "{name}: there are two of this name");
        assert!(
            case.get("doc").is_some(),
            "{name}: which sentence does it stand for?"
        );
        for case in expand(case) {
            if let Err(problem) = check(&case) {
                writeln!(failures, "{name}: {problem}").unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "{file}:\n{failures}");
}

macro_rules! case_files {
    ($($name:ident: $at_least:literal),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                let file = concat!("cases/", stringify!($name), ".json");
                let text = include_str!(concat!("cases/", stringify!($name), ".json"));
                check_file(file, text, $at_least);
            }
        )*
    };
}

case_files! {
    actions: 60,
    adjudications: 44,
    conditions: 96,
    cross_account: 42,
    denies: 58,
    evaluation: 66,
    keys: 150,
    logic: 32,
    operators: 538,
    organizations: 93,
    principals: 273,
    resources: 104,
    same_account: 138,
    trust: 147,
    values: 182,
    variables: 136,
}
