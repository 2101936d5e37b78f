//! Prints nanoseconds per decision: `cargo run --release -p rolecall-policy --example
//! decision_bench`.
//!
//! Four layers (identity, boundary, session, one level of service control) and 46 statements, as an
//! ECS application has them. Each line is the median over samples of 1,000 decisions.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark measures time and prints it"
)]

use std::hint::black_box;
use std::time::Instant;

use rolecall_policy::{
    Context, Decision, Layers, NamedPolicy, Policy, PolicyKind, Principal, Request, evaluate,
};

const SAMPLES: usize = 2_001;
const DECISIONS: u32 = 1_000;

fn statement(effect: &str, actions: &str, resource: &str, condition: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":[{actions}],"Resource":"{resource}"{condition}}}"#)
}

fn policy(kind: PolicyKind, statements: &[String]) -> Policy {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    );
    Policy::parse(&text, kind).unwrap()
}

fn identity_statements() -> Vec<String> {
    let services = [
        "s3",
        "sqs",
        "sns",
        "logs",
        "kms",
        "ssm",
        "ecr",
        "ec2",
        "iam",
        "rds",
        "events",
        "lambda",
        "dynamodb",
        "cloudwatch",
        "secretsmanager",
        "elasticache",
        "cloudformation",
        "states",
    ];
    let mut all: Vec<String> = services
        .iter()
        .map(|service| {
            let actions = format!(r#""{service}:Get*","{service}:List*","{service}:Describe*""#);
            statement(
                "Allow",
                &actions,
                &format!("arn:aws:{service}:*:123456789012:*"),
                "",
            )
        })
        .collect();
    let cluster = r#","Condition":{"ArnEquals":{"ecs:cluster":
        "arn:aws:ecs:us-east-1:123456789012:cluster/prod"}}"#;
    for (actions, resource, condition) in [
        (r#""ecs:ListClusters","ecs:ListServices""#, "*", ""),
        (
            r#""ecs:DescribeTasks""#,
            "arn:aws:ecs:*:123456789012:task/prod/*",
            "",
        ),
        (
            r#""ecs:StopTask""#,
            "arn:aws:ecs:*:123456789012:task/prod/*",
            cluster,
        ),
        (
            r#""ecs:RunTask","ecs:StartTask""#,
            "arn:aws:ecs:*:123456789012:task-definition/batch:*",
            "",
        ),
        (
            r#""ecs:RunTask""#,
            "arn:aws:ecs:us-east-1:123456789012:task-definition/web:*",
            cluster,
        ),
        (
            r#""iam:PassRole""#,
            "arn:aws:iam::123456789012:role/ecs*",
            "",
        ),
    ] {
        all.push(statement("Allow", actions, resource, condition));
    }
    for (actions, resource) in [
        (r#""iam:*User*""#, "*"),
        (r#""ecs:DeleteCluster""#, "arn:aws:ecs:*:*:cluster/prod"),
        (r#""s3:DeleteBucket""#, "*"),
        (r#""kms:ScheduleKeyDeletion""#, "*"),
    ] {
        all.push(statement("Deny", actions, resource, ""));
    }
    all
}

fn wide_statements(services: &[&str]) -> Vec<String> {
    services
        .iter()
        .map(|service| statement("Allow", &format!(r#""{service}:*""#), "*", ""))
        .collect()
}

fn measure(name: &str, expected: bool, decide: impl Fn() -> Decision<'static>) {
    assert_eq!(decide().allowed(), expected, "{name}: {:?}", decide());
    let mut samples: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..DECISIONS {
                let _ = black_box(decide());
            }
            start.elapsed().as_secs_f64() * 1e9 / f64::from(DECISIONS)
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    let at = |part: usize| {
        samples
            .get(SAMPLES * part / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{name:<46} median {:>6.1} ns   p99 {:>6.1} ns",
        at(50),
        at(99)
    );
}

fn main() {
    let identity = identity_statements();
    let boundary = wide_statements(&[
        "ecs",
        "ecr",
        "logs",
        "s3",
        "iam",
        "ssm",
        "secretsmanager",
        "kms",
    ]);
    let session = wide_statements(&["ecs", "logs", "iam", "ecr"]);
    let mut scp = wide_statements(&["ecs", "ecr", "logs", "s3", "iam"]);
    scp.push(statement(
        "Deny",
        r#""organizations:LeaveOrganization""#,
        "*",
        "",
    ));
    let total = identity.len() + boundary.len() + session.len() + scp.len();
    println!("4 layers, {total} statements");

    let leak =
        |kind, statements: &[String], name: &'static str| -> &'static [NamedPolicy<'static>] {
            let policy: &'static Policy = Box::leak(Box::new(policy(kind, statements)));
            Box::leak(Box::new([NamedPolicy { name, policy }]))
        };
    let levels: &'static [&'static [NamedPolicy<'static>]] =
        Box::leak(Box::new([leak(PolicyKind::Scp, &scp, "scp")]));
    let layers = Layers {
        identity: leak(PolicyKind::Identity, &identity, "identity"),
        boundary: Some(leak(PolicyKind::Identity, &boundary, "boundary")),
        session: Some(leak(PolicyKind::Session, &session, "session")),
        scps: levels,
        ..Layers::default()
    };
    let principal = Principal::role_session(
        "123456789012",
        "arn:aws:sts::123456789012:assumed-role/deploy/1adcb55f",
        "arn:aws:iam::123456789012:role/deploy",
        "AROAEXAMPLEEXAMPLE",
        "1adcb55f",
    );
    let mut context = Context::new();
    context
        .set("aws:RequestedRegion", "us-east-1")
        .set_bool("aws:SecureTransport", true)
        .set_ip("aws:SourceIp", "10.0.0.7".parse().unwrap())
        .set_epoch_s("aws:CurrentTime", 1_790_000_000)
        .set(
            "ecs:cluster",
            "arn:aws:ecs:us-east-1:123456789012:cluster/prod",
        );
    let request = |action, resource| Request {
        principal: &principal,
        action,
        resource,
        resource_account: None,
        context: &context,
    };
    let web = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7";
    let run = request("ecs:RunTask", web);
    measure("allow, ARN and condition", true, || {
        evaluate(black_box(&run), &layers)
    });
    let list = request("ecs:ListClusters", "*");
    measure("allow, resource *", true, || {
        evaluate(black_box(&list), &layers)
    });
    let unknown = request(
        "ecs:CreateCluster",
        "arn:aws:ecs:us-east-1:123456789012:cluster/x",
    );
    measure("implicit deny, other action of the service", false, || {
        evaluate(black_box(&unknown), &layers)
    });
    let foreign = request("athena:StartQueryExecution", "*");
    measure("implicit deny, service in no policy", false, || {
        evaluate(black_box(&foreign), &layers)
    });
    let identity = request("sts:GetCallerIdentity", "*");
    measure("no permission needed", true, || {
        evaluate(black_box(&identity), &layers)
    });
    let denied = request(
        "ecs:DeleteCluster",
        "arn:aws:ecs:us-east-1:123456789012:cluster/prod",
    );
    measure("explicit deny", false, || {
        evaluate(black_box(&denied), &layers)
    });
}
