//! What was called is found again.

use std::sync::Arc;
use std::time::Duration;

use rolecall_api::cloudtrail::{LookupEvents, LookupEventsResponse};
use rolecall_api::ecs::{DescribeClusters, ListClusters, RegisterTaskDefinition};
use rolecall_api::iam::{CreateRole, CreateUser, GetAccountSummary};
use rolecall_base::{AwsError, Tags};
use rolecall_identity::organization::RootTask;
use rolecall_identity::{Caller, CallerKind, SessionClaims, SessionKind};
use rolecall_op::{Ports, Registry};
use rolecall_record::{History, Query, Reader, Recorded, Recorder};
use rolecall_testkit::World;
use serde_json::{Value, json};
use tempfile::TempDir;

struct House {
    world: World,
    folder: TempDir,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::open(folder.path(), 0).unwrap();
        let history = Recorded::new(recorder.clone(), Reader::new(folder.path()));
        let ports = Ports::default().with::<dyn History>(Arc::new(history));
        let registry = rolecall_iam::register(Registry::default());
        let registry = rolecall_ecs::register(registry);
        let registry = rolecall_cloudtrail::register(registry);
        let world = World::recorded(registry, ports, Some(recorder)).unwrap();
        Self { world, folder }
    }

    async fn lookup(&self, input: Value) -> Result<LookupEventsResponse, AwsError> {
        self.world
            .call::<LookupEvents>(&self.world.root(), input)
            .await
    }

    /// The names of the events that an attribute finds, newest first.
    async fn names(&self, key: &str, value: &str) -> Vec<String> {
        let attribute = json!({ "AttributeKey": key, "AttributeValue": value });
        let answer = self
            .lookup(json!({ "LookupAttributes": [attribute] }))
            .await;
        let events = answer.unwrap().events.unwrap().into_iter();
        events.map(|event| event.event_name.unwrap()).collect()
    }

    async fn session(&self, policy: &str) -> Caller {
        self.world
            .role_session("ci", "build-7", Some(policy))
            .await
            .unwrap()
    }
}

const LIST_ONLY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Action":"ecs:ListClusters","Resource":"*"}}"#;

#[tokio::test]
async fn events_are_found_by_each_attribute() {
    let house = House::new();
    let (world, root) = (&house.world, house.world.root());
    let user = json!({ "UserName": "alice" });
    world.call::<CreateUser>(&root, user).await.unwrap();
    let session = house.session(LIST_ONLY).await;
    world
        .call::<ListClusters>(&session, json!({}))
        .await
        .unwrap();
    let clusters = json!({ "clusters": ["web"] });
    world
        .call::<DescribeClusters>(&session, clusters)
        .await
        .unwrap_err();

    for (key, value, wanted) in [
        ("EventName", "CreateUser", &["CreateUser"][..]),
        (
            "EventSource",
            "ecs.amazonaws.com",
            &["DescribeClusters", "ListClusters"],
        ),
        ("Username", "build-7", &["DescribeClusters", "ListClusters"]),
        (
            "Username",
            "root",
            &["LookupEvents", "LookupEvents", "LookupEvents", "CreateUser"],
        ),
        ("ReadOnly", "false", &["CreateUser"]),
        ("ResourceType", "AWS::IAM::User", &["CreateUser"]),
        ("ResourceName", "alice", &["CreateUser"]),
        (
            "ResourceName",
            "arn:aws:iam::123456789012:user/alice",
            &["CreateUser"],
        ),
        (
            "AccessKeyId",
            "ASIATESTKIT000000000",
            &["DescribeClusters", "ListClusters"],
        ),
        ("EventId", "nothing", &[]),
    ] {
        assert_eq!(house.names(key, value).await, wanted, "{key}={value}");
    }
}

