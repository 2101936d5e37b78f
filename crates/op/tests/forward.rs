//! Forward access sessions: calls that a service makes for its caller.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::net::IpAddr;

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_identity::Caller;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{
    Access, AccessCheck, AccessRequest, Authorized, Operation, Registry, RequestInfo, Transport,
};
use rolecall_store::Txn;
use rolecall_testkit::World;
use serde_json::{Value, json};

const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// An operation that does nothing once it is allowed.
struct ListClusters;

impl Operation for ListClusters {
    type Api = api::ListClusters;
    const EXAMPLE: &'static str = "{}";

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("ecs:ListClusters", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, _tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        // Who it is done for is the caller, not the service.
        Ok(api::ListClustersResponse {
            cluster_arns: Some(vec![req.caller.arn.clone()]),
            next_token: None,
        })
    }
}

fn world() -> World {
    World::new(Registry::default().with::<ListClusters>()).unwrap()
}

async fn user(w: &World, statements: Value) -> Caller {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    w.user("ann", Some(&policy)).await.unwrap()
}

/// The request of `caller` to the service that calls on.
fn request(w: &World, caller: &Caller) -> RequestInfo {
    let transport = Transport {
        source_ip: Some(IpAddr::from([203, 0, 113, 7])),
        secure: true,
        user_agent: Some("aws-cli".to_owned()),
    };
    let region = w.pipeline.settings().region.clone();
    w.pipeline.request(caller.clone(), region, transport)
}

async fn via(w: &World, request: &RequestInfo, service: &str) -> Result<Vec<String>, AwsError> {
    let input = api::ListClustersRequest::default();
    let made = w
        .pipeline
        .invoke_via::<api::ListClusters>(request, service, input);
    Ok(made.await?.cluster_arns.unwrap_or_default())
}

async fn directly(w: &World, request: &RequestInfo) -> Result<(), AwsError> {
    let (caller, region) = (request.caller.clone(), request.region.clone());
    let transport = request.transport.clone();
    let input = api::ListClustersRequest::default();
    let made = w
        .pipeline
        .invoke_from::<api::ListClusters>(caller, region, transport, input);
    made.await.map(drop)
}

fn allow(condition: Value) -> Value {
    json!([{
        "Effect": "Allow", "Action": "ecs:ListClusters", "Resource": "*", "Condition": condition,
    }])
}

#[tokio::test]
async fn the_service_brings_no_permission_of_its_own() {
    let w = world();
    let nobody = w.user("ann", None).await.unwrap();
    let error = via(&w, &request(&w, &nobody), CLOUDFORMATION)
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: ecs:ListClusters \
         on resource: * because no identity-based policy allows the ecs:ListClusters action"
    );
    let ann = user(&w, allow(json!({}))).await;
    let done_for = via(&w, &request(&w, &ann), CLOUDFORMATION).await.unwrap();
    assert_eq!(done_for, ["arn:aws:iam::123456789012:user/ann"]);
}

#[tokio::test]
async fn a_policy_may_allow_only_through_a_service_or_only_without_one() {
    let w = world();
    let service = json!({ "ForAnyValue:StringEquals": { "aws:CalledVia": [CLOUDFORMATION] } });
    let any = json!({ "Bool": { "aws:ViaAWSService": "true" } });
    for condition in [service, any] {
        let ann = user(&w, allow(condition.clone())).await;
        let request = request(&w, &ann);
        via(&w, &request, CLOUDFORMATION).await.unwrap();
        assert!(directly(&w, &request).await.is_err(), "{condition}");
    }
    let none = json!({ "Bool": { "aws:ViaAWSService": "false" } });
    let absent = json!({ "Null": { "aws:CalledVia": "true", "aws:CalledViaFirst": "true" } });
    for condition in [none, absent] {
        let ann = user(&w, allow(condition.clone())).await;
        let request = request(&w, &ann);
        directly(&w, &request).await.unwrap();
        assert!(
            via(&w, &request, CLOUDFORMATION).await.is_err(),
            "{condition}"
        );
    }
    let other = json!({ "ForAnyValue:StringEquals": { "aws:CalledVia": "athena.amazonaws.com" } });
    let ann = user(&w, allow(other)).await;
    assert!(via(&w, &request(&w, &ann), CLOUDFORMATION).await.is_err());
}

#[tokio::test]
async fn a_chain_of_services_is_seen_in_its_order() {
    let w = world();
    let cases = [
        (
            json!({ "StringEquals": { "aws:CalledViaFirst": CLOUDFORMATION } }),
            true,
        ),
        (
            json!({ "StringEquals": { "aws:CalledViaLast": CLOUDFORMATION } }),
            false,
        ),
        (
            json!({ "StringEquals": { "aws:CalledViaLast": "ecs.amazonaws.com" } }),
            true,
        ),
        (
            json!({ "ForAllValues:StringEquals": { "aws:CalledVia": CLOUDFORMATION } }),
            false,
        ),
        (
            json!({ "ForAllValues:StringEquals": {
                "aws:CalledVia": ["ecs.amazonaws.com", CLOUDFORMATION],
            } }),
            true,
        ),
    ];
    for (condition, allowed) in cases {
        let ann = user(&w, allow(condition.clone())).await;
        let mut first = request(&w, &ann);
        first.called_via = vec![CLOUDFORMATION.to_owned()];
        let answer = via(&w, &first, "ecs.amazonaws.com").await;
        assert_eq!(answer.is_ok(), allowed, "{condition}");
    }
}

#[tokio::test]
async fn the_address_of_the_client_is_not_the_services() {
    let w = world();
    let inside = json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } });
    let ann = user(&w, allow(inside)).await;
    let request_of_ann = request(&w, &ann);
    directly(&w, &request_of_ann).await.unwrap();
    assert!(via(&w, &request_of_ann, CLOUDFORMATION).await.is_err());
    // The statement that AWS recommends to keep callers out of other networks and let services on.
    let perimeter = json!([
        { "Effect": "Allow", "Action": "ecs:*", "Resource": "*" },
        {
            "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {
                "NotIpAddress": { "aws:SourceIp": "198.51.100.0/24" },
                "Bool": { "aws:ViaAWSService": "false" },
            },
        },
    ]);
    let ann = user(&w, perimeter).await;
    let request_of_ann = request(&w, &ann);
    assert!(directly(&w, &request_of_ann).await.is_err());
    via(&w, &request_of_ann, CLOUDFORMATION).await.unwrap();
}
