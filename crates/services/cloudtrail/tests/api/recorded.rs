//! Every way into the pipeline leaves a record.

use std::sync::Arc;
use std::time::Duration;

use rolecall_api::cloudtrail::{LookupEvents, LookupEventsRequest};
use rolecall_api::ecs::{ListClusters, ListClustersRequest};
use rolecall_identity::{Caller, Vouched};
use rolecall_op::{AccessCheck, Ports, Registry, Transport};
use rolecall_record::{
    CallKind, CallRecord, Entry, History, IdentityKind, NoHistory, Pending, Query, Reader, Reason,
    Recorder, Wanted,
};
use rolecall_testkit::World;
use serde_json::json;
use tempfile::TempDir;

struct House {
    world: World,
    recorder: Recorder,
    folder: TempDir,
}

impl House {
    fn new() -> Self {
        Self::with(Arc::new(NoHistory))
    }

    fn with(history: Arc<dyn History>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::open(folder.path(), 0).unwrap();
        let ports = Ports::default().with::<dyn History>(history);
        let registry = rolecall_ecs::register(Registry::default());
        let registry = rolecall_cloudtrail::register(registry);
        let world = World::recorded(registry, ports, Some(recorder.clone())).unwrap();
        Self {
            world,
            recorder,
            folder,
        }
    }

    /// The call that ended last.
    async fn last(&self) -> CallRecord<'static> {
        self.recorder.flushed().await;
        let reader = Reader::new(self.folder.path());
        let mut calls = reader.calls(Query::default());
        calls.next().unwrap().unwrap().call
    }
}

const ALL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Action":["ecs:*","ecr:*"],"Resource":"*"}}"#;

#[tokio::test]
async fn a_call_says_which_statement_allowed_it_under_which_keys() {
    let house = House::new();
    let ci = house
        .world
        .role_session("ci", "build-7", Some(ALL))
        .await
        .unwrap();
    let listed = house.world.call::<ListClusters>(&ci, json!({})).await;
    listed.unwrap();
    let call = house.last().await;
    assert_eq!(call.kind, CallKind::Management);
    assert_eq!(call.parameters, None);
    let decided = &call.decisions[0];
    assert_eq!(
        (&*decided.action, decided.allowed),
        ("ecs:ListClusters", true)
    );
    assert_eq!(decided.reason, Reason::Allow);
    let deciding = decided.deciding.as_ref().unwrap();
    assert_eq!(deciding.layer, "identity-based policy");
    assert_eq!((&*deciding.policy, deciding.statement), ("test", 0));
    let value = |name: &str| {
        let key = decided.keys.iter().find(|key| key.name == name);
        key.unwrap_or_else(|| panic!("no {name}")).values.to_vec()
    };
    assert_eq!(value("aws:RequestedRegion"), ["us-east-1"]);
    assert_eq!(value("aws:CurrentTime"), ["2026-11-22T00:00:00Z"]);
    assert_eq!(value("aws:EpochTime"), ["1795305600"]);
    assert_eq!(value("aws:ViaAWSService"), ["false"]);
}

#[tokio::test]
async fn a_forward_access_session_names_the_service_and_the_caller() {
    let house = House::new();
    let pipeline = &house.world.pipeline;
    let ci = house
        .world
        .role_session("ci", "build-7", Some(ALL))
        .await
        .unwrap();
    let region = pipeline.settings().region.clone();
    let request = pipeline.request(ci, region, Transport::inside());
    let service = "cloudformation.amazonaws.com";
    let input = ListClustersRequest::default();
    let listed = pipeline
        .invoke_via::<ListClusters>(&request, service, input)
        .await;
    listed.unwrap();
    let call = house.last().await;
    assert_eq!(call.caller.kind, IdentityKind::AssumedRole);
    assert_eq!(call.caller.invoked_by.as_deref(), Some(service));
    assert_eq!(*call.caller.called_via, [service]);
    let keys = &call.decisions[0].keys;
    let via = keys.iter().find(|key| key.name == "aws:CalledVia").unwrap();
    assert!(via.many && *via.values == [service]);
    // The record has every key that conditions see, whether written or told from the request.
    let mut seen = request;
    seen.called_via.push(service.to_owned());
    seen.transport.user_agent = Some(service.to_owned());
    seen.transport.source_ip = None;
    for (name, _) in rolecall_op::condition_context(&seen).iter() {
        assert!(keys.iter().any(|key| key.name == name), "{name}");
    }
}

