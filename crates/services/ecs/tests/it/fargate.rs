//! The plan and its steps, as the reconciler takes them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_ecs::address::AddressPool;
use rolecall_ecs::documents::{Task, TaskDefinition};
use rolecall_ecs::scheduler::{Credentials, Plan, Platform, compile, on_agents, plan};
use rolecall_ecs::transitions;
use rolecall_op::Stored;
use rolecall_store::Txn;
use rolecall_testkit::World;
use serde_json::{Value as Json, json};

use crate::support::{fails, ok, run_with, web, web_with, world};

fn pool() -> AddressPool {
    AddressPool::new(Ipv4Addr::new(10, 0, 0, 0), 28).unwrap()
}

fn now_plan(world: &World) -> Plan {
    plan(&world.pipeline.store().snapshot(), world.now(), pool())
}

/// One step of the reconciler.
async fn step(world: &World, change: impl Fn(&mut Txn) -> bool + Send + Sync + 'static) {
    let body = move |tx: &mut Txn| Ok::<_, AwsError>(change(tx));
    let done = world.pipeline.store().transact(body).await.unwrap();
    assert!(done.value, "the step changed nothing");
}

async fn started(world: &World, count: u32) -> Vec<String> {
    ok::<api::CreateCluster>(world, json!({})).await;
    ok::<api::RegisterTaskDefinition>(world, web()).await;
    ok::<api::RunTask>(world, run_with(json!({"count": count}))).await;
    let launch = now_plan(world).launch;
    let now = world.now();
    for line in &launch {
        let (key, address) = (line.task.clone(), line.address.unwrap());
        step(world, move |tx| {
            transitions::assign_address(tx, &key, address)
        })
        .await;
        let key = line.task.clone();
        step(world, move |tx| transitions::sent_to_agent(tx, &key, now)).await;
    }
    launch.into_iter().map(|line| line.task).collect()
}

async fn described(world: &World, key: &str) -> Json {
    let id = key.rsplit('/').next().unwrap();
    let described = ok::<api::DescribeTasks>(world, json!({"tasks": [id]})).await;
    described["tasks"][0].clone()
}

async fn report(world: &World, key: &str, rest: Json) {
    let mut input = json!({"cluster": "default", "task": key.rsplit('/').next().unwrap()});
    input
        .as_object_mut()
        .unwrap()
        .extend(rest.as_object().unwrap().clone());
    let input: Stored<api::SubmitTaskStateChangeRequest> = serde_json::from_value(input).unwrap();
    let done = world
        .pipeline
        .invoke::<api::SubmitTaskStateChange>(world.root(), input.0)
        .await;
    assert_eq!(done.unwrap().acknowledgment.as_deref(), Some("ACK"));
}

