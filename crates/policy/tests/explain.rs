//! What `explain` says of the mistakes that people make, and that what it proposes works.
#![expect(clippy::unwrap_used, reason = "a test")]

use rolecall_policy::{
    Closest, Context, Explanation, Layer, Layers, NamedPolicy, Policy, PolicyKind, Principal,
    Request, evaluate, explain,
};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::123456789012:role/web";

/// The policies of a case, by layer.
#[derive(Default)]
struct Case {
    identity: Vec<Value>,
    boundary: Option<Value>,
    session: Option<Value>,
    resource: Option<Value>,
    trust: Option<Value>,
    scps: Vec<Value>,
    context: Vec<(&'static str, &'static str)>,
}

/// What was found, owned.
struct Found {
    summary: String,
    hint: Option<String>,
    layers: Vec<Layer>,
    statements: Vec<String>,
    replacements: Vec<Option<Value>>,
    checked: bool,
}

impl From<Explanation<'_>> for Found {
    fn from(explanation: Explanation<'_>) -> Self {
        let all = || explanation.suggestions.iter().chain(&explanation.then);
        Self {
            layers: all().map(|s| s.layer).collect(),
            statements: all().map(|s| s.statement.clone()).collect(),
            replacements: explanation
                .reliefs
                .iter()
                .map(|r| Some(serde_json::from_str(r.replacement.as_deref()?).unwrap()))
                .collect(),
            hint: explanation.closest.and_then(|c: Closest<'_>| c.hint),
            summary: explanation.summary,
            checked: explanation.checked,
        }
    }
}

fn compile(statement: &Value, kind: PolicyKind) -> Policy {
    let text = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    Policy::load(&text, kind).unwrap()
}

fn ask(case: &Case, principal: &Principal<'_>, action: &str, resource: &str) -> Found {
    let compiled = |all: &[Value], kind| -> Vec<(String, Policy)> {
        let numbered = all.iter().enumerate();
        numbered
            .map(|(i, s)| (format!("p{i}"), compile(s, kind)))
            .collect()
    };
    fn named(all: &[(String, Policy)]) -> Vec<NamedPolicy<'_>> {
        all.iter()
            .map(|(name, policy)| NamedPolicy { name, policy })
            .collect()
    }
    let identity = compiled(&case.identity, PolicyKind::Identity);
    let boundary = case
        .boundary
        .as_ref()
        .map(|s| compiled(std::slice::from_ref(s), PolicyKind::Identity));
    let session = case
        .session
        .as_ref()
        .map(|s| compiled(std::slice::from_ref(s), PolicyKind::Session));
    let scps = compiled(&case.scps, PolicyKind::Scp);
    let resource_policy = match (&case.resource, &case.trust) {
        (Some(s), _) => Some(compile(s, PolicyKind::Resource)),
        (_, Some(s)) => Some(compile(s, PolicyKind::Trust)),
        _ => None,
    };
    let mut context = Context::new();
    for (key, value) in &case.context {
        context.set(*key, *value);
    }
    let request = Request {
        principal,
        action,
        resource,
        resource_account: None,
        context: &context,
    };
    let identity = named(&identity);
    let boundary = boundary.as_deref().map(named);
    let session = session.as_deref().map(named);
    let scps = named(&scps);
    let levels = [scps.as_slice()];
    let layers = Layers {
        identity: &identity,
        boundary: boundary.as_deref(),
        session: session.as_deref(),
        resource: resource_policy.as_ref().map(|policy| NamedPolicy {
            name: "the-resource",
            policy,
        }),
        scps: if scps.is_empty() { &[] } else { &levels },
        rcps: &[],
        resource_policy_must_allow: case.trust.is_some(),
    };
    let decision = evaluate(&request, &layers);
    assert!(!decision.allowed());
    explain(&request, &layers, &decision).into()
}

fn session() -> Principal<'static> {
    Principal::role_session(
        "123456789012",
        "arn:aws:sts::123456789012:assumed-role/web/s",
        ROLE,
        "AROAEXAMPLE",
        "s",
    )
}