#[tokio::test]
async fn an_event_has_cloudtrails_shape() {
    let house = House::new();
    let session = house.session(LIST_ONLY).await;
    let clusters = json!({ "clusters": ["web"] });
    let call = house
        .world
        .call::<DescribeClusters>(&session, clusters)
        .await;
    let message = call.unwrap_err().message;
    let attribute = json!({ "AttributeKey": "EventName", "AttributeValue": "DescribeClusters" });
    let answer = house
        .lookup(json!({ "LookupAttributes": [attribute] }))
        .await;
    let event = answer.unwrap().events.unwrap().remove(0);
    let text = event.cloud_trail_event.unwrap();
    let read: Value = serde_json::from_str(&text).unwrap();
    let arn = "arn:aws:ecs:us-east-1:123456789012:cluster/web";
    let wanted = json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROACI:build-7",
            "arn": "arn:aws:sts::123456789012:assumed-role/ci/build-7",
            "accountId": "123456789012",
            "accessKeyId": "ASIATESTKIT000000000",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROACI",
                    "arn": "arn:aws:iam::123456789012:role/ci",
                    "accountId": "123456789012",
                    "userName": "ci",
                },
                "attributes": {
                    "creationDate": "2026-11-22T00:00:00Z",
                    "mfaAuthenticated": "false",
                },
            },
        },
        "eventTime": "2026-11-22T00:00:00Z",
        "eventSource": "ecs.amazonaws.com",
        "eventName": "DescribeClusters",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "AWS Internal",
        "userAgent": "AWS Internal",
        "errorCode": "AccessDeniedException",
        "errorMessage": message,
        "requestParameters": { "clusters": ["web"] },
        "responseElements": null,
        "requestID": read["requestID"],
        "eventID": event.event_id.clone().unwrap(),
        "readOnly": true,
        "resources": [
            { "accountId": "123456789012", "type": "AWS::ECS::Cluster", "ARN": arn },
        ],
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": "123456789012",
        "eventCategory": "Management",
    });
    assert_eq!(read, wanted);
    assert!(text.find("eventVersion").unwrap() < text.find("userIdentity").unwrap());
    assert_eq!(
        house.names("EventId", &event.event_id.unwrap()).await,
        ["DescribeClusters"]
    );
}

#[tokio::test]
async fn a_privileged_session_of_root_is_told_as_one() {
    let house = House::new();
    let claims = SessionClaims {
        access_key_id: "ASIATESTKIT000000000".to_owned(),
        secret: "not-a-secret".to_owned(),
        account: "123456789012".to_owned(),
        kind: SessionKind::AssumedRoot,
        issued: house.world.now(),
        expires: house.world.now().plus(Duration::from_secs(900)),
        policy: None,
        policy_arns: vec![RootTask::AuditCredentials.policy_arn().to_owned()],
        tags: Tags::default(),
        transitive_tag_keys: Vec::new(),
        source_identity: None,
        mfa: false,
        chain: 0,
        provider: None,
    };
    let root = Caller {
        access_key_id: Some(claims.access_key_id.clone()),
        kind: CallerKind::Root {
            session: Some(Arc::new(claims)),
        },
        ..house.world.root()
    };
    house
        .world
        .call::<GetAccountSummary>(&root, json!({}))
        .await
        .unwrap();
    let attribute = json!({ "AttributeKey": "EventName", "AttributeValue": "GetAccountSummary" });
    let answer = house
        .lookup(json!({ "LookupAttributes": [attribute] }))
        .await;
    let event = answer.unwrap().events.unwrap().remove(0);
    let read: Value = serde_json::from_str(&event.cloud_trail_event.unwrap()).unwrap();
    let wanted = json!({
        "type": "Root",
        "principalId": "123456789012",
        "arn": "arn:aws:iam::123456789012:root",
        "accountId": "123456789012",
        "accessKeyId": "ASIATESTKIT000000000",
        "sessionContext": {
            "attributes": {
                "creationDate": "2026-11-22T00:00:00Z",
                "mfaAuthenticated": "false",
            },
            "assumedRoot": "true",
        },
    });
    assert_eq!(read["userIdentity"], wanted);
}

#[tokio::test]
async fn the_account_of_a_resource_sees_what_others_did_with_it() {
    let house = House::new();
    let clusters = json!({ "clusters": ["arn:aws:ecs:us-east-1:123456789012:cluster/web"] });
    let session = house.session(LIST_ONLY).await;
    let call = house.world.call::<DescribeClusters>(&session, clusters);
    call.await.unwrap_err();
    house.lookup(json!({})).await.unwrap();
    let reader = Reader::new(house.folder.path());
    let query = Query {
        session_name: Some("build-7".to_owned()),
        ..Query::default()
    };
    let call = reader.calls(query).next().unwrap().unwrap().call;
    let text = rolecall_cloudtrail::event::event_json(&call, "210987654321");
    let read: Value = serde_json::from_str(&text).unwrap();
    let stranger = json!({
        "type": "AWSAccount",
        "principalId": "AROACI:build-7",
        "accountId": "123456789012",
    });
    assert_eq!(read["userIdentity"], stranger);
    assert_eq!(read["recipientAccountId"], "210987654321");
}

