//! Starting, listing and stopping tasks.

use std::time::Duration;

use rolecall_api::ecs as api;
use serde_json::{Value as Json, json};

use crate::support::{fails, ok, run, run_with, web, web_with, world};
use rolecall_testkit::World;

async fn prepared() -> World {
    let world = world();
    ok::<api::CreateCluster>(
        &world,
        json!({"capacityProviders": ["FARGATE", "FARGATE_SPOT"]}),
    )
    .await;
    ok::<api::RegisterTaskDefinition>(&world, web()).await;
    world
}

fn tasks(answer: &Json) -> &Vec<Json> {
    answer["tasks"].as_array().unwrap()
}

#[tokio::test]
async fn a_task_is_made_and_described() {
    let world = prepared().await;
    let answer = ok::<api::RunTask>(
        &world,
        run_with(json!({
            "startedBy": "me",
            "tags": [{"key": "k", "value": "v"}],
            "enableECSManagedTags": true,
            "overrides": {"cpu": "0.5 vCPU", "memory": "1GB", "containerOverrides":
                [{"name": "app", "environment": [{"name": "A", "value": "1"}]}]},
        })),
    )
    .await;
    assert_eq!(answer["failures"], json!([]));
    let task = &tasks(&answer)[0];
    let arn = task["taskArn"].as_str().unwrap();
    assert!(
        arn.starts_with("arn:aws:ecs:us-east-1:123456789012:task/default/"),
        "{arn}"
    );
    let fields = [
        (
            "clusterArn",
            json!("arn:aws:ecs:us-east-1:123456789012:cluster/default"),
        ),
        (
            "taskDefinitionArn",
            json!("arn:aws:ecs:us-east-1:123456789012:task-definition/web:1"),
        ),
        ("lastStatus", json!("PROVISIONING")),
        ("desiredStatus", json!("RUNNING")),
        ("launchType", json!("FARGATE")),
        ("platformVersion", json!("1.4.0")),
        ("platformFamily", json!("Linux")),
        ("group", json!("family:web")),
        ("startedBy", json!("me")),
        ("cpu", json!("512")),
        ("memory", json!("1024")),
        ("version", json!(1)),
        ("createdAt", json!(1_795_305_600.0)),
        ("availabilityZone", json!("us-east-1a")),
        ("enableExecuteCommand", json!(false)),
        ("ephemeralStorage", json!({"sizeInGiB": 20})),
        ("healthStatus", json!("UNKNOWN")),
        (
            "tags",
            json!([{"key": "k", "value": "v"}, {"key": "aws:ecs:clusterName", "value": "default"}]),
        ),
    ];
    for (name, expected) in fields {
        assert_eq!(task[name], expected, "{name}");
    }
    let attachment = &task["attachments"][0];
    assert_eq!(attachment["type"], "ElasticNetworkInterface");
    assert_eq!(attachment["status"], "PRECREATED");
    assert_eq!(
        attachment["details"],
        json!([{"name": "subnetId", "value": "subnet-1"}])
    );
    let container = &task["containers"][0];
    assert_eq!(
        (&container["name"], &container["lastStatus"]),
        (&json!("app"), &json!("PENDING"))
    );
    let text = answer.to_string();
    assert!(!text.to_lowercase().contains("credential"));

    let describe = json!({"tasks": [arn], "include": ["TAGS"]});
    let described = ok::<api::DescribeTasks>(&world, describe).await;
    assert_eq!(described, json!({"tasks": [task], "failures": []}));
    let other = json!({"tasks": ["0".repeat(32)]});
    let described = ok::<api::DescribeTasks>(&world, other).await;
    assert_eq!(described["failures"][0]["reason"], "MISSING");
    let counted = ok::<api::DescribeClusters>(&world, json!({})).await;
    assert_eq!(counted["clusters"][0]["pendingTasksCount"], 1);
    let busy = fails::<api::DeleteCluster>(&world, json!({"cluster": "default"})).await;
    let expected = "The Cluster cannot be deleted while Tasks are active.";
    assert_eq!(
        busy,
        ("ClusterContainsTasksException".into(), expected.into())
    );
}

