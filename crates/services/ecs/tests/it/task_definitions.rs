//! Registering task definitions: defaults, refusals, revisions, listings.

use rolecall_api::ecs as api;
use serde_json::{Value as Json, json};

use crate::support::{call, fails, ok, web, web_container, web_with, world};

#[tokio::test]
async fn a_registered_definition_has_its_defaults_filled_in() {
    let world = world();
    let input = web_with(json!({
        "cpu": ".25 vCPU",
        "memory": "0.5 GB",
        "taskRoleArn": "app",
        "executionRoleArn": "arn:aws:iam::123456789012:role/exec",
        "containerDefinitions": [{
            "name": "app",
            "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1",
            "portMappings": [{"containerPort": 80}],
            "healthCheck": {"command": ["CMD-SHELL", "true"]},
            "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": "/ecs/web",
                "awslogs-region": "us-east-1",
                "awslogs-stream-prefix": "ecs",
            }},
        }],
        "tags": [{"key": "k", "value": "v"}],
    }));
    let registered = ok::<api::RegisterTaskDefinition>(&world, input).await;
    let expected = json!({
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1",
        "family": "web",
        "revision": 1,
        "status": "ACTIVE",
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "taskRoleArn": "arn:aws:iam::123456789012:role/app",
        "executionRoleArn": "arn:aws:iam::123456789012:role/exec",
        "containerDefinitions": [{
            "name": "app",
            "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1",
            "cpu": 0,
            "essential": true,
            "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
            "environment": [],
            "mountPoints": [],
            "volumesFrom": [],
            "systemControls": [],
            "healthCheck":
                {"command": ["CMD-SHELL", "true"], "interval": 30, "timeout": 5, "retries": 3},
            "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": "/ecs/web",
                "awslogs-region": "us-east-1",
                "awslogs-stream-prefix": "ecs",
            }},
        }],
        "volumes": [],
        "placementConstraints": [],
        "requiresCompatibilities": ["FARGATE"],
        "compatibilities": ["EC2", "MANAGED_INSTANCES", "FARGATE"],
        "requiresAttributes": [
            {"name": "com.amazonaws.ecs.capability.docker-remote-api.1.18"},
            {"name": "com.amazonaws.ecs.capability.docker-remote-api.1.19"},
            {"name": "com.amazonaws.ecs.capability.docker-remote-api.1.29"},
            {"name": "com.amazonaws.ecs.capability.ecr-auth"},
            {"name": "com.amazonaws.ecs.capability.logging-driver.awslogs"},
            {"name": "com.amazonaws.ecs.capability.task-iam-role"},
            {"name": "ecs.capability.container-health-check"},
            {"name": "ecs.capability.execution-role-awslogs"},
            {"name": "ecs.capability.execution-role-ecr-pull"},
            {"name": "ecs.capability.task-cpu-mem-limit"},
            {"name": "ecs.capability.task-eni"},
        ],
        "registeredAt": 1_795_305_600.0,
        "registeredBy": "arn:aws:iam::123456789012:root",
    });
    assert_eq!(registered["taskDefinition"], expected);
    assert_eq!(registered["tags"], json!([{"key": "k", "value": "v"}]));
    let described =
        ok::<api::DescribeTaskDefinition>(&world, json!({"taskDefinition": "web"})).await;
    assert_eq!(described, json!({"taskDefinition": expected, "tags": []}));
    let with_tags = json!({"taskDefinition": "web:1", "include": ["TAGS"]});
    let described = ok::<api::DescribeTaskDefinition>(&world, with_tags).await;
    assert_eq!(described["tags"], registered["tags"]);
}

#[tokio::test]
async fn revisions_count_up_whatever_becomes_of_them() {
    let world = world();
    for revision in 1..=3 {
        let registered = ok::<api::RegisterTaskDefinition>(&world, web()).await;
        assert_eq!(registered["taskDefinition"]["revision"], revision);
    }
    let named = |name: &str| json!({"taskDefinition": name});
    let latest = async || {
        let described = call::<api::DescribeTaskDefinition>(&world, named("web")).await;
        described.map(|d| d["taskDefinition"]["revision"].clone())
    };
    let deregistered = ok::<api::DeregisterTaskDefinition>(&world, named("web:3")).await;
    assert_eq!(deregistered["taskDefinition"]["status"], "INACTIVE");
    assert_eq!(latest().await.unwrap(), 2);
    let again = fails::<api::DeregisterTaskDefinition>(&world, named("web:3")).await;
    assert_eq!(
        again,
        (
            "ClientException".into(),
            "TaskDefinition is inactive".into()
        )
    );
    // It is still described by its revision.
    let described = ok::<api::DescribeTaskDefinition>(&world, named("web:3")).await;
    assert_eq!(described["taskDefinition"]["status"], "INACTIVE");
    ok::<api::DeregisterTaskDefinition>(&world, named("web:1")).await;
    ok::<api::DeregisterTaskDefinition>(&world, named("web:2")).await;
    assert_eq!(
        latest().await.unwrap_err().message,
        "Unable to describe task definition."
    );
    let families = async |status: &str| {
        let input = json!({"status": status});
        ok::<api::ListTaskDefinitionFamilies>(&world, input).await["families"].clone()
    };
    assert_eq!(families("ACTIVE").await, json!([]));
    assert_eq!(families("INACTIVE").await, json!(["web"]));
    assert_eq!(families("ALL").await, json!(["web"]));
    let registered = ok::<api::RegisterTaskDefinition>(&world, web()).await;
    assert_eq!(registered["taskDefinition"]["revision"], 4);
    assert_eq!(latest().await.unwrap(), 4);
}

