//! A world with this service, and answers as JSON.

use rolecall_api::ApiOperation;
use rolecall_base::AwsError;
use rolecall_identity::Caller;
use rolecall_op::{Registry, Stored};
use rolecall_testkit::World;
use serde_json::{Value as Json, json};

pub(crate) fn world() -> World {
    World::new(rolecall_ecs::register(Registry::default())).unwrap()
}

/// Calls as `caller`; the answer as AWS's JSON.
pub(crate) async fn call_as<A: ApiOperation>(
    world: &World,
    caller: &Caller,
    input: Json,
) -> Result<Json, AwsError> {
    let output = world.call::<A>(caller, input).await?;
    Ok(serde_json::to_value(Stored(output)).unwrap())
}

/// Calls as the root user.
pub(crate) async fn call<A: ApiOperation>(world: &World, input: Json) -> Result<Json, AwsError> {
    call_as::<A>(world, &world.root(), input).await
}

/// Calls as the root user, and must succeed.
pub(crate) async fn ok<A: ApiOperation>(world: &World, input: Json) -> Json {
    call::<A>(world, input).await.unwrap()
}

/// Calls as the root user, and must fail: code and message.
pub(crate) async fn fails<A: ApiOperation>(world: &World, input: Json) -> (String, String) {
    let error = call::<A>(world, input).await.unwrap_err();
    (error.code.into_owned(), error.message)
}

/// The smallest task definition for Fargate.
pub(crate) fn web() -> Json {
    json!({
        "family": "web",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "app", "image": "nginx:1"}],
    })
}

/// `web` with the members of `change` over it.
pub(crate) fn web_with(change: Json) -> Json {
    let mut definition = web();
    let (Some(all), Json::Object(change)) = (definition.as_object_mut(), change) else {
        unreachable!("both are objects")
    };
    all.extend(change);
    definition
}

/// `web` with the members of `change` over those of its one container.
pub(crate) fn web_container(change: Json) -> Json {
    let mut definition = web();
    let container = definition["containerDefinitions"][0]
        .as_object_mut()
        .unwrap();
    container.extend(change.as_object().unwrap().clone());
    definition
}

/// A call of `RunTask` for `web` on Fargate in the default cluster.
pub(crate) fn run() -> Json {
    json!({
        "taskDefinition": "web",
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"]}},
    })
}

/// `run` with the members of `change` over it.
pub(crate) fn run_with(change: Json) -> Json {
    let mut input = run();
    input
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    input
}