#[tokio::test]
async fn pages_follow_each_other_and_tokens_are_of_one_lookup() {
    let house = House::new();
    let root = house.world.root();
    for number in 0..7 {
        let user = json!({ "UserName": format!("user-{number}") });
        house.world.call::<CreateUser>(&root, user).await.unwrap();
        house.world.advance(Duration::from_secs(1));
    }
    let attribute = json!([{ "AttributeKey": "EventName", "AttributeValue": "CreateUser" }]);
    let (mut found, mut token) = (Vec::new(), None);
    let mut pages = 0;
    loop {
        let mut input = json!({ "LookupAttributes": attribute, "MaxResults": 3 });
        if let Some(token) = &token {
            input["NextToken"] = json!(token);
        }
        let page = house.lookup(input).await.unwrap();
        for event in page.events.unwrap() {
            found.push(event.resources.unwrap()[0].resource_name.clone().unwrap());
        }
        pages += 1;
        token = page.next_token.or(None);
        if token.is_none() {
            break;
        }
        let other = json!({ "NextToken": token });
        let error = house.lookup(other).await.unwrap_err();
        assert_eq!(error.code, "InvalidNextTokenException");
    }
    let wanted: Vec<String> = (0..7).rev().map(|n| format!("user-{n}")).collect();
    assert_eq!((found, pages), (wanted, 3));
}

#[tokio::test]
async fn a_range_of_times_is_inclusive_and_in_order() {
    let house = House::new();
    let root = house.world.root();
    let start = house.world.now().epoch_seconds();
    for number in 0..4 {
        let user = json!({ "UserName": format!("user-{number}") });
        house.world.call::<CreateUser>(&root, user).await.unwrap();
        house.world.advance(Duration::from_millis(1_500));
    }
    let range = json!({ "StartTime": start + 1, "EndTime": start + 3 });
    let events = house.lookup(range).await.unwrap().events.unwrap();
    let names = events
        .iter()
        .map(|event| &event.resources.as_ref().unwrap()[0]);
    let names: Vec<_> = names.map(|r| r.resource_name.as_deref().unwrap()).collect();
    assert_eq!(names, ["user-2", "user-1"]);
    let wrong = json!({ "StartTime": start + 3, "EndTime": start });
    let error = house.lookup(wrong).await.unwrap_err();
    assert_eq!(error.code, "InvalidTimeRangeException");
    let two = json!({ "AttributeKey": "ReadOnly", "AttributeValue": "true" });
    let error = house
        .lookup(json!({ "LookupAttributes": [two, two] }))
        .await;
    assert_eq!(error.unwrap_err().code, "InvalidLookupAttributesException");
}

#[tokio::test]
async fn the_record_tells_why_and_holds_no_secret() {
    let house = House::new();
    let session = house.session(LIST_ONLY).await;
    let secret = "correct-horse-battery-staple";
    let definition = json!({
        "family": "web",
        "taskRoleArn": "arn:aws:iam::123456789012:role/app",
        "containerDefinitions": [{
            "name": "app",
            "image": "busybox",
            "environment": [{ "name": "PASSWORD", "value": secret }],
        }],
    });
    let call = house
        .world
        .call::<RegisterTaskDefinition>(&session, definition);
    let message = call.await.unwrap_err().message;
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
        "Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
    let role = json!({ "RoleName": "app", "AssumeRolePolicyDocument": trust });
    house
        .world
        .call::<CreateRole>(&house.world.root(), role)
        .await
        .unwrap();
    house.lookup(json!({})).await.unwrap();

    let reader = Reader::new(house.folder.path());
    let denied = reader
        .behind(&format!("stopped: {message}"))
        .unwrap()
        .unwrap();
    let decided = denied.denial().unwrap();
    assert_eq!(decided.action, "ecs:RegisterTaskDefinition");
    assert_eq!(decided.remedies[0].layer, "identity-based policy");
    assert!(
        decided.remedies[0]
            .statement
            .contains("ecs:RegisterTaskDefinition")
    );
    assert_eq!(decided.considered[0].policy, "test");
    assert!(
        decided
            .keys
            .iter()
            .any(|key| key.name == "aws:RequestedRegion")
    );
    let query = Query {
        session_name: Some("build-7".to_owned()),
        ..Query::default()
    };
    assert_eq!(reader.calls(query).count(), 1);
    let mut calls = reader
        .calls(Query::default())
        .map(|entry| entry.unwrap().call);
    let allowed = calls.find(|call| call.operation == "CreateRole").unwrap();
    let reason = &allowed.decisions[0].reason;
    assert_eq!(*reason, rolecall_record::Reason::RootUser);

    let bytes = written(house.folder.path());
    let has = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(has("web") && has("HIDDEN_DUE_TO_SECURITY_REASONS"));
    assert!(!has(secret));
    assert!(!has("not-a-secret"), "the session's secret key");
}

/// All bytes of all files in a folder.
#[expect(
    clippy::disallowed_methods,
    reason = "the test looks at what reached the disk"
)]
fn written(folder: &std::path::Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap();
    let bytes = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    bytes.flatten().collect()
}