#[tokio::test]
async fn a_task_runs_and_is_over_and_is_forgotten() {
    let world = world();
    let key = started(&world, 1).await.remove(0);
    assert!(now_plan(&world).is_empty());
    let task = described(&world, &key).await;
    assert_eq!(task["lastStatus"], "PENDING");
    assert_eq!(task["attachments"][0]["status"], "ATTACHED");
    let address = task["attachments"][0]["details"][4]["value"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(address.starts_with("10.0.0."));
    assert_eq!(
        task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"],
        address
    );

    world.advance(Duration::from_secs(2));
    report(
        &world,
        &key,
        json!({"status": "PENDING", "containers":
        [{"containerName": "app", "imageDigest": "sha256:aa", "status": "PENDING"}]}),
    )
    .await;
    report(
        &world,
        &key,
        json!({"status": "RUNNING", "pullStartedAt": 1_795_305_601.5,
        "pullStoppedAt": 1_795_305_602.0, "containers":
        [{"containerName": "app", "runtimeId": "r", "status": "RUNNING"}]}),
    )
    .await;
    let task = described(&world, &key).await;
    assert_eq!(task["lastStatus"], "RUNNING");
    assert_eq!(task["startedAt"], json!(1_795_305_602.0));
    assert_eq!(task["pullStartedAt"], json!(1_795_305_601.5));
    assert_eq!(task["connectivity"], "CONNECTED");
    assert_eq!(task["containers"][0]["imageDigest"], "sha256:aa");
    assert!(now_plan(&world).is_empty());

    report(
        &world,
        &key,
        json!({"status": "STOPPED", "executionStoppedAt": 1_795_305_603.25,
        "containers": [{"containerName": "app", "exitCode": 7, "status": "STOPPED"}]}),
    )
    .await;
    assert_eq!(
        described(&world, &key).await["lastStatus"],
        "DEPROVISIONING"
    );
    assert_eq!(
        now_plan(&world),
        Plan {
            release: vec![key.clone()],
            ..Plan::default()
        }
    );
    let (released, now) = (key.clone(), world.now());
    step(&world, move |tx| transitions::released(tx, &released, now)).await;
    let task = described(&world, &key).await;
    assert_eq!(task["lastStatus"], "STOPPED");
    assert_eq!(task["stopCode"], "EssentialContainerExited");
    assert_eq!(task["containers"][0]["exitCode"], 7);
    assert_eq!(task["executionStoppedAt"], json!(1_795_305_603.25));
    assert_eq!(task["attachments"][0]["status"], "DELETED");

    world.advance(Duration::from_secs(3599));
    assert!(now_plan(&world).is_empty());
    world.advance(Duration::from_secs(1));
    assert_eq!(
        now_plan(&world),
        Plan {
            forget_tasks: vec![key.clone()],
            ..Plan::default()
        }
    );
    step(&world, move |tx| transitions::forget_task(tx, &key)).await;
    assert!(now_plan(&world).is_empty());
}

#[tokio::test]
async fn a_task_is_stopped_through_its_agent() {
    let world = world();
    let key = started(&world, 1).await.remove(0);
    let id = key.rsplit('/').next().unwrap().to_owned();
    ok::<api::StopTask>(&world, json!({"task": id})).await;
    assert_eq!(
        now_plan(&world),
        Plan {
            stop: vec![key.clone()],
            ..Plan::default()
        }
    );
    let (sent, now) = (key.clone(), world.now());
    step(&world, move |tx| transitions::stop_sent(tx, &sent, now)).await;
    assert_eq!(described(&world, &key).await["lastStatus"], "STOPPING");
    assert!(now_plan(&world).is_empty());
    report(&world, &key, json!({"status": "STOPPED"})).await;
    let task = described(&world, &key).await;
    assert_eq!(task["stopCode"], "UserInitiated");
    assert_eq!(task["stoppedReason"], "Task stopped by user");
}

#[tokio::test]
async fn a_task_that_is_stopped_before_it_is_sent_never_reaches_an_agent() {
    let world = world();
    ok::<api::CreateCluster>(&world, json!({})).await;
    ok::<api::RegisterTaskDefinition>(&world, web()).await;
    let answer = ok::<api::RunTask>(&world, run_with(json!({}))).await;
    let arn = answer["tasks"][0]["taskArn"].clone();
    ok::<api::StopTask>(&world, json!({"task": arn, "reason": "never mind"})).await;
    let plan = now_plan(&world);
    assert_eq!(
        plan,
        Plan {
            end: plan.end.clone(),
            ..Plan::default()
        }
    );
    let (key, now) = (plan.end[0].clone(), world.now());
    let cause = transitions::StopCause::user(None);
    step(&world, move |tx| transitions::ended(tx, &key, &cause, now)).await;
    let task = described(&world, &plan.end[0]).await;
    assert_eq!(
        (&task["lastStatus"], &task["stoppedReason"]),
        (&json!("STOPPED"), &json!("never mind"))
    );
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_stops_the_task_in_aws_words() {
    let world = world();
    ok::<api::CreateCluster>(&world, json!({})).await;
    ok::<api::RegisterTaskDefinition>(&world, web()).await;
    ok::<api::RunTask>(&world, run_with(json!({}))).await;
    let (key, now) = (now_plan(&world).launch[0].task.clone(), world.now());
    let reason = transitions::unable_to_assume("arn:aws:iam::123456789012:role/x");
    let (failed, text) = (key.clone(), reason.clone());
    step(&world, move |tx| {
        transitions::failed_to_start(tx, &failed, &text, now)
    })
    .await;
    let task = described(&world, &key).await;
    assert_eq!(task["stopCode"], "TaskFailedToStart");
    assert_eq!(task["stoppedReason"], reason);
    assert_eq!(
        reason,
        "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/x' that was provided \
         for this task. Please verify that the role being passed has the proper trust \
         relationship and permissions and that your IAM user has permissions to pass this role."
    );
}

#[tokio::test]
async fn no_two_tasks_have_one_address_and_the_twelfth_has_none() {
    let world = world();
    let keys = started(&world, 9).await;
    ok::<api::RunTask>(&world, run_with(json!({"count": 3}))).await;
    let plan = now_plan(&world);
    assert_eq!((plan.launch.len(), plan.no_address.len()), (2, 1));
    let snap = world.pipeline.store().snapshot();
    let mut addresses: Vec<Ipv4Addr> = plan.launch.iter().map(|l| l.address.unwrap()).collect();
    for (_, task) in snap.range::<Task>("") {
        addresses.extend(task.eni.as_ref().unwrap().address);
    }
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 11);
    assert_eq!(on_agents(&snap).count(), keys.len());
}

#[tokio::test]
async fn a_payload_has_the_tasks_own_roles_and_address() {
    let world = world();
    ok::<api::CreateCluster>(&world, json!({})).await;
    let roles = json!({"taskRoleArn": "app", "executionRoleArn": "exec"});
    ok::<api::RegisterTaskDefinition>(&world, web_with(roles)).await;
    let overrides = json!({"overrides": {"taskRoleArn": "other",
        "containerOverrides": [{"name": "app", "command": ["true"]}]}});
    ok::<api::RunTask>(&world, run_with(overrides)).await;
    let line = now_plan(&world).launch.remove(0);
    let (key, address) = (line.task.clone(), line.address.unwrap());
    step(&world, move |tx| {
        transitions::assign_address(tx, &key, address)
    })
    .await;
    let snap = world.pipeline.store().snapshot();
    let task = snap.get::<Task>(&line.task).unwrap();
    let definition = snap.get::<TaskDefinition>(&task.definition_key()).unwrap();
    let credentials = |name: &str| {
        Some(Credentials {
            access_key_id: format!("ASIA{name}"),
            secret_access_key: "secret".to_owned(),
            session_token: "token".to_owned(),
            expiration: "2026-11-22T01:00:00Z".to_owned(),
        })
    };
    let platform = Platform {
        endpoints: rolecall_acs::compile::Endpoints::default(),
        environment: BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), "http://x".to_owned())]),
        name_servers: vec![Ipv4Addr::new(10, 0, 0, 2)],
    };
    let payload = compile(
        &task,
        &definition,
        credentials("T"),
        credentials("E"),
        &platform,
        &pool(),
    )
    .unwrap();
    let role = payload.role_credentials.unwrap();
    assert_eq!(role.role_arn, "arn:aws:iam::123456789012:role/other");
    assert_eq!(role.credentials_id, task.task_credentials_id.0);
    let execution = payload.execution_role_credentials.unwrap();
    assert_eq!(execution.role_arn, "arn:aws:iam::123456789012:role/exec");
    assert_ne!(execution.credentials_id, role.credentials_id);
    assert_eq!(payload.containers[0].command, ["true"]);
    assert_eq!(
        payload.containers[0].environment["AWS_ENDPOINT_URL"],
        "http://x"
    );
    assert_eq!(
        payload.containers[0].environment["AWS_EXECUTION_ENV"],
        "AWS_ECS_FARGATE"
    );
    let eni = &payload.elastic_network_interfaces[0];
    assert_eq!(eni.ipv4_addresses[0].private_address, address.to_string());
    assert_eq!(
        eni.subnet_gateway_ipv4_address.as_deref(),
        Some("10.0.0.1/28")
    );
}