/// One Allow whose `Resource` does not cover what is asked for: the hint.
fn resource_hint(action: &str, pattern: &str, resource: &str) -> String {
    let case = Case {
        identity: vec![json!({"Effect": "Allow", "Action": action, "Resource": pattern})],
        ..Case::default()
    };
    let found = ask(&case, &session(), action, resource);
    assert!(found.checked, "{}", found.summary);
    assert_eq!(found.layers, [Layer::Identity]);
    found.hint.unwrap_or_default()
}

#[test]
fn resources_that_are_almost_right() {
    let group = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web";
    let stream = format!("{group}:log-stream:a/b/c");
    assert_eq!(
        resource_hint("logs:PutLogEvents", group, &stream),
        format!("the resource goes on after a colon: \"{group}:*\" covers it")
    );
    let family = "arn:aws:ecs:us-east-1:123456789012:task-definition/web";
    assert_eq!(
        resource_hint("ecs:RunTask", &format!("{family}:*"), family),
        format!("the resource ends before the \":*\": \"{family}\" covers it")
    );
    let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db";
    assert_eq!(
        resource_hint(
            "secretsmanager:GetSecretValue",
            secret,
            &format!("{secret}-AbCdEf")
        ),
        format!(
            "the resource ends in a hyphen and six random characters: \"{secret}-??????\" covers it"
        )
    );
    assert_eq!(
        resource_hint("ecs:RunTask", &family.replace("web", "Web"), family),
        "the letters differ in case only, and ARNs are case-sensitive"
    );
    assert_eq!(
        resource_hint(
            "ecs:RunTask",
            &family.replace("us-east-1", "eu-west-1"),
            family
        ),
        "its region is eu-west-1, the resource's is us-east-1"
    );
    assert_eq!(
        resource_hint(
            "ecs:RunTask",
            &family.replace("123456789012", "111122223333"),
            family
        ),
        "its account is 111122223333, the resource's is 123456789012"
    );
    assert_eq!(
        resource_hint("ecs:RunTask", &family.replace("123456789012", ""), family),
        "it has no account, the resource has 123456789012"
    );
    assert_eq!(
        resource_hint(
            "ecs:RunTask",
            "arn:aws:ecs:us-east-1:123456789012:cluster/prod",
            family
        ),
        "it is about a cluster, ecs:RunTask is checked on a task-definition"
    );
    assert_eq!(
        resource_hint(
            "ecr:GetAuthorizationToken",
            "arn:aws:ecr:us-east-1:123456789012:repository/web",
            "*"
        ),
        "ecr:GetAuthorizationToken is not about one resource: only the Resource \"*\" covers it"
    );
    assert_eq!(
        resource_hint("ecs:RunTask", &family.replace("web", "api"), family),
        ""
    );
}

fn condition_hint(operator: &str, key: &str, wanted: &str, seen: Option<&'static str>) -> String {
    let condition = json!({operator: {key: wanted}});
    let case = Case {
        identity: vec![
            json!({"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*",
            "Condition": condition}),
        ],
        context: seen.map(|seen| ("ecs:cluster", seen)).into_iter().collect(),
        ..Case::default()
    };
    let found = ask(&case, &session(), "ecs:RunTask", "*");
    assert!(found.checked, "{}", found.summary);
    found.hint.unwrap_or_default()
}

#[test]
fn conditions_that_are_almost_right() {
    let cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/prod";
    let seen = Some(cluster);
    assert_eq!(
        condition_hint("StringEquals", "ecs:cluster", "*/prod", seen),
        "StringEquals takes * and ? as plain characters; StringLike does not"
    );
    assert_eq!(
        condition_hint("ArnLike", "ecs:cluster", "arn:aws:ecs:*/prod", seen),
        "a * of ArnLike ends at the next colon; write every segment of the ARN"
    );
    assert_eq!(
        condition_hint("StringEquals", "ecs:cluster", &cluster.to_uppercase(), seen),
        "the values differ in case only; StringEqualsIgnoreCase would hold"
    );
    assert_eq!(
        condition_hint("StringEquals", "aws:RequestTag/team", "a", seen),
        "this call has no aws:RequestTag/team at all; StringEqualsIfExists holds without the key, \
         too"
    );
    assert_eq!(
        condition_hint("StringEquals", "ecs:cluster", "other", seen),
        ""
    );
}

