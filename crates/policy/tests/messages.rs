//! Every form of AWS's access denied message, and what an explanation says.

use rolecall_policy::{
    Context, Decision, Layer, Layers, Location, Mismatch, NamedPolicy, Policy, PolicyKind,
    Principal, Reason, Request, evaluate, explain,
};

const SUBJECT: &str = "User: arn:aws:iam::123456789012:user/al is not authorized to perform: \
                       ecs:RunTask on resource: arn:aws:ecs:us-east-1:123456789012:task/x";

fn message(reason: Reason<'_>) -> String {
    Decision { reason }.denial_message(
        "arn:aws:iam::123456789012:user/al",
        "ecs:RunTask",
        "arn:aws:ecs:us-east-1:123456789012:task/x",
    )
}

/// IAM User Guide, "Troubleshoot access denied error messages".
#[test]
fn implicit_denies() {
    for (layer, clause) in [
        (
            Layer::Identity,
            " because no identity-based policy allows the ecs:RunTask action",
        ),
        (
            Layer::Boundary,
            " because no permissions boundary allows the ecs:RunTask action",
        ),
        (
            Layer::Session,
            " because no session policy allows the ecs:RunTask action",
        ),
        (
            Layer::Resource,
            " because no resource-based policy allows the ecs:RunTask action",
        ),
        (
            Layer::ServiceControl,
            " because no service control policy allows the ecs:RunTask action",
        ),
        (Layer::Trust, ""),
    ] {
        assert_eq!(
            message(Reason::ImplicitDeny(layer)),
            format!("{SUBJECT}{clause}")
        );
    }
    let trust = Decision {
        reason: Reason::ImplicitDeny(Layer::Trust),
    };
    assert_eq!(
        trust.reason_clause("sts:AssumeRole"),
        "because no role trust policy allows the sts:AssumeRole action"
    );
}

#[test]
fn explicit_denies() {
    let policy_arn = "arn:aws:iam::123456789012:policy/p";
    for (layer, policy, clause) in [
        (
            Layer::Identity,
            "inline",
            " with an explicit deny in an identity-based policy",
        ),
        (
            Layer::Identity,
            policy_arn,
            " with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/p",
        ),
        (
            Layer::Boundary,
            "p",
            " with an explicit deny in a permissions boundary",
        ),
        (
            Layer::Session,
            "p",
            " with an explicit deny in a session policy",
        ),
        (
            Layer::Resource,
            policy_arn,
            " with an explicit deny in a resource-based policy",
        ),
        (
            Layer::Trust,
            policy_arn,
            " with an explicit deny in the role trust policy",
        ),
        (
            Layer::ResourceControl,
            "p",
            " with an explicit deny in a resource control policy",
        ),
        (
            Layer::ServiceControl,
            "arn:aws:organizations::987654321098:policy/o-qv5af4abcd/service_control_policy/p-2k",
            " with an explicit deny in a service control policy: arn:aws:organizations::987654321098:\
             policy/o-qv5af4abcd/service_control_policy/p-2k",
        ),
    ] {
        let location = Location {
            layer,
            policy,
            statement: 0,
            sid: None,
        };
        assert_eq!(
            message(Reason::ExplicitDeny(location)),
            format!("{SUBJECT}{clause}")
        );
    }
    assert_eq!(message(Reason::RootUser), "");
}

#[test]
fn an_explanation_names_what_came_closest() {
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"ecs:Run*","Resource":"arn:aws:ecs:*:*:task-definition/api:*"},
        {"Sid":"Web","Effect":"Allow","Action":"ecs:RunTask",
         "Resource":"arn:aws:ecs:*:*:task-definition/web:*",
         "Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"},
                      "ArnEquals":{"ecs:cluster":["arn:aws:ecs:*:*:cluster/a","arn:aws:ecs:*:*:cluster/b"]}}},
        {"Effect":"Deny","Action":"ecs:DeleteCluster","Resource":"*"}]}"#;
    let policy = Policy::parse(text, PolicyKind::Identity).unwrap();
    let identity = [NamedPolicy {
        name: "deploy",
        policy: &policy,
    }];
    let layers = Layers {
        identity: &identity,
        ..Layers::default()
    };
    let principal = Principal::user(
        "123456789012",
        "arn:aws:iam::123456789012:user/al",
        "AIDAEXAMPLE",
    );
    let cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/prod";
    let mut context = Context::new();
    context
        .set("aws:RequestedRegion", "us-east-1")
        .set("ecs:cluster", cluster);
    let request = |action, resource| Request {
        principal: &principal,
        action,
        resource,
        resource_account: None,
        context: &context,
    };
    let explain = |request: &Request<'_>| explain(request, &layers, &evaluate(request, &layers));

    let web = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1";
    let explanation = explain(&request("ecs:RunTask", web));
    let closest = explanation.closest.unwrap();
    assert_eq!(
        (closest.location.statement, closest.location.sid),
        (1, Some("Web"))
    );
    assert_eq!(
        closest.mismatch,
        Mismatch::Condition {
            operator: "ArnEquals".to_owned(),
            key: "ecs:cluster".to_owned(),
            wanted: vec![
                "arn:aws:ecs:*:*:cluster/a".to_owned(),
                "arn:aws:ecs:*:*:cluster/b".to_owned()
            ],
            seen: Some(vec![cluster.to_owned()]),
        }
    );
    assert_eq!(
        explanation.summary,
        format!(
            "No identity-based policy allows ecs:RunTask on {web}. Closest is statement 1 (Web) of the \
             identity-based policy deploy, but its condition ArnEquals ecs:cluster asks for \
             \"arn:aws:ecs:*:*:cluster/a\" or \"arn:aws:ecs:*:*:cluster/b\" and the request has \
             \"{cluster}\"."
        )
    );
    assert_eq!(
        explanation.suggestions.first().unwrap().statement,
        format!(r#"{{"Effect":"Allow","Action":"ecs:RunTask","Resource":"{web}"}}"#)
    );

    let other = explain(&request(
        "ecs:RunTask",
        "arn:aws:ecs:us-east-1:123456789012:cluster/x",
    ));
    assert!(matches!(
        other.closest.unwrap().mismatch,
        Mismatch::Resource {
            element: "Resource",
            ..
        }
    ));
    let action = explain(&request("ecs:StopTask", "*"));
    assert_eq!(action.closest.unwrap().mismatch, Mismatch::Action);
    assert_eq!(explain(&request("s3:GetObject", "*")).closest, None);
    let denied = explain(&request("ecs:DeleteCluster", "*"));
    assert_eq!(
        denied.denied_by.as_deref(),
        Some(r#"{"Effect":"Deny","Action":"ecs:DeleteCluster","Resource":"*"}"#)
    );
    assert!(denied.suggestions.is_empty());
}
