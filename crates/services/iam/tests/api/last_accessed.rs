//! Reports of what was used, made from the record of calls.

use std::sync::Arc;
use std::time::Duration;

use rolecall_op::{Ports, Registry};
use rolecall_record::{History, Reader, Recorded, Recorder};
use rolecall_testkit::World;
use tempfile::TempDir;

use crate::common::{TASKS, allow, call, refused};

/// A world that records its calls in a folder.
fn recorded() -> (World, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), 0).unwrap();
    let history = Recorded::new(recorder.clone(), Reader::new(folder.path()));
    let ports = Ports::default().with::<dyn History>(Arc::new(history));
    let registry = rolecall_iam::register(Registry::default());
    let world = World::recorded(registry, ports, Some(recorder)).unwrap();
    (world, folder)
}

#[tokio::test]
async fn a_role_is_reported_by_service_and_action() {
    let (w, _folder) = recorded();
    let root = w.root();
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["iam:GetRole","iam:ListUsers","s3:*"],"Resource":"*"}]}"#;
    let session = w.role_session("app", "s1", Some(policy)).await.unwrap();
    w.advance(Duration::from_secs(60));
    let used = w.now();
    call!(w, session, ListUsers, {}).unwrap();
    call!(w, session, CreateUser, {"UserName": "x"}).unwrap_err();
    w.advance(Duration::from_secs(60));
    let arn = "arn:aws:iam::123456789012:role/app";
    let job = call!(w, root, GenerateServiceLastAccessedDetails,
        {"Arn": arn, "Granularity": "ACTION_LEVEL"});
    let job = job.unwrap().job_id.unwrap();
    let report = call!(w, root, GetServiceLastAccessedDetails, {"JobId": job}).unwrap();
    assert_eq!(report.job_status.as_deref(), Some("COMPLETED"));
    assert_eq!(report.job_type.as_deref(), Some("ACTION_LEVEL"));
    let services = report.services_last_accessed.unwrap();
    let names: Vec<_> = services
        .iter()
        .map(|s| s.service_namespace.as_deref().unwrap())
        .collect();
    assert_eq!(names, ["iam", "s3"]);
    let iam = &services[0];
    assert_eq!(iam.last_authenticated, Some(used));
    assert_eq!(iam.last_authenticated_entity.as_deref(), Some(arn));
    assert_eq!(iam.last_authenticated_region.as_deref(), Some("us-east-1"));
    assert_eq!(iam.total_authenticated_entities, Some(1));
    let actions: Vec<_> = iam
        .tracked_actions_last_accessed
        .iter()
        .flatten()
        .map(|a| (a.action_name.as_deref().unwrap(), a.last_accessed_time))
        .collect();
    assert_eq!(actions, [("GetRole", None), ("ListUsers", Some(used))]);
    let s3 = &services[1];
    assert_eq!(
        (s3.last_authenticated, s3.total_authenticated_entities),
        (None, Some(0))
    );

    let by_service = call!(w, root, GenerateServiceLastAccessedDetails, {"Arn": arn});
    let job = by_service.unwrap().job_id.unwrap();
    let first = call!(w, root, GetServiceLastAccessedDetails, {"JobId": job, "MaxItems": 1});
    let first = first.unwrap();
    assert_eq!(first.is_truncated, Some(true));
    assert_eq!(
        first.services_last_accessed.as_ref().unwrap()[0].tracked_actions_last_accessed,
        None
    );
    let second = call!(w, root, GetServiceLastAccessedDetails,
        {"JobId": job, "Marker": first.marker.unwrap()})
    .unwrap();
    let namespace = second.services_last_accessed.unwrap()[0]
        .service_namespace
        .clone();
    assert_eq!(namespace.as_deref(), Some("s3"));
}