#[test]
fn an_action_that_is_misspelt() {
    let case = Case {
        identity: vec![json!({"Effect": "Allow", "Action": ["logs:PutLogEvent"], "Resource": "*"})],
        ..Case::default()
    };
    let found = ask(&case, &session(), "logs:PutLogEvents", "*");
    assert_eq!(
        found.hint.as_deref(),
        Some("it says logs:PutLogEvent, the call needs logs:PutLogEvents")
    );
}

#[test]
fn a_role_that_trusts_another_service() {
    let case = Case {
        trust: Some(
            json!({"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"},
            "Action": "sts:AssumeRole"}),
        ),
        ..Case::default()
    };
    let tasks = Principal::service("ecs-tasks.amazonaws.com");
    let found = ask(&case, &tasks, "sts:AssumeRole", ROLE);
    assert_eq!(
        found.summary,
        "No role trust policy allows sts:AssumeRole on arn:aws:iam::123456789012:role/web. \
         Closest is statement 0 of the role trust policy the-resource, but it names other \
         principals. Look: it names ecs.amazonaws.com, the caller is ecs-tasks.amazonaws.com."
    );
    assert_eq!(
        found.statements,
        [
            r#"{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}"#
        ]
    );
    assert!(found.checked);
}

#[test]
fn a_role_for_one_of_those_that_a_provider_knows() {
    let case = |context| Case {
        trust: Some(
            json!({"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"},
            "Action": "sts:AssumeRole"}),
        ),
        context,
        ..Case::default()
    };
    let action = "sts:AssumeRoleWithWebIdentity";
    let provider = "arn:aws:iam::123456789012:oidc-provider/ci.example/x";
    let vouched = Principal::federated(provider);
    let told = case(vec![
        ("ci.example/x:aud", "sts.amazonaws.com"),
        ("ci.example/x:sub", "repo:us/app:${ref}"),
    ]);
    let found = ask(&told, &vouched, action, ROLE);
    assert_eq!(
        found.statements,
        [
            r#"{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/ci.example/x"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"ci.example/x:aud":"sts.amazonaws.com","ci.example/x:sub":"repo:us/app:${$}{ref}"}}}"#
        ]
    );
    assert!(found.checked);
    // Whom it vouches for is not said: everybody would be let in.
    let untold = case(vec![("ci.example/x:aud", "sts.amazonaws.com")]);
    let found = ask(&untold, &vouched, action, ROLE);
    assert!(found.statements.is_empty() && !found.checked);
    let found = ask(&untold, &Principal::anonymous(), action, ROLE);
    assert!(found.statements.is_empty() && !found.checked);
}

#[test]
fn a_role_that_may_be_passed_to_another_service_only() {
    let case = Case {
        identity: vec![
            json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": ROLE,
            "Condition": {"StringEquals": {"iam:PassedToService": "ecs.amazonaws.com"}}}),
        ],
        context: vec![("iam:PassedToService", "ecs-tasks.amazonaws.com")],
        ..Case::default()
    };
    let found = ask(&case, &session(), "iam:PassRole", ROLE);
    assert!(found.summary.contains(
        "asks for \"ecs.amazonaws.com\" and the request has \"ecs-tasks.amazonaws.com\""
    ));
    assert_eq!(
        found.statements,
        [format!(
            r#"{{"Effect":"Allow","Action":"iam:PassRole","Resource":"{ROLE}","Condition":{{"StringEquals":{{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}}}}}"#
        )]
    );
    assert!(found.checked);
}

