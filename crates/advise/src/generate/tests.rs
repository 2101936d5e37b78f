//! Known work and the policies that it needs.

use super::*;
use serde_json::{Value, json};

const ACCOUNT: &str = "us-east-1:123456789012";

fn arn(service: &str, name: &str) -> String {
    format!("arn:aws:{service}:{ACCOUNT}:{name}")
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

fn seen(action: &str, resource: impl Into<String>) -> Observation {
    Observation::allowed(action, resource)
}

fn statements(observations: &[Observation]) -> Value {
    let generated = generate(observations, &Options::default()).unwrap();
    assert_eq!(generated.policies.len(), 1);
    assert!(generated.widened.is_empty());
    generated.policies[0].json()["Statement"].clone()
}

#[test]
fn an_execution_role() {
    let repository = arn("ecr", "repository/web");
    let stream = |id: u32| {
        arn(
            "logs",
            &format!("log-group:/ecs/web:log-stream:web/app/{id:032x}"),
        )
    };
    let mut all = vec![
        seen("ecr:GetAuthorizationToken", "*"),
        seen("ecr:BatchGetImage", &repository),
        seen("ecr:GetDownloadUrlForLayer", &repository),
    ];
    for id in 0..5 {
        all.push(seen("logs:CreateLogStream", stream(id)));
        all.push(seen("logs:PutLogEvents", stream(id)));
    }
    let expected = json!([
        {"Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": repository},
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": arn("logs", "log-group:/ecs/web:log-stream:web/app/*")},
    ]);
    assert_eq!(statements(&all), expected);
    all.reverse();
    assert_eq!(statements(&all), expected);
}

#[test]
fn a_user_that_registers_and_runs_a_task() {
    let cluster = arn("ecs", "cluster/prod");
    let pass = |name: &str| {
        seen("iam:PassRole", role(name)).with("iam:PassedToService", "ecs-tasks.amazonaws.com")
    };
    let all = [
        seen(
            "ecs:RegisterTaskDefinition",
            arn("ecs", "task-definition/web:4"),
        ),
        seen(
            "ecs:RegisterTaskDefinition",
            arn("ecs", "task-definition/web:5"),
        ),
        pass("web"),
        pass("web-execution"),
        seen("ecs:RunTask", arn("ecs", "task-definition/web:5")).with("ecs:cluster", &cluster),
        seen(
            "ecs:TagResource",
            arn("ecs", &format!("task/prod/{:032x}", 7)),
        )
        .with("ecs:CreateAction", "RunTask"),
        seen(
            "ecs:DescribeTasks",
            arn("ecs", &format!("task/prod/{:032x}", 7)),
        )
        .with("ecs:cluster", &cluster),
        seen(
            "ecs:DescribeTasks",
            arn("ecs", &format!("task/prod/{:032x}", 8)),
        )
        .with("ecs:cluster", &cluster),
    ];
    assert_eq!(
        statements(&all),
        json!([
            {"Effect": "Allow", "Action": "ecs:DescribeTasks", "Resource": arn("ecs", "task/prod/*")},
            {"Effect": "Allow", "Action": "ecs:RegisterTaskDefinition",
                "Resource": arn("ecs", "task-definition/web:*")},
            {"Effect": "Allow", "Action": "ecs:RunTask",
                "Resource": [arn("ecs", "task-definition/web"), arn("ecs", "task-definition/web:*")],
                "Condition": {"ArnEquals": {"ecs:cluster": cluster}}},
            {"Effect": "Allow", "Action": "ecs:TagResource", "Resource": arn("ecs", "task/prod/*"),
                "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}}},
            {"Effect": "Allow", "Action": "iam:PassRole",
                "Resource": [role("web"), role("web-execution")],
                "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}},
        ])
    );
}

#[test]
fn a_key_that_is_not_always_there_is_not_asked_for() {
    let on = arn("ecs", "task-definition/web:1");
    let with = seen("ecs:RunTask", &on).with("ecs:cluster", arn("ecs", "cluster/a"));
    let other = seen("ecs:RunTask", &on).with("ecs:cluster", arn("ecs", "cluster/b"));
    let both = statements(&[with.clone(), other.clone()]);
    assert_eq!(
        both[0]["Condition"],
        json!({"ArnEquals": {"ecs:cluster": [arn("ecs", "cluster/a"), arn("ecs", "cluster/b")]}})
    );
    let without = statements(&[with, other, seen("ecs:RunTask", &on)]);
    assert_eq!(without[0].get("Condition"), None);
}

#[test]
fn what_was_denied_is_left_out_and_named() {
    let denied = Observation {
        allowed: false,
        ..seen("ecs:DeleteCluster", arn("ecs", "cluster/prod"))
    };
    let later_allowed = Observation {
        allowed: false,
        ..seen("ecs:ListClusters", "*")
    };
    let all = [denied.clone(), later_allowed, seen("ecs:ListClusters", "*")];
    let generated = generate(&all, &Options::default()).unwrap();
    assert_eq!(generated.observed, 1);
    assert_eq!(
        generated.denied,
        [(denied.action.clone(), denied.resource.clone())]
    );
    let options = Options {
        include_denied: true,
        ..Options::default()
    };
    let wider = generate(&all, &options).unwrap();
    assert_eq!(wider.policies[0].statements.len(), 2);
    assert!(wider.denied.is_empty());
    assert!(
        generate(&[denied], &Options::default())
            .unwrap()
            .policies
            .is_empty()
    );
}

/// Reads of this many repositories, no two with the same actions.
fn repositories(count: usize) -> Vec<Observation> {
    (0..count)
        .flat_map(|i| {
            let on = arn("ecr", &format!("repository/team/{i:05}"));
            (0..16)
                .filter(move |bit| (i + 1) & (1 << bit) != 0)
                .map(move |bit| seen(&format!("ecr:Action{bit}"), on.clone()))
        })
        .collect()
}

#[test]
fn what_is_too_large_for_one_policy_becomes_several() {
    let generated = generate(&repositories(100), &Options::default()).unwrap();
    assert!(generated.policies.len() > 1 && generated.policies.len() <= ATTACHED_MAX);
    assert!(generated.policies.iter().all(|p| p.len() <= MANAGED_MAX));
    assert!(generated.widened.is_empty());
}

#[test]
fn what_is_too_large_for_all_is_widened() {
    let options = Options {
        limit: Limit::INLINE_ROLE,
        ..Options::default()
    };
    let mut all = repositories(200);
    all.push(seen("iam:PassRole", role("web")));
    all.push(seen("iam:PassRole", role("api")));
    let generated = generate(&all, &options).unwrap();
    assert_eq!(generated.policies.len(), 1);
    assert!(generated.policies[0].len() <= INLINE_ROLE_MAX);
    assert!(!generated.widened.is_empty());
    let pass = generated.policies[0]
        .statements
        .iter()
        .find(|s| s.action.values == ["iam:PassRole"]);
    assert_eq!(pass.unwrap().resources(), [role("api"), role("web")]);
    let actions: BTreeSet<&String> = generated.policies[0]
        .statements
        .iter()
        .flat_map(|s| &s.action.values)
        .collect();
    assert_eq!(actions.len(), 9, "actions are never widened");
}

#[test]
fn one_statement_that_is_too_large_is_halved() {
    let many = (0..500).map(|i| seen("s3:GetObject", format!("arn:aws:s3:::bucket-{i:05}/x{i}")));
    let many: Vec<Observation> = many.collect();
    let generated = generate(&many, &Options::default()).unwrap();
    assert!(generated.policies.len() > 1);
    let resources: usize = generated
        .policies
        .iter()
        .flat_map(|p| &p.statements)
        .map(|s| s.resources().len())
        .sum();
    assert_eq!(resources, 500);
}

#[test]
fn actions_alone_may_be_too_many() {
    let options = Options {
        limit: Limit {
            characters: 200,
            policies: 1,
        },
        ..Options::default()
    };
    let many: Vec<Observation> = (0..50)
        .map(|i| seen(&format!("ecr:Action{i}"), "*"))
        .collect();
    let error = generate(&many, &options).unwrap_err();
    assert!(error.needed > 200);
}
