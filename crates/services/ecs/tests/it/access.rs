//! Who may: both sides of every permission, `iam:PassRole` above all.

use rolecall_api::{ApiOperation, ecs as api};
use rolecall_identity::Caller;
use rolecall_op::Operation;
use rolecall_testkit::World;
use serde_json::{Value as Json, json};

use crate::support::{call_as, ok, run_with, web_with, world};

const ROLE: &str = "arn:aws:iam::123456789012:role/task";
const OTHER: &str = "arn:aws:iam::123456789012:role/other";

async fn prepared() -> World {
    let world = world();
    ok::<api::CreateCluster>(&world, json!({})).await;
    let roles = json!({"taskRoleArn": ROLE, "executionRoleArn": ROLE});
    ok::<api::RegisterTaskDefinition>(&world, web_with(roles)).await;
    world
}

fn policy(statements: Json) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn allow(action: &str, resource: &str) -> Json {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn pass(role: &str, service: &str) -> Json {
    json!({
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": role,
        "Condition": {"StringEquals": {"iam:PassedToService": service}},
    })
}

/// The message of the refusal of `RunTask` for a user with this policy; `None` if it is allowed.
async fn refusal(world: &World, statements: Json, change: Json) -> Option<String> {
    let user = world.user("dev", Some(&policy(statements))).await.unwrap();
    match call_as::<api::RunTask>(world, &user, run_with(change)).await {
        Ok(_) => None,
        Err(error) => {
            assert_eq!(error.code, "AccessDeniedException");
            Some(error.message)
        }
    }
}

const RUN: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/web";
const TASKS: &str = "ecs-tasks.amazonaws.com";

fn denied(action: &str, resource: &str) -> Option<String> {
    Some(format!(
        "User: arn:aws:iam::123456789012:user/dev is not authorized to perform: {action} on \
         resource: {resource} because no identity-based policy allows the {action} action"
    ))
}

#[tokio::test]
async fn run_task_passes_the_roles_of_the_definition() {
    let world = prepared().await;
    let run = allow("ecs:RunTask", RUN);
    let got = refusal(&world, json!([run]), json!({})).await;
    assert_eq!(got, denied("iam:PassRole", ROLE));
    let got = refusal(
        &world,
        json!([run, pass(ROLE, "ec2.amazonaws.com")]),
        json!({}),
    )
    .await;
    assert_eq!(got, denied("iam:PassRole", ROLE));
    assert_eq!(
        refusal(&world, json!([run, pass(ROLE, TASKS)]), json!({})).await,
        None
    );
    let got = refusal(&world, json!([pass(ROLE, TASKS)]), json!({})).await;
    assert_eq!(got, denied("ecs:RunTask", RUN));
}

#[tokio::test]
async fn run_task_passes_the_roles_of_the_overrides() {
    let world = prepared().await;
    let mine = json!([allow("ecs:RunTask", RUN), pass(ROLE, TASKS)]);
    for member in ["taskRoleArn", "executionRoleArn"] {
        let change = json!({"overrides": {member: OTHER}});
        let got = refusal(&world, mine.clone(), change.clone()).await;
        assert_eq!(got, denied("iam:PassRole", OTHER));
        let both = json!([
            allow("ecs:RunTask", RUN),
            pass(ROLE, TASKS),
            pass(OTHER, TASKS)
        ]);
        assert_eq!(refusal(&world, both, change).await, None);
    }
    // A role that is overridden is not passed.
    let other = json!([allow("ecs:RunTask", RUN), pass(OTHER, TASKS)]);
    let change = json!({"overrides": {"taskRoleArn": OTHER, "executionRoleArn": OTHER}});
    assert_eq!(refusal(&world, other, change).await, None);
}

#[tokio::test]
async fn run_task_is_decided_on_the_definition_as_it_is_named() {
    let world = prepared().await;
    let with_revisions = json!([allow("ecs:RunTask", &format!("{RUN}:*")), pass(ROLE, TASKS)]);
    let got = refusal(&world, with_revisions.clone(), json!({})).await;
    assert_eq!(got, denied("ecs:RunTask", RUN));
    let named = json!({"taskDefinition": "web:1"});
    assert_eq!(refusal(&world, with_revisions, named).await, None);
    // Nothing is told about what is not there.
    let got = refusal(
        &world,
        json!([allow("s3:*", "*")]),
        json!({"taskDefinition": "nope:3"}),
    )
    .await;
    let nope = "arn:aws:ecs:us-east-1:123456789012:task-definition/nope:3";
    assert_eq!(got, denied("ecs:RunTask", nope));
}

#[tokio::test]
async fn run_task_has_condition_keys() {
    let world = prepared().await;
    let run_if = |condition: Json| {
        json!([
            {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*", "Condition": condition},
            pass("*", TASKS),
        ])
    };
    let cluster = |name: &str| {
        let arn = format!("arn:aws:ecs:us-east-1:123456789012:cluster/{name}");
        run_if(json!({"ArnEquals": {"ecs:cluster": arn}}))
    };
    assert_eq!(refusal(&world, cluster("default"), json!({})).await, None);
    assert!(refusal(&world, cluster("prod"), json!({})).await.is_some());
    let small = run_if(json!({"NumericLessThanEquals": {"ecs:task-cpu": "256"}}));
    assert_eq!(refusal(&world, small.clone(), json!({})).await, None);
    let big = json!({"overrides": {"cpu": "512", "memory": "1024"}});
    assert!(refusal(&world, small, big).await.is_some());
    let exec = run_if(json!({"StringEquals": {"ecs:enable-execute-command": "false"}}));
    assert_eq!(refusal(&world, exec.clone(), json!({})).await, None);
    let on = json!({"enableExecuteCommand": true});
    assert!(refusal(&world, exec, on).await.is_some());
}

#[tokio::test]
async fn tags_at_creation_need_their_own_permission() {
    let world = prepared().await;
    let base = vec![allow("ecs:RunTask", RUN), pass(ROLE, TASKS)];
    let tagged = json!({"tags": [{"key": "k", "value": "v"}]});
    let task = "arn:aws:ecs:us-east-1:123456789012:task/default/*";
    let got = refusal(&world, json!(base), tagged.clone()).await;
    assert_eq!(got, denied("ecs:TagResource", task));
    let tag = |action: &str| {
        json!({
            "Effect": "Allow",
            "Action": "ecs:TagResource",
            "Resource": "*",
            "Condition": {"StringEquals": {"ecs:CreateAction": action}},
        })
    };
    let mut wrong = base.clone();
    wrong.push(tag("CreateCluster"));
    assert!(
        refusal(&world, json!(wrong), tagged.clone())
            .await
            .is_some()
    );
    let mut right = base;
    right.push(tag("RunTask"));
    assert_eq!(refusal(&world, json!(right), tagged).await, None);
}

#[tokio::test]
async fn registering_passes_both_roles() {
    let world = world();
    let register = async |statements: Json| {
        let user = world.user("dev", Some(&policy(statements))).await.unwrap();
        let input = web_with(json!({"taskRoleArn": ROLE, "executionRoleArn": OTHER}));
        call_as::<api::RegisterTaskDefinition>(&world, &user, input).await
    };
    let base = allow("ecs:RegisterTaskDefinition", "*");
    for (passed, missing) in [(ROLE, OTHER), (OTHER, ROLE)] {
        let error = register(json!([base, pass(passed, TASKS)]))
            .await
            .unwrap_err();
        assert_eq!(Some(error.message), denied("iam:PassRole", missing));
    }
    assert!(
        register(json!([base, pass(ROLE, TASKS), pass(OTHER, TASKS)]))
            .await
            .is_ok()
    );
    let user = world
        .user("dev", Some(&policy(json!([allow("*", "*")]))))
        .await
        .unwrap();
    let foreign = web_with(json!({"taskRoleArn": "arn:aws:iam::210987654321:role/x"}));
    let error = call_as::<api::RegisterTaskDefinition>(&world, &user, foreign)
        .await
        .unwrap_err();
    assert_eq!(error.message, "Cross-account pass role is not allowed.");
}

#[tokio::test]
async fn tags_on_a_resource_decide() {
    let world = world();
    for team in ["a", "b"] {
        let input = json!({"clusterName": team, "tags": [{"key": "team", "value": team}]});
        ok::<api::CreateCluster>(&world, input).await;
    }
    let own = json!([{
        "Effect": "Allow",
        "Action": "ecs:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}},
    }]);
    let user = world.user("dev", Some(&policy(own))).await.unwrap();
    let delete = |name: &str| json!({"cluster": name});
    assert!(
        call_as::<api::DeleteCluster>(&world, &user, delete("b"))
            .await
            .is_err()
    );
    assert!(
        call_as::<api::DeleteCluster>(&world, &user, delete("a"))
            .await
            .is_ok()
    );
}

/// Calls the operation's own example as somebody without a policy.
async fn is_denied<Op: Operation>(world: &World, nobody: &Caller) {
    let example: Json = serde_json::from_str(Op::EXAMPLE).unwrap();
    let got = world.call::<Op::Api>(nobody, example).await;
    let name = <Op::Api as ApiOperation>::NAME;
    let error = got
        .err()
        .unwrap_or_else(|| panic!("{name} is open to everybody"));
    assert_eq!(
        error.code, "AccessDeniedException",
        "{name}: {}",
        error.message
    );
    assert!(
        error.message.contains(&format!("ecs:{name} ")),
        "{}",
        error.message
    );
}

/// The examples pass validation, and nobody without a policy gets further.
#[tokio::test]
async fn without_a_policy_every_operation_is_denied() {
    macro_rules! all {
        ($world:ident, $nobody:ident: $($module:ident::{$($op:ident),*})*) => {
            let mut count = 0;
            $($(
                is_denied::<rolecall_ecs::$module::$op>(&$world, &$nobody).await;
                count += 1;
            )*)*
            assert_eq!(count, $world.pipeline.registry().iter().count());
        };
    }
    let world = prepared().await;
    let nobody = world.user("nobody", None).await.unwrap();
    all! { world, nobody:
        cluster::{CreateCluster, DescribeClusters, ListClusters, UpdateCluster,
            UpdateClusterSettings, PutClusterCapacityProviders, DeleteCluster}
        capacity_provider::{CreateCapacityProvider, DescribeCapacityProviders,
            UpdateCapacityProvider, DeleteCapacityProvider}
        task_definition::{RegisterTaskDefinition, DescribeTaskDefinition,
            DeregisterTaskDefinition, DeleteTaskDefinitions, ListTaskDefinitions,
            ListTaskDefinitionFamilies}
        task::{RunTask, StopTask, DescribeTasks, ListTasks, SubmitTaskStateChange,
            SubmitContainerStateChange}
        tagging::{TagResource, UntagResource, ListTagsForResource}
        service::{ListServices, DescribeServices}
        container_instance::{ListContainerInstances, DescribeContainerInstances, ListAttributes}
        account_setting::{ListAccountSettings, PutAccountSetting, PutAccountSettingDefault,
            DeleteAccountSetting}
    }
}