#[test]
fn a_closer_statement_fails_fewer_parts_and_all_of_them_are_named() {
    let on = "arn:aws:ecs:us-east-1:123456789012:task/prod/1";
    let with = |conditions: Value| {
        json!({"Effect": "Allow", "Action": "ecs:StopTask",
        "Resource": on, "Condition": conditions})
    };
    let case = Case {
        identity: vec![
            with(json!({"StringEquals": {"a:a": "1", "a:b": "1", "a:c": "1"}})),
            with(json!({"StringEquals": {"a:a": "1", "a:b": "1"}})),
        ],
        ..Case::default()
    };
    let found = ask(&case, &session(), "ecs:StopTask", on);
    assert!(
        found
            .summary
            .contains("statement 0 of the identity-based policy p1"),
        "{}",
        found.summary
    );
    assert!(
        found
            .summary
            .contains("; also, its condition StringEquals a:b")
    );
}

#[test]
fn explicit_denies_and_what_lets_the_request_pass() {
    let on = "arn:aws:ecs:us-east-1:123456789012:task/prod/1";
    let allow = json!({"Effect": "Allow", "Action": "ecs:*", "Resource": "*"});
    let denied = |deny: Value| Case {
        identity: vec![allow.clone(), deny],
        ..Case::default()
    };
    let relieved = |case: &Case| {
        let found = ask(case, &session(), "ecs:StopTask", on);
        assert!(found.checked, "{}", found.summary);
        assert!(found.statements.is_empty());
        found.replacements
    };
    let all = denied(json!({"Effect": "Deny", "Action": "ecs:*", "Resource": "*"}));
    assert_eq!(
        relieved(&all),
        [Some(
            json!({"Effect": "Deny", "Action": "ecs:*", "NotResource": [on]})
        )]
    );
    let listed = denied(
        json!({"Effect": "Deny", "Action": ["ecs:StopTask", "ecs:RunTask"],
        "Resource": "arn:aws:ecs:*"}),
    );
    assert_eq!(
        relieved(&listed),
        [Some(
            json!({"Effect": "Deny", "Action": ["ecs:RunTask"], "Resource": "arn:aws:ecs:*"})
        )]
    );
    let only = denied(json!({"Effect": "Deny", "Action": "ecs:StopTask", "Resource": on}));
    assert_eq!(relieved(&only), [None]);
    let organization = Case {
        identity: vec![allow.clone()],
        scps: vec![
            json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
            json!({"Effect": "Deny", "Action": "ecs:StopTask", "Resource": "*"}),
        ],
        ..Case::default()
    };
    assert_eq!(
        relieved(&organization),
        [Some(
            json!({"Effect": "Deny", "Action": "ecs:StopTask", "Resource": "*",
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": ROLE}}})
        )]
    );
}

#[test]
fn several_denies_and_a_missing_allow_behind_them() {
    let deny = json!({"Effect": "Deny", "Action": "ecs:*", "Resource": "*"});
    let case = Case {
        identity: vec![deny.clone()],
        boundary: Some(deny),
        ..Case::default()
    };
    let on = "arn:aws:ecs:us-east-1:123456789012:task/prod/1";
    let found = ask(&case, &session(), "ecs:StopTask", on);
    assert_eq!(found.replacements.len(), 2);
    assert_eq!(found.layers, [Layer::Identity, Layer::Boundary]);
    assert!(found.checked);
}

#[test]
fn a_deny_that_depends_on_a_condition_says_what_holds() {
    let case = Case {
        identity: vec![json!({"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}})],
        context: vec![("aws:RequestedRegion", "us-east-1")],
        ..Case::default()
    };
    let found = ask(&case, &session(), "ecs:ListClusters", "*");
    assert_eq!(
        found.summary,
        "ecs:ListClusters on * is denied by statement 0 of the identity-based policy p0, whose \
         condition StringNotEquals aws:RequestedRegion \"eu-west-1\" holds: the request has \
         \"us-east-1\"."
    );
}

#[test]
fn boundaries_session_policies_and_organizations_get_their_own_statement() {
    let allow = json!({"Effect": "Allow", "Action": "ecs:*", "Resource": "*"});
    let other = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let case = Case {
        identity: vec![allow],
        boundary: Some(other.clone()),
        session: Some(other.clone()),
        scps: vec![other],
        ..Case::default()
    };
    let found = ask(&case, &session(), "ecs:ListClusters", "*");
    assert_eq!(
        found.layers,
        [Layer::ServiceControl, Layer::Boundary, Layer::Session]
    );
    assert!(found.checked);
}