#[tokio::test]
async fn a_policy_is_reported_with_those_who_have_it() {
    let (w, _folder) = recorded();
    let root = w.root();
    let document = allow("iam:ListUsers", "*");
    let policy = call!(w, root, CreatePolicy, {"PolicyName": "p", "PolicyDocument": document});
    let arn = policy.unwrap().policy.unwrap().arn.unwrap();
    let role = "app";
    call!(w, root, CreateRole, {"RoleName": role, "AssumeRolePolicyDocument": TASKS}).unwrap();
    call!(w, root, AttachRolePolicy, {"RoleName": role, "PolicyArn": arn}).unwrap();
    call!(w, root, CreateUser, {"UserName": "ann"}).unwrap();
    call!(w, root, CreateGroup, {"GroupName": "team"}).unwrap();
    call!(w, root, AttachGroupPolicy, {"GroupName": "team", "PolicyArn": arn}).unwrap();
    call!(w, root, AddUserToGroup, {"GroupName": "team", "UserName": "ann"}).unwrap();
    let ann = rolecall_identity::Caller {
        arn: "arn:aws:iam::123456789012:user/ann".to_owned(),
        ..w.user("bob", None).await.unwrap()
    };
    let key = rolecall_identity::name_key(&w.account, "ann");
    let kind = rolecall_identity::CallerKind::User { key, session: None };
    let ann = rolecall_identity::Caller { kind, ..ann };
    call!(w, ann, ListUsers, {}).unwrap();
    let at = w.now();
    w.advance(Duration::from_secs(1));

    let job = call!(w, root, GenerateServiceLastAccessedDetails, {"Arn": arn});
    let job = job.unwrap().job_id.unwrap();
    let who = call!(w, root, GetServiceLastAccessedDetailsWithEntities,
        {"JobId": job, "ServiceNamespace": "iam"})
    .unwrap();
    let found: Vec<_> = who
        .entity_details_list
        .iter()
        .flatten()
        .map(|details| {
            let info = details.entity_info.as_ref().unwrap();
            let (name, kind) = (
                info.name.as_deref().unwrap(),
                info.r#type.as_deref().unwrap(),
            );
            (name, kind, details.last_authenticated)
        })
        .collect();
    assert_eq!(found, [("ann", "USER", Some(at)), ("app", "ROLE", None)]);

    let granting = call!(w, root, ListPoliciesGrantingServiceAccess,
        {"Arn": "arn:aws:iam::123456789012:user/ann", "ServiceNamespaces": ["iam", "ecs"]});
    let granting = granting.unwrap().policies_granting_service_access.unwrap();
    let iam = granting[0].policies.as_ref().unwrap();
    assert_eq!(iam[0].policy_arn.as_deref(), Some(arn.as_str()));
    assert_eq!(iam[0].policy_type.as_deref(), Some("MANAGED"));
    assert_eq!(granting[1].policies, Some(Vec::new()));
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let (w, _folder) = recorded();
    let root = w.root();
    let arn = "arn:aws:iam::123456789012:role/none";
    refused!(
        call!(w, root, GenerateServiceLastAccessedDetails, {"Arn": arn}),
        404,
        "NoSuchEntity: ARN arn:aws:iam::123456789012:role/none was not found."
    );
    let job = "0ba3bd4f-f5e6-4ff0-a5b8-4b8f1b1f5c3e";
    refused!(
        call!(w, root, GetServiceLastAccessedDetails, {"JobId": job}),
        404,
        "NoSuchEntity: Job 0ba3bd4f-f5e6-4ff0-a5b8-4b8f1b1f5c3e was not found."
    );
    let policy = allow("iam:GenerateServiceLastAccessedDetails", arn);
    let user = w.user("reader", Some(&policy)).await.unwrap();
    let other = "arn:aws:iam::123456789012:role/other";
    let denied = call!(w, user, GenerateServiceLastAccessedDetails, {"Arn": other});
    assert_eq!(denied.unwrap_err().code, "AccessDenied");
    let missing = call!(w, user, GenerateServiceLastAccessedDetails, {"Arn": arn});
    assert_eq!(missing.unwrap_err().code, "NoSuchEntity");
}