#[tokio::test]
async fn deleting_takes_an_inactive_revision() {
    let world = world();
    ok::<api::RegisterTaskDefinition>(&world, web()).await;
    let delete = json!({"taskDefinitions": ["web:1", "web:9"]});
    let answer = ok::<api::DeleteTaskDefinitions>(&world, delete.clone()).await;
    assert_eq!(answer["taskDefinitions"], json!([]));
    let reasons: Vec<&str> = answer["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["reason"].as_str().unwrap())
        .collect();
    assert!(reasons[0].contains("still in ACTIVE status"));
    assert!(reasons[1].contains("does not exist"));
    ok::<api::DeregisterTaskDefinition>(&world, json!({"taskDefinition": "web:1"})).await;
    let answer = ok::<api::DeleteTaskDefinitions>(&world, delete).await;
    assert_eq!(answer["taskDefinitions"][0]["status"], "DELETE_IN_PROGRESS");
}

#[tokio::test]
async fn listings_are_by_family_and_revision_both_ways() {
    let world = world();
    for family in ["a", "a-b", "a", "b"] {
        ok::<api::RegisterTaskDefinition>(&world, web_with(json!({"family": family}))).await;
    }
    let list = async |mut input: Json| {
        let mut all = Vec::new();
        loop {
            let page = ok::<api::ListTaskDefinitions>(&world, input.clone()).await;
            let arns = page["taskDefinitionArns"].as_array().unwrap();
            all.extend(
                arns.iter()
                    .map(|a| a.as_str().unwrap().rsplit('/').next().unwrap().to_owned()),
            );
            match page["nextToken"].as_str() {
                Some(next) => input["nextToken"] = next.into(),
                None => return all,
            }
        }
    };
    let ascending = ["a:1", "a:2", "a-b:1", "b:1"];
    assert_eq!(list(json!({})).await, ascending);
    assert_eq!(list(json!({"maxResults": 1})).await, ascending);
    let descending = ["b:1", "a-b:1", "a:2", "a:1"];
    assert_eq!(list(json!({"sort": "DESC"})).await, descending);
    assert_eq!(
        list(json!({"sort": "DESC", "maxResults": 3})).await,
        descending
    );
    assert_eq!(list(json!({"familyPrefix": "a"})).await, ["a:1", "a:2"]);
    assert_eq!(
        list(json!({"status": "INACTIVE"})).await,
        Vec::<String>::new()
    );
    let families =
        ok::<api::ListTaskDefinitionFamilies>(&world, json!({"familyPrefix": "a"})).await;
    assert_eq!(families["families"], json!(["a", "a-b"]));
}

/// Every refusal with AWS's own words.
#[tokio::test]
async fn what_is_wrong_is_refused_in_aws_words() {
    let world = world();
    let no_role = "Fargate requires task definition to have execution role ARN to support";
    let awslogs = json!({"logDriver": "awslogs", "options":
        {"awslogs-group": "g", "awslogs-region": "r", "awslogs-stream-prefix": "p"}});
    let two = |a: Json, b: Json| {
        let mut containers = [
            json!({"name": "a", "image": "i"}),
            json!({"name": "b", "image": "i"}),
        ];
        for (container, change) in containers.iter_mut().zip([a, b]) {
            container
                .as_object_mut()
                .unwrap()
                .extend(change.as_object().unwrap().clone());
        }
        web_with(json!({"containerDefinitions": containers}))
    };
    let cases: Vec<(Json, String)> = vec![
        (
            web_with(json!({"containerDefinitions": []})),
            "Container list cannot be empty.".into(),
        ),
        (
            web_container(json!({"image": ""})),
            "Container.image should not be null or empty.".into(),
        ),
        (
            web_container(json!({"name": ""})),
            "Container.name should not be null or empty.".into(),
        ),
        (
            web_container(json!({"essential": false})),
            "Task definition doesn't have any essential container.".into(),
        ),
        (
            web_with(json!({"cpu": "512"})),
            "No Fargate configuration exists for given values: 512 CPU, 512 memory. See the \
             Amazon ECS documentation for the valid values."
                .into(),
        ),
        (
            web_with(json!({"cpu": "x"})),
            "Invalid 'cpu' setting for task.".into(),
        ),
        (
            web_with(json!({"networkMode": "bridge"})),
            "Fargate only supports network mode ‘awsvpc’.".into(),
        ),
        (
            web_container(json!({"logConfiguration": awslogs})),
            format!("{no_role} log driver awslogs."),
        ),
        (
            web_container(json!({"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a"})),
            format!("{no_role} ECR images."),
        ),
        (
            web_container(json!({"logConfiguration": {"logDriver": "syslog"}})),
            "syslog is not a valid log driver. Must be one of [awslogs, splunk, awsfirelens]"
                .into(),
        ),
        (
            web_container(json!({"logConfiguration": {"logDriver": "awslogs", "options": {}}})),
            "Log driver awslogs requires options: awslogs-group, awslogs-region".into(),
        ),
        (
            web_container(json!({"secrets": [{"name": "S", "valueFrom": "/p"}]})),
            "When you are specifying container secrets, you must also specify a value for \
             'executionRoleArn'."
                .into(),
        ),
        (
            web_container(json!({"memory": 100, "memoryReservation": 200})),
            "Invalid setting for container 'app'. 'memory' must be greater than or equal to \
             'memoryReservation'."
                .into(),
        ),
        (
            web_container(json!({"memory": 1024})),
            "The 'memory' setting for container 'app' is greater than for the task.".into(),
        ),
        (
            two(
                json!({"dependsOn": [{"containerName": "x", "condition": "START"}]}),
                json!({}),
            ),
            "Cannot depend on container + 'x' because it does not exist".into(),
        ),
        (
            two(
                json!({"dependsOn": [{"containerName": "b", "condition": "START"}]}),
                json!({"dependsOn": [{"containerName": "a", "condition": "START"}]}),
            ),
            "A cycle exists in the container dependencies.".into(),
        ),
        (
            two(
                json!({"dependsOn": [{"containerName": "b", "condition": "SUCCESS"}]}),
                json!({}),
            ),
            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential \
             container"
                .into(),
        ),
        (
            two(
                json!({"dependsOn": [{"containerName": "b", "condition": "HEALTHY"}]}),
                json!({}),
            ),
            "A dependency container with HEALTHY condition must have health check configured"
                .into(),
        ),
        (
            web_container(json!({"portMappings": [{"containerPort": 80, "hostPort": 8080}]})),
            "When networkMode=awsvpc, the host ports and container ports in port mappings must \
             match."
                .into(),
        ),
        (
            web_container(json!({"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]})),
            "Unknown volume 'v'.".into(),
        ),
        (
            web_with(json!({"volumes": [{"name": "v", "host": {"sourcePath": "/x"}}]})),
            "Fargate compatible task definitions do not support sourcePath".into(),
        ),
        (
            web_with(json!({"ephemeralStorage": {"sizeInGiB": 20}})),
            "EphemeralStorage size should be at least 21.".into(),
        ),
        (
            web_container(json!({"privileged": true})),
            "Fargate requires that the 'privileged' setting be 'false'.".into(),
        ),
        (
            web_container(json!({"linuxParameters": {"capabilities": {"add": ["NET_ADMIN"]}}})),
            "NET_ADMIN is not allowed on Fargate.".into(),
        ),
        (
            web_container(json!({"ulimits": [{"name": "nofile", "softLimit": 2, "hardLimit": 1}]})),
            "Soft limit exceeds hard limit for ulimit nofile.".into(),
        ),
        (
            web_container(json!({"environmentFiles": [{"value": "x", "type": "s3"}]})),
            "Invalid arn syntax.".into(),
        ),
        (
            web_with(json!({"taskRoleArn": "arn:aws:iam::123456789012:user/x"})),
            "Role is not valid".into(),
        ),
        (
            web_with(json!({"ipcMode": "task"})),
            "Fargate compatible task definitions do not support ipcMode".into(),
        ),
        (
            web_container(json!({"links": ["app"]})),
            "Links are not supported when networkMode=awsvpc.".into(),
        ),
    ];
    for (input, expected) in cases {
        let (code, message) = fails::<api::RegisterTaskDefinition>(&world, input.clone()).await;
        assert_eq!(
            (code.as_str(), message.as_str()),
            ("ClientException", expected.as_str()),
            "{input}"
        );
    }
}

#[tokio::test]
async fn a_definition_for_instances_needs_memory_somewhere() {
    let world = world();
    let bridge = |container: Json| json!({"family": "ec2", "containerDefinitions": [container]});
    let (_, message) =
        fails::<api::RegisterTaskDefinition>(&world, bridge(json!({"name": "app", "image": "i"})))
            .await;
    assert_eq!(
        message,
        "Invalid setting for container 'app'. At least one of 'memory' or 'memoryReservation' \
         must be specified."
    );
    let container = json!({
        "name": "app",
        "image": "i",
        "memory": 128,
        "portMappings": [{"containerPort": 80}],
    });
    let registered = ok::<api::RegisterTaskDefinition>(&world, bridge(container)).await;
    let definition = &registered["taskDefinition"];
    assert_eq!(definition["compatibilities"], json!(["EXTERNAL", "EC2"]));
    assert_eq!(
        definition["containerDefinitions"][0]["portMappings"][0]["hostPort"],
        0
    );
}
