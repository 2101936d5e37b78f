//! `AssumeRole`: who may, for how long, and what the session is.

use std::time::Duration;

use rolecall_base::AwsError;
use rolecall_identity::Caller;
use rolecall_testkit::World;
use serde_json::{Value, json};

use crate::common::{allow, call, refused, trust, world};

const ASSUME: &[&str] = &["sts:AssumeRole"];

fn arn(role: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{role}")
}

async fn role(w: &World, name: &str, trust: &str) -> Result<(), AwsError> {
    let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust});
    w.call::<rolecall_api::iam::CreateRole>(&w.root(), input)
        .await
        .map(drop)
}

/// The session's caller, from an answer of `AssumeRole`.
async fn assume(w: &World, caller: &Caller, input: Value) -> Result<Caller, AwsError> {
    let answer = w
        .call::<rolecall_api::sts::AssumeRole>(caller, input)
        .await?;
    let token = answer
        .credentials
        .and_then(|c| c.session_token)
        .unwrap_or_default();
    w.of_token(&token)
}

#[tokio::test]
async fn a_task_gets_its_role_and_no_other() {
    let w = world().await;
    let cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/c";
    let condition = json!({
        "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    });
    let tasks = "ecs-tasks.amazonaws.com";
    role(&w, "task", &trust("Service", tasks, ASSUME, condition))
        .await
        .unwrap();
    role(
        &w,
        "host",
        &trust("Service", "ec2.amazonaws.com", ASSUME, json!({})),
    )
    .await
    .unwrap();
    let ecs = w.service(tasks, Some(cluster));
    let session = "0123456789abcdef0123456789abcdef";
    let answer = call!(w, ecs, sts::AssumeRole, {
        "RoleArn": arn("task"), "RoleSessionName": session,
    })
    .unwrap();
    let user = answer.assumed_role_user.unwrap();
    let session_arn = format!("arn:aws:sts::123456789012:assumed-role/task/{session}");
    assert_eq!(user.arn.as_deref(), Some(session_arn.as_str()));
    assert_eq!(answer.packed_policy_size, None);
    let token = answer.credentials.unwrap().session_token.unwrap();
    let caller = w.of_token(&token).unwrap();
    assert_eq!(caller.arn, session_arn);
    refused!(
        call!(w, ecs, sts::AssumeRole, {"RoleArn": arn("host"), "RoleSessionName": session}),
        403,
        format!(
            "AccessDenied: User: {tasks} is not authorized to perform: sts:AssumeRole on \
             resource: {}",
            arn("host")
        )
    );
    let elsewhere = w.service(tasks, Some("arn:aws:ecs:eu-west-1:123456789012:cluster/c"));
    let denied = assume(
        &w,
        &elsewhere,
        json!({"RoleArn": arn("task"), "RoleSessionName": session}),
    );
    assert_eq!(denied.await.unwrap_err().code, "AccessDenied");
    // A role that is gone ends its sessions; the same name again is another role.
    call!(w, w.root(), iam::DeleteRole, {"RoleName": "task"}).unwrap();
    role(&w, "task", &trust("Service", tasks, ASSUME, json!({})))
        .await
        .unwrap();
    assert_eq!(caller.unique_id, user.assumed_role_id.unwrap());
    assert_eq!(w.of_token(&token).unwrap_err().code, "InvalidClientTokenId");
}

#[tokio::test]
async fn a_missing_role_is_refused_as_an_unwilling_one() {
    let w = world().await;
    let ann = w.user("ann", Some(&allow(&["sts:*"], "*"))).await.unwrap();
    role(
        &w,
        "host",
        &trust("Service", "ec2.amazonaws.com", ASSUME, json!({})),
    )
    .await
    .unwrap();
    for name in ["host", "nobody"] {
        refused!(
            call!(w, ann, sts::AssumeRole, {"RoleArn": arn(name), "RoleSessionName": "ann"}),
            403,
            format!(
                "AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to \
                 perform: sts:AssumeRole on resource: {}",
                arn(name)
            )
        );
    }
    refused!(
        call!(w, w.root(), sts::AssumeRole, {"RoleArn": arn("host"), "RoleSessionName": "root"}),
        403,
        "AccessDenied: Roles may not be assumed by root accounts."
    );
    let bad = "arn:aws:iam::123456789012:user/ann";
    refused!(
        call!(w, ann, sts::AssumeRole, {"RoleArn": bad, "RoleSessionName": "ann"}),
        400,
        format!("ValidationError: {bad} is invalid")
    );
}

#[tokio::test]
async fn naming_the_account_needs_the_users_own_permission_naming_the_user_does_not() {
    let w = world().await;
    let ann = w.user("ann", None).await.unwrap();
    let bob = w
        .user("bob", Some(&allow(ASSUME, &arn("app"))))
        .await
        .unwrap();
    let account = trust("AWS", "arn:aws:iam::123456789012:root", ASSUME, json!({}));
    role(&w, "app", &account).await.unwrap();
    let input = json!({"RoleArn": arn("app"), "RoleSessionName": "me"});
    assert_eq!(
        assume(&w, &ann, input.clone()).await.unwrap_err().code,
        "AccessDenied"
    );
    assume(&w, &bob, input).await.unwrap();
    role(&w, "hers", &trust("AWS", &ann.arn, ASSUME, json!({})))
        .await
        .unwrap();
    let input = json!({"RoleArn": arn("hers"), "RoleSessionName": "me"});
    assume(&w, &ann, input.clone()).await.unwrap();
    assert_eq!(
        assume(&w, &bob, input).await.unwrap_err().code,
        "AccessDenied"
    );
}

#[tokio::test]
async fn a_user_made_anew_is_somebody_else() {
    let w = world().await;
    let root = w.root();
    call!(w, root, iam::CreateUser, {"UserName": "ann"}).unwrap();
    let snap = || w.pipeline.store().snapshot();
    let caller = |w: &World| {
        let id = snap()
            .get::<rolecall_identity::User>("123456789012/ann")
            .map(|user| user.id.clone())
            .unwrap_or_default();
        Caller {
            account: w.account.clone(),
            arn: "arn:aws:iam::123456789012:user/ann".to_owned(),
            unique_id: id,
            access_key_id: None,
            kind: rolecall_identity::CallerKind::User {
                key: "123456789012/ann".to_owned(),
                session: None,
            },
        }
    };
    let first = caller(&w);
    role(&w, "app", &trust("AWS", &first.arn, ASSUME, json!({})))
        .await
        .unwrap();
    let input = json!({"RoleArn": arn("app"), "RoleSessionName": "ann"});
    assume(&w, &first, input.clone()).await.unwrap();
    call!(w, root, iam::DeleteUser, {"UserName": "ann"}).unwrap();
    call!(w, root, iam::CreateUser, {"UserName": "ann"}).unwrap();
    let second = caller(&w);
    assert_ne!(first.unique_id, second.unique_id);
    assert_eq!(
        assume(&w, &second, input).await.unwrap_err().code,
        "AccessDenied"
    );
}

#[tokio::test]
async fn external_ids_are_a_condition_of_the_trust_policy() {
    let w = world().await;
    let ann = w.user("ann", None).await.unwrap();
    let condition = json!({"StringEquals": {"sts:ExternalId": "secret-of-two"}});
    role(&w, "app", &trust("AWS", &ann.arn, ASSUME, condition))
        .await
        .unwrap();
    let mut input = json!({"RoleArn": arn("app"), "RoleSessionName": "ann"});
    assert_eq!(
        assume(&w, &ann, input.clone()).await.unwrap_err().code,
        "AccessDenied"
    );
    input["ExternalId"] = json!("secret-of-two");
    assume(&w, &ann, input).await.unwrap();
}

#[tokio::test]
async fn sessions_last_as_long_as_asked_within_the_roles_and_the_chains_limit() {
    let w = world().await;
    let ann = w.user("ann", None).await.unwrap();
    role(&w, "app", &trust("AWS", &ann.arn, ASSUME, json!({})))
        .await
        .unwrap();
    let input = |role: &str, seconds: i64| json!({"RoleArn": arn(role), "RoleSessionName": "ann", "DurationSeconds": seconds});
    refused!(
        assume(&w, &ann, input("app", 3601)).await,
        400,
        "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for \
         this role."
    );
    call!(w, w.root(), iam::UpdateRole, {"RoleName": "app", "MaxSessionDuration": 7200}).unwrap();
    let answer = w
        .call::<rolecall_api::sts::AssumeRole>(&ann, input("app", 7200))
        .await
        .unwrap();
    let expires = answer.credentials.unwrap().expiration.unwrap();
    assert_eq!(expires.since(w.now()), Duration::from_secs(7200));

    let app = assume(&w, &ann, input("app", 7200)).await.unwrap();
    role(&w, "next", &trust("AWS", &arn("app"), ASSUME, json!({})))
        .await
        .unwrap();
    call!(w, w.root(), iam::UpdateRole, {"RoleName": "next", "MaxSessionDuration": 7200}).unwrap();
    refused!(
        assume(&w, &app, input("next", 3601)).await,
        400,
        "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for \
         roles assumed by role chaining."
    );
    let next = assume(&w, &app, input("next", 3600)).await.unwrap();
    assert_eq!(next.session().unwrap().chain, 1);
}

#[tokio::test]
async fn a_session_policy_narrows_the_session() {
    let w = world().await;
    let ann = w.user("ann", None).await.unwrap();
    role(&w, "app", &trust("AWS", &ann.arn, ASSUME, json!({})))
        .await
        .unwrap();
    call!(w, w.root(), iam::PutRolePolicy, {
        "RoleName": "app", "PolicyName": "p",
        "PolicyDocument": allow(&["iam:ListRoles", "iam:ListUsers"], "*"),
    })
    .unwrap();
    let narrow = allow(&["iam:ListRoles"], "*");
    let input = json!({"RoleArn": arn("app"), "RoleSessionName": "ann", "Policy": narrow});
    let answer = w
        .call::<rolecall_api::sts::AssumeRole>(&ann, input.clone())
        .await
        .unwrap();
    assert!(answer.packed_policy_size.unwrap() > 0);
    let session = assume(&w, &ann, input).await.unwrap();
    call!(w, session, iam::ListRoles, {}).unwrap();
    refused!(
        call!(w, session, iam::ListUsers, {}),
        403,
        "AccessDenied: User: arn:aws:sts::123456789012:assumed-role/app/ann is not authorized to \
         perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ because no session \
         policy allows the iam:ListUsers action"
    );
    let read = json!([{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]);
    let input = json!({"RoleArn": arn("app"), "RoleSessionName": "ann", "PolicyArns": read});
    let session = assume(&w, &ann, input).await.unwrap();
    call!(w, session, iam::ListUsers, {}).unwrap();

    let long = allow(
        &["iam:ListRoles"],
        &format!("arn:aws:iam::*:role/{}", "x".repeat(2_048)),
    );
    let input = json!({"RoleArn": arn("app"), "RoleSessionName": "ann", "Policy": long});
    assert_eq!(
        assume(&w, &ann, input).await.unwrap_err().code,
        "ValidationError"
    );
    let many = vec![read[0].clone(); 11];
    let input = json!({"RoleArn": arn("app"), "RoleSessionName": "ann", "PolicyArns": many});
    assert_eq!(
        assume(&w, &ann, input).await.unwrap_err().code,
        "ValidationError"
    );
    let none = json!([{"arn": "arn:aws:iam::123456789012:policy/none"}]);
    let input = json!({"RoleArn": arn("app"), "RoleSessionName": "ann", "PolicyArns": none});
    assert_eq!(
        assume(&w, &ann, input).await.unwrap_err().code,
        "MalformedPolicyDocument"
    );
}

#[tokio::test]
async fn tags_need_their_permission_and_transitive_ones_go_on() {
    let w = world().await;
    let ann = w.user("ann", None).await.unwrap();
    let tagging = &["sts:AssumeRole", "sts:TagSession"];
    role(&w, "plain", &trust("AWS", &ann.arn, ASSUME, json!({})))
        .await
        .unwrap();
    role(&w, "app", &trust("AWS", &ann.arn, tagging, json!({})))
        .await
        .unwrap();
    role(&w, "next", &trust("AWS", &arn("app"), tagging, json!({})))
        .await
        .unwrap();
    let input = |role: &str, tags: Value, transitive: Value| {
        json!({
            "RoleArn": arn(role), "RoleSessionName": "ann", "Tags": tags,
            "TransitiveTagKeys": transitive,
        })
    };
    let team = json!([{"Key": "Team", "Value": "a"}, {"Key": "Own", "Value": "b"}]);
    refused!(
        assume(&w, &ann, input("plain", team.clone(), json!([]))).await,
        403,
        format!(
            "AccessDenied: User: {} is not authorized to perform: sts:TagSession on resource: {}",
            ann.arn,
            arn("plain")
        )
    );
    refused!(
        assume(&w, &ann, input("app", team.clone(), json!(["Other"]))).await,
        400,
        "InvalidParameterValue: The specified transitive tag key must be included in the \
         requested tags."
    );
    let twice = json!([{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]);
    refused!(
        assume(&w, &ann, input("app", twice, json!([]))).await,
        400,
        "InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case \
         insensitive."
    );
    let app = assume(&w, &ann, input("app", team, json!(["team"])))
        .await
        .unwrap();
    assert_eq!(app.session().unwrap().tags.get("Own"), Some("b"));
    let again = json!([{"Key": "TEAM", "Value": "c"}]);
    refused!(
        assume(&w, &app, input("next", again, json!([]))).await,
        400,
        "InvalidParameterValue: One of the specified transitive tag keys can't be set because it \
         conflicts with a transitive tag key from the calling session."
    );
    let next = assume(&w, &app, input("next", json!([]), json!([])))
        .await
        .unwrap();
    let tags = &next.session().unwrap().tags;
    assert_eq!((tags.get("Team"), tags.get("Own")), (Some("a"), None));
}

#[tokio::test]
async fn a_source_identity_stays_through_the_chain() {
    let w = world().await;
    let ann = w.user("ann", None).await.unwrap();
    let marking = &["sts:AssumeRole", "sts:SetSourceIdentity"];
    role(&w, "app", &trust("AWS", &ann.arn, marking, json!({})))
        .await
        .unwrap();
    role(&w, "next", &trust("AWS", &arn("app"), marking, json!({})))
        .await
        .unwrap();
    role(&w, "deaf", &trust("AWS", &arn("app"), ASSUME, json!({})))
        .await
        .unwrap();
    let input = |role: &str| json!({"RoleArn": arn(role), "RoleSessionName": "ann"});
    let mut marked = input("app");
    marked["SourceIdentity"] = json!("ann@example");
    let app = assume(&w, &ann, marked).await.unwrap();
    let next = assume(&w, &app, input("next")).await.unwrap();
    assert_eq!(
        next.session().unwrap().source_identity.as_deref(),
        Some("ann@example")
    );
    let denied = assume(&w, &app, input("deaf")).await.unwrap_err();
    assert!(denied.message.contains("sts:SetSourceIdentity"), "{denied}");
    let mut other = input("next");
    other["SourceIdentity"] = json!("bob@example");
    assert_eq!(
        assume(&w, &app, other).await.unwrap_err().code,
        "AccessDenied"
    );
}

#[tokio::test]
async fn session_names_and_mfa_codes_are_checked() {
    let w = world().await;
    let ann = w.user("ann", None).await.unwrap();
    role(&w, "app", &trust("AWS", &ann.arn, ASSUME, json!({})))
        .await
        .unwrap();
    let input = json!({"RoleArn": arn("app"), "RoleSessionName": "Session1:2"});
    refused!(
        assume(&w, &ann, input).await,
        400,
        "ValidationError: 1 validation error detected: Value 'Session1:2' at 'roleSessionName' \
         failed to satisfy constraint: Member must satisfy regular expression pattern: \
         [\\w+=,.@-]*"
    );
    let input = json!({
        "RoleArn": arn("app"), "RoleSessionName": "ann",
        "SerialNumber": "arn:aws:iam::123456789012:mfa/ann", "TokenCode": "123456",
    });
    assert_eq!(
        assume(&w, &ann, input).await.unwrap_err().code,
        "AccessDenied"
    );
}