#[tokio::test]
async fn strategies_split_the_tasks() {
    let world = prepared().await;
    let mut input = run_with(json!({
        "count": 4,
        "capacityProviderStrategy": [
            {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
            {"capacityProvider": "FARGATE_SPOT", "weight": 2},
        ],
    }));
    let both = fails::<api::RunTask>(&world, input.clone()).await;
    assert_eq!(both.0, "InvalidParameterException");
    input.as_object_mut().unwrap().remove("launchType");
    let answer = ok::<api::RunTask>(&world, input).await;
    let providers: Vec<&str> = tasks(&answer)
        .iter()
        .map(|t| t["capacityProviderName"].as_str().unwrap())
        .collect();
    assert_eq!(
        providers.iter().filter(|p| **p == "FARGATE_SPOT").count(),
        2
    );
    assert!(tasks(&answer).iter().all(|t| t["launchType"] == "FARGATE"));
    let subnets: Vec<&Json> = tasks(&answer)
        .iter()
        .map(|t| &t["attachments"][0]["details"][0]["value"])
        .collect();
    assert_eq!(subnets, ["subnet-1", "subnet-2", "subnet-1", "subnet-2"]);
    // Without launch type and strategy it is the cluster's, here none: EC2.
    let mut input = run();
    input.as_object_mut().unwrap().remove("launchType");
    ok::<api::RegisterTaskDefinition>(
        &world,
        web_with(json!({"requiresCompatibilities": ["FARGATE", "EC2"]})),
    )
    .await;
    let none = fails::<api::RunTask>(&world, input.clone()).await;
    let expected = "No Container Instances were found in your cluster.";
    assert_eq!(none, ("InvalidParameterException".into(), expected.into()));
    ok::<api::PutClusterCapacityProviders>(
        &world,
        json!({
            "cluster": "default",
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        }),
    )
    .await;
    let answer = ok::<api::RunTask>(&world, input).await;
    assert_eq!(tasks(&answer)[0]["capacityProviderName"], "FARGATE_SPOT");
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_aws_words() {
    let world = prepared().await;
    let invalid = "InvalidParameterException";
    let cases = [
        (
            json!({"cluster": "x"}),
            "ClusterNotFoundException",
            "Cluster not found.",
        ),
        (
            json!({"taskDefinition": "x"}),
            "ClientException",
            "TaskDefinition not found.",
        ),
        (
            json!({"taskDefinition": "web:9"}),
            "ClientException",
            "TaskDefinition not found.",
        ),
        (
            json!({"networkConfiguration": null}),
            invalid,
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ),
        (
            json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": []}}}),
            invalid,
            "subnets can not be empty.",
        ),
        (
            json!({"count": 11}),
            invalid,
            "count must be between 1 and 10.",
        ),
        (
            json!({"launchType": "EC2"}),
            invalid,
            "Task definition does not support launch_type EC2.",
        ),
        (
            json!({"overrides": {"containerOverrides": [{"name": "x"}]}}),
            invalid,
            "Override for container named x is not a container in the TaskDefinition.",
        ),
        (
            json!({"overrides": {"containerOverrides": [{"name": "app", "command": ["x".repeat(8200)]}]}}),
            invalid,
            "Container Overrides length must be at most 8192",
        ),
        (
            json!({"overrides": {"memory": "768"}}),
            "ClientException",
            "No Fargate configuration exists for given values: 256 CPU, 768 memory. See the \
             Amazon ECS documentation for the valid values.",
        ),
        (
            json!({"overrides": {"taskRoleArn": "a/b"}}),
            "ClientException",
            "Role is not valid",
        ),
        (
            json!({"placementStrategy": [{"type": "random"}]}),
            invalid,
            "Placement strategies are not supported with FARGATE launch type.",
        ),
        (
            json!({"platformVersion": "9"}),
            "PlatformUnknownException",
            "The specified platform version does not exist.",
        ),
    ];
    for (change, code, message) in cases {
        let mut input = run_with(change.clone());
        let object = input.as_object_mut().unwrap();
        object.retain(|_, value| !value.is_null());
        let got = fails::<api::RunTask>(&world, input).await;
        assert_eq!(
            (got.0.as_str(), got.1.as_str()),
            (code, message),
            "{change}"
        );
    }
    let windows = json!({"family": "win", "cpu": "1024", "memory": "2048",
        "runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}});
    ok::<api::RegisterTaskDefinition>(&world, web_with(windows)).await;
    let got = fails::<api::RunTask>(&world, run_with(json!({"taskDefinition": "win"}))).await;
    assert_eq!(got.0, "PlatformTaskDefinitionIncompatibilityException");
    ok::<api::DeregisterTaskDefinition>(&world, json!({"taskDefinition": "web:1"})).await;
    let got = fails::<api::RunTask>(&world, run_with(json!({"taskDefinition": "web:1"}))).await;
    assert_eq!(
        got,
        (
            "ClientException".into(),
            "TaskDefinition is inactive".into()
        )
    );
}

#[tokio::test]
async fn a_client_token_starts_tasks_once() {
    let world = prepared().await;
    let input = run_with(json!({"clientToken": "t-1", "count": 2}));
    let first = ok::<api::RunTask>(&world, input.clone()).await;
    world.advance(Duration::from_secs(5));
    assert_eq!(ok::<api::RunTask>(&world, input).await, first);
    let other = run_with(json!({"clientToken": "t-1", "count": 3}));
    assert_eq!(
        fails::<api::RunTask>(&world, other).await.0,
        "ConflictException"
    );
    let listed = ok::<api::ListTasks>(&world, json!({})).await;
    assert_eq!(listed["taskArns"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn tasks_are_listed_by_filters_and_stopped() {
    let world = prepared().await;
    ok::<api::RunTask>(&world, run_with(json!({"count": 3, "startedBy": "a"}))).await;
    let one = ok::<api::RunTask>(&world, run_with(json!({"startedBy": "b"}))).await;
    let count = async |input: Json| {
        let listed = ok::<api::ListTasks>(&world, input).await;
        listed["taskArns"].as_array().unwrap().len()
    };
    assert_eq!(count(json!({})).await, 4);
    assert_eq!(count(json!({"startedBy": "a"})).await, 3);
    assert_eq!(
        count(json!({"family": "web", "launchType": "FARGATE"})).await,
        4
    );
    assert_eq!(count(json!({"family": "other"})).await, 0);
    assert_eq!(count(json!({"daemonName": "other"})).await, 0);
    assert_eq!(count(json!({"maxResults": 3})).await, 3);
    let arn = &tasks(&one)[0]["taskArn"];
    let stopped = ok::<api::StopTask>(&world, json!({"task": arn, "reason": "enough"})).await;
    assert_eq!(stopped["task"]["desiredStatus"], "STOPPED");
    assert_eq!(stopped["task"]["stopCode"], "UserInitiated");
    assert_eq!(stopped["task"]["stoppedReason"], "enough");
    assert_eq!(count(json!({})).await, 3);
    assert_eq!(count(json!({"desiredStatus": "STOPPED"})).await, 1);
    let missing = fails::<api::StopTask>(&world, json!({"task": "0".repeat(32)})).await;
    let expected = "The referenced task was not found.";
    assert_eq!(
        missing,
        ("InvalidParameterException".into(), expected.into())
    );
    let service = fails::<api::ListTasks>(&world, json!({"serviceName": "x"})).await;
    assert_eq!(service.0, "ServiceNotFoundException");
}

#[tokio::test]
async fn tags_of_the_definition_are_propagated_when_asked() {
    let world = prepared().await;
    let tags = json!([{"key": "a", "value": "definition"}, {"key": "b", "value": "definition"}]);
    ok::<api::RegisterTaskDefinition>(&world, web_with(json!({"tags": tags}))).await;
    let input = run_with(json!({
        "propagateTags": "TASK_DEFINITION",
        "tags": [{"key": "b", "value": "request"}],
    }));
    let answer = ok::<api::RunTask>(&world, input).await;
    let expected = json!([{"key": "a", "value": "definition"}, {"key": "b", "value": "request"}]);
    assert_eq!(tasks(&answer)[0]["tags"], expected);
    let plain = ok::<api::RunTask>(&world, run()).await;
    assert_eq!(tasks(&plain)[0]["tags"], json!([]));
}