#[tokio::test]
async fn a_byte_stream_is_named_by_its_action() {
    let house = House::new();
    let pipeline = &house.world.pipeline;
    let ci = house
        .world
        .role_session("ci", "build-7", None)
        .await
        .unwrap();
    let region = pipeline.settings().region.clone();
    let info = pipeline.request(ci, region, Transport::inside());
    let arn = "arn:aws:ecr:us-east-1:123456789012:repository/team/app";
    let check = AccessCheck::new("ecr:GetDownloadUrlForLayer", arn);
    let error = pipeline.permit(&info, vec![check]).unwrap_err();
    let call = house.last().await;
    assert_eq!(call.request_id, info.request_id);
    assert_eq!(call.source, "ecr.amazonaws.com");
    assert_eq!(call.operation, "GetDownloadUrlForLayer");
    assert_eq!(
        call.denial().unwrap().message.as_deref(),
        Some(error.message.as_str())
    );
    assert_eq!(call.resources[0].arn, arn);
    let denials = pipeline.audit().denials();
    assert_eq!(denials[0].message, error.message);
}

/// A history that never answers.
struct Stuck;

impl History for Stuck {
    fn select(&self, _: Query, _: Wanted, _: usize) -> Pending<Vec<Entry>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_client_that_went_away_is_recorded() {
    let house = House::with(Arc::new(Stuck));
    let pipeline = &house.world.pipeline;
    let input = LookupEventsRequest::default();
    let call = pipeline.invoke::<LookupEvents>(house.world.root(), input);
    // It is begun and waits; then nobody waits for it.
    let begun = tokio::time::timeout(Duration::from_millis(1), call).await;
    assert!(begun.is_err());
    let call = house.last().await;
    assert_eq!(call.operation, "LookupEvents");
    assert_eq!(call.error().unwrap().0, "ClientDisconnected");
    assert!(call.decisions[0].allowed);
}

#[tokio::test]
async fn a_service_principal_is_a_caller_too() {
    let house = House::new();
    let service = house.world.service("ecs-tasks.amazonaws.com", None);
    let listed = house.world.call::<ListClusters>(&service, json!({})).await;
    listed.unwrap_err();
    let call = house.last().await;
    assert_eq!(call.caller.kind, IdentityKind::AWSService);
    let text = rolecall_cloudtrail::event::event_json(&call, "123456789012");
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    let wanted = json!({ "type": "AWSService", "invokedBy": "ecs-tasks.amazonaws.com" });
    assert_eq!(read["userIdentity"], wanted);
    assert_eq!(read["sourceIPAddress"], "ecs-tasks.amazonaws.com");
}

#[tokio::test]
async fn a_user_of_a_provider_is_named_as_the_provider_names_it() {
    let house = House::new();
    let account = house.world.root().account;
    let vouched = Vouched {
        provider: "arn:aws:iam::123456789012:saml-provider/idp".to_owned(),
        subject: "alice".to_owned(),
        name_qualifier: Some("qualifier=".to_owned()),
        ..Vouched::default()
    };
    let alice = Caller::vouched(account, vouched);
    let listed = house.world.call::<ListClusters>(&alice, json!({})).await;
    listed.unwrap_err();
    let mut call = house.last().await;
    call.caller.kind = IdentityKind::SAMLUser;
    let text = rolecall_cloudtrail::event::event_json(&call, "123456789012");
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    let wanted = json!({ "type": "SAMLUser", "principalId": "qualifier=:alice",
        "userName": "alice", "identityProvider": "qualifier=" });
    assert_eq!(read["userIdentity"], wanted);
    assert_eq!(read["recipientAccountId"], "123456789012");
}
