//! Mistakes in the caller's own policies.

use rolecall_policy::Layer;
use serde_json::{Value, json};

use crate::lab::{
    CLUSTER, Call, EXECUTION, FAMILY, GROUP, Lab, REPOSITORY, ROLE, changed, document, only,
};

/// A mistake in the inline policy of a user or of a role.
struct Mistake {
    name: &'static str,
    /// Whether a task's role makes it, in a session named after the task.
    role: bool,
    statements: Value,
    call: Call,
    /// What must be said of it.
    causes: Vec<String>,
}

fn mistake(name: &'static str, call: Call, statements: Value, causes: &[&str]) -> Mistake {
    Mistake {
        name,
        role: false,
        statements,
        call,
        causes: causes.iter().map(|cause| (*cause).to_owned()).collect(),
    }
}

fn of_role(name: &'static str, call: Call, statements: Value, causes: &[&str]) -> Mistake {
    Mistake {
        role: true,
        ..mistake(name, call, statements, causes)
    }
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn with(action: &str, resource: &str, condition: Value) -> Value {
    let mut statement = allow(action, resource);
    statement["Condition"] = condition;
    statement
}

/// Those of whoever registers and runs tasks.
fn of_operators() -> Vec<Mistake> {
    let run = "ecs:RunTask";
    let any = format!("{FAMILY}:*");
    vec![
        mistake(
            "missing iam:PassRole",
            Call::Register,
            json!([
                allow("ecs:RegisterTaskDefinition", "*"),
                allow("iam:PassRole", EXECUTION)
            ]),
            &[
                "Denied: iam:PassRole on arn:aws:iam::123456789012:role/web ",
                "hands it out",
            ],
        ),
        mistake(
            "iam:PassRole to ecs instead of ecs-tasks",
            Call::Register,
            json!([
                allow("ecs:RegisterTaskDefinition", "*"),
                with(
                    "iam:PassRole",
                    "*",
                    json!({"StringEquals":
                    {"iam:PassedToService": "ecs.amazonaws.com"}})
                ),
            ]),
            &["asks for \"ecs.amazonaws.com\" and the request has \"ecs-tasks.amazonaws.com\""],
        ),
        mistake(
            "a family without its revision",
            Call::RunFamily,
            json!([allow(run, &any)]),
            &["ends before the \":*\"", "a family without a revision"],
        ),
        mistake(
            "a cluster as the resource of ecs:RunTask",
            Call::RunTask,
            json!([allow(run, CLUSTER)]),
            &["it is about a cluster, ecs:RunTask is checked on a task-definition"],
        ),
        mistake(
            "another region",
            Call::RunTask,
            json!([allow(run, &any.replace("us-east-1", "eu-west-1"))]),
            &["its region is eu-west-1, the resource's is us-east-1"],
        ),
        mistake(
            "another account",
            Call::RunTask,
            json!([allow(run, &any.replace("123456789012", "111122223333"))]),
            &["its account is 111122223333, the resource's is 123456789012"],
        ),
        mistake(
            "upper and lower case",
            Call::RunTask,
            json!([allow(run, &any.replace("web", "Web"))]),
            &["the letters differ in case only"],
        ),
        mistake(
            "a condition on a tag that was not given",
            Call::RunTask,
            json!([with(
                run,
                &any,
                json!({"StringEquals": {"aws:RequestTag/team": "a"}})
            )]),
            &["this call has no aws:RequestTag/team at all"],
        ),
        mistake(
            "StringEquals with a wildcard",
            Call::RunTask,
            json!([with(
                run,
                &any,
                json!({"StringEquals": {"ecs:cluster": "*/default"}})
            )]),
            &["StringEquals takes * and ? as plain characters; StringLike does not"],
        ),
        mistake(
            "ArnLike across colons",
            Call::RunTask,
            json!([with(
                run,
                &any,
                json!({"ArnLike": {"ecs:cluster": "arn:aws:ecs:*/default"}})
            )]),
            &["a * of ArnLike ends at the next colon"],
        ),
        mistake(
            "tags without ecs:TagResource",
            Call::RunTagged,
            json!([allow(run, &any)]),
            &[
                "Denied: ecs:TagResource on",
                "needs ecs:TagResource with ecs:CreateAction RunTask",
            ],
        ),
        mistake(
            "ecs:TagResource for another creation",
            Call::RunTagged,
            json!([
                allow(run, &any),
                with(
                    "ecs:TagResource",
                    "*",
                    json!({"StringEquals": {"ecs:CreateAction": "CreateCluster"}})
                )
            ]),
            &["asks for \"CreateCluster\" and the request has \"RunTask\""],
        ),
        mistake(
            "an action that does not exist",
            Call::ListClusters,
            json!([allow("ecs:ListCluster", "*")]),
            &["it says ecs:ListCluster, the call needs ecs:ListClusters"],
        ),
        mistake(
            "an ARN where the action knows no resources",
            Call::ListClusters,
            json!([allow("ecs:ListClusters", CLUSTER)]),
            &["ecs:ListClusters is not about one resource: only the Resource \"*\" covers it"],
        ),
        mistake(
            "an explicit deny elsewhere",
            Call::RunTask,
            json!([allow("ecs:*", "*"),
                {"Sid": "Freeze", "Effect": "Deny", "Action": "ecs:Run*", "Resource": "*"}]),
            &["statement 1 (Freeze) of the identity-based policy test denies it"],
        ),
        mistake(
            "a deny of every other region",
            Call::RunTask,
            json!([allow("ecs:*", "*"), {"Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}}]),
            &[
                "condition StringNotEquals aws:RequestedRegion \"eu-west-1\" holds: the request has \
               \"us-east-1\"",
            ],
        ),
    ]
}

/// Those of a task's roles.
fn of_tasks() -> Vec<Mistake> {
    vec![
        of_role(
            "execution role and task role swapped",
            Call::GetAuthorizationToken,
            json!([allow("s3:GetObject", "*")]),
            &[
                "The task's execution role pulls its images",
                "assumed-role/task/0123456789abcdef",
            ],
        ),
        of_role(
            "ecr:GetAuthorizationToken on a repository",
            Call::GetAuthorizationToken,
            json!([allow("ecr:*", REPOSITORY)]),
            &["ecr:GetAuthorizationToken is not about one resource"],
        ),
        of_role(
            "missing ecr:BatchGetImage",
            Call::BatchGetImage,
            json!([allow("ecr:GetAuthorizationToken", "*")]),
            &["it lists other actions", "ecr:GetDownloadUrlForLayer"],
        ),
        of_role(
            "awslogs-create-group without logs:CreateLogGroup",
            Call::CreateLogGroup,
            json!([{"Effect": "Allow", "Resource": "*",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"]}]),
            &["awslogs-create-group makes the execution role create the log group"],
        ),
        of_role(
            "a log group's ARN for its streams",
            Call::CreateLogStream,
            json!([allow("logs:CreateLogStream", GROUP)]),
            &["the resource goes on after a colon"],
        ),
    ]
}

const GUIDE: &str = include_str!("../../../../docs/guide/explain.md");

async fn check(lab: &Lab, mistake: &Mistake) {
    let row = format!("| {} |", mistake.name);
    assert!(GUIDE.contains(&row), "the guide has no row {row}");
    let text = document(&mistake.statements);
    let caller = if mistake.role {
        let id = "0123456789abcdef0123456789abcdef";
        lab.world.role_session("task", id, Some(&text)).await
    } else {
        lab.world.user("ci", Some(&text)).await
    };
    let caller = caller.unwrap();
    let mut causes: Vec<&str> = mistake.causes.iter().map(String::as_str).collect();
    let mut statements = mistake.statements.clone();
    let mut outcome = lab.call(&caller, mistake.call).await;
    // A call that passes two roles needs two permissions, and is denied for one after the other.
    for _ in 0..2 {
        if outcome.is_ok() {
            break;
        }
        let denied = lab.denied(outcome, &causes).await;
        causes.clear();
        let fix = only(&denied);
        assert_eq!(fix.layer, Layer::Identity.to_string(), "{}", mistake.name);
        statements = changed(&statements, fix);
        let fixed = document(&statements);
        if mistake.role {
            let input = json!({"RoleName": "task", "PolicyName": "test", "PolicyDocument": fixed});
            lab.root::<rolecall_api::iam::PutRolePolicy>(input).await;
        } else {
            let input = json!({"UserName": "ci", "PolicyName": "test", "PolicyDocument": fixed});
            lab.root::<rolecall_api::iam::PutUserPolicy>(input).await;
        }
        outcome = lab.call(&caller, mistake.call).await;
    }
    assert!(causes.is_empty(), "{} was not denied", mistake.name);
    assert!(
        outcome.is_ok(),
        "{}: {outcome:?} under {statements}",
        mistake.name
    );
}

#[tokio::test]
async fn mistakes_of_whoever_runs_tasks() {
    let lab = Lab::new().await;
    let trust = json!({"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole"});
    lab.role(&trust).await;
    assert!(ROLE.ends_with("/web"));
    for mistake in of_operators() {
        check(&lab, &mistake).await;
    }
}

#[tokio::test]
async fn mistakes_in_the_roles_of_tasks() {
    let lab = Lab::new().await;
    for mistake in of_tasks() {
        check(&lab, &mistake).await;
    }
}
