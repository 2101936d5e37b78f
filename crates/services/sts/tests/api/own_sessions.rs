//! `GetCallerIdentity`, `GetSessionToken` and `GetAccessKeyInfo`.

use std::time::Duration;

use crate::common::{allow, call, refused, world};

#[tokio::test]
async fn everybody_is_told_who_they_are_even_under_a_deny() {
    let w = world().await;
    let me = call!(w, w.root(), sts::GetCallerIdentity, {}).unwrap();
    assert_eq!(me.arn.as_deref(), Some("arn:aws:iam::123456789012:root"));
    assert_eq!(me.user_id.as_deref(), Some("123456789012"));
    let deny =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    let ann = w.user("ann", Some(deny)).await.unwrap();
    let me = call!(w, ann, sts::GetCallerIdentity, {}).unwrap();
    assert_eq!(
        me.arn.as_deref(),
        Some("arn:aws:iam::123456789012:user/ann")
    );
    assert_eq!(me.account.as_deref(), Some("123456789012"));
    let session = w.role_session("app", "task", None).await.unwrap();
    let me = call!(w, session, sts::GetCallerIdentity, {}).unwrap();
    assert_eq!(
        me.arn.as_deref(),
        Some("arn:aws:sts::123456789012:assumed-role/app/task")
    );
    assert_eq!(me.user_id.as_deref(), Some("AROAAPP:task"));
}

#[tokio::test]
async fn a_users_session_is_the_user_until_it_ends() {
    let w = world().await;
    let ann = w.user("ann", None).await.unwrap();
    let answer = call!(w, ann, sts::GetSessionToken, {"DurationSeconds": 900}).unwrap();
    let credentials = answer.credentials.unwrap();
    assert!(credentials.access_key_id.unwrap().starts_with("ASIA"));
    let token = credentials.session_token.unwrap();
    let session = w.of_token(&token).unwrap();
    let me = call!(w, session, sts::GetCallerIdentity, {}).unwrap();
    assert_eq!(
        me.arn.as_deref(),
        Some("arn:aws:iam::123456789012:user/ann")
    );
    refused!(
        call!(w, session, sts::GetSessionToken, {}),
        403,
        "AccessDenied: Cannot call GetSessionToken with session credentials"
    );
    w.advance(Duration::from_secs(900));
    assert_eq!(w.of_token(&token).unwrap_err().code, "ExpiredToken");
}

#[tokio::test]
async fn root_gets_an_hour_and_role_sessions_get_nothing() {
    let w = world().await;
    let answer = call!(w, w.root(), sts::GetSessionToken, {"DurationSeconds": 43200}).unwrap();
    let credentials = answer.credentials.unwrap();
    let expires = credentials.expiration.unwrap();
    assert_eq!(expires.since(w.now()), Duration::from_secs(3600));
    // It is root's, and known to be a session without multi-factor authentication.
    let own = w.of_token(&credentials.session_token.unwrap()).unwrap();
    assert!(own.is_root() && own.session().is_some_and(|session| !session.mfa));
    let info = w.pipeline.request(
        own.clone(),
        w.pipeline.settings().region.clone(),
        rolecall_op::Transport::inside(),
    );
    let keys = format!("{:?}", rolecall_op::condition_context(&info));
    assert!(keys.to_lowercase().contains("aws:tokenissuetime"), "{keys}");
    assert!(
        keys.to_lowercase().contains("aws:multifactorauthpresent"),
        "{keys}"
    );
    refused!(
        call!(w, own, sts::GetSessionToken, {}),
        403,
        "AccessDenied: Cannot call GetSessionToken with session credentials"
    );
    assert!(call!(w, own, sts::GetFederationToken, {"Name": "Bob"}).is_err());
    let session = w.role_session("app", "task", None).await.unwrap();
    refused!(
        call!(w, session, sts::GetSessionToken, {}),
        403,
        "AccessDenied: Cannot call GetSessionToken with session credentials"
    );
}

#[tokio::test]
async fn the_account_of_a_key_is_told_to_those_who_may_ask() {
    let w = world().await;
    let key = call!(w, w.root(), iam::CreateAccessKey, {})
        .unwrap()
        .access_key
        .unwrap();
    let id = key.access_key_id.unwrap();
    let ann = w
        .user("ann", Some(&allow(&["sts:GetAccessKeyInfo"], "*")))
        .await
        .unwrap();
    let info = call!(w, ann, sts::GetAccessKeyInfo, {"AccessKeyId": id}).unwrap();
    assert_eq!(info.account.as_deref(), Some("123456789012"));
    let bob = w.user("bob", None).await.unwrap();
    let denied = call!(w, bob, sts::GetAccessKeyInfo, {"AccessKeyId": id}).unwrap_err();
    assert_eq!(
        denied.to_string(),
        "AccessDenied: User: arn:aws:iam::123456789012:user/bob is not authorized to perform: \
         sts:GetAccessKeyInfo because no identity-based policy allows the sts:GetAccessKeyInfo \
         action"
    );
}