#[tokio::test]
async fn a_definition_goes_once_no_task_uses_it() {
    let world = world();
    let key = started(&world, 1).await.remove(0);
    ok::<api::DeregisterTaskDefinition>(&world, json!({"taskDefinition": "web:1"})).await;
    ok::<api::DeleteTaskDefinitions>(&world, json!({"taskDefinitions": ["web:1"]})).await;
    assert!(now_plan(&world).is_empty());
    report(&world, &key, json!({"status": "STOPPED", "reason": "x"})).await;
    let (released, now) = (key, world.now());
    step(&world, move |tx| transitions::released(tx, &released, now)).await;
    let plan = now_plan(&world);
    let definition = plan.forget_definitions[0].clone();
    assert_eq!(plan.forget_definitions.len(), 1);
    step(&world, move |tx| {
        transitions::forget_definition(tx, &definition)
    })
    .await;
    let gone =
        fails::<api::DescribeTaskDefinition>(&world, json!({"taskDefinition": "web:1"})).await;
    assert_eq!(gone.1, "Unable to describe task definition.");
    // The counter goes on.
    let registered = ok::<api::RegisterTaskDefinition>(&world, web()).await;
    assert_eq!(registered["taskDefinition"]["revision"], 2);
}

#[tokio::test]
async fn client_tokens_are_forgotten_after_a_day() {
    let world = world();
    ok::<api::CreateCluster>(&world, json!({})).await;
    ok::<api::RegisterTaskDefinition>(&world, web()).await;
    ok::<api::RunTask>(&world, run_with(json!({"clientToken": "t"}))).await;
    world.advance(Duration::from_secs(24 * 3600));
    let token = now_plan(&world).forget_tokens.remove(0);
    step(&world, move |tx| transitions::forget_token(tx, &token)).await;
    assert!(now_plan(&world).forget_tokens.is_empty());
}

#[tokio::test]
async fn a_report_of_a_task_that_is_not_there_is_refused() {
    let world = world();
    ok::<api::CreateCluster>(&world, json!({})).await;
    let input = json!({"cluster": "default", "task": "0".repeat(32), "status": "RUNNING"});
    let got = fails::<api::SubmitTaskStateChange>(&world, input).await;
    assert_eq!(got.0, "InvalidParameterException");
}
