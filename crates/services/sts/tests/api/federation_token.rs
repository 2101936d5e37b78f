//! `GetFederationToken` and `DecodeAuthorizationMessage`.

use rolecall_base::AccountId;
use rolecall_identity::TokenKey;
use rolecall_sts::authorization_message::AuthorizationMessage;

use crate::common::{allow, call, refused, world};

#[tokio::test]
async fn a_federated_user_may_do_what_the_user_and_the_session_policy_both_allow() {
    let w = world().await;
    let policy = allow(&["sts:GetFederationToken", "ecs:*", "sts:AssumeRole"], "*");
    let user = w.user("broker", Some(&policy)).await.unwrap();
    let narrowed = allow(&["ecs:ListClusters", "sqs:*"], "*");
    let out = call!(w, user, sts::GetFederationToken, {"Name": "Bob", "Policy": narrowed}).unwrap();
    let federated = out.federated_user.unwrap();
    assert_eq!(
        federated.arn.as_deref(),
        Some("arn:aws:sts::123456789012:federated-user/Bob")
    );
    assert_eq!(
        federated.federated_user_id.as_deref(),
        Some("123456789012:Bob")
    );
    assert!(out.packed_policy_size.is_some());
    let credentials = out.credentials.unwrap();
    assert_eq!(
        credentials.expiration.unwrap().since(w.now()).as_secs(),
        43_200
    );
    let bob = w.of_token(&credentials.session_token.unwrap()).unwrap();
    let who = call!(w, bob, sts::GetCallerIdentity, {}).unwrap();
    assert_eq!(who.user_id.as_deref(), Some("123456789012:Bob"));
    refused!(
        call!(w, bob, iam::ListRoles, {}),
        403,
        "AccessDenied: User: arn:aws:sts::123456789012:federated-user/Bob is not authorized to \
         perform: iam:ListRoles on resource: arn:aws:iam::123456789012:role/ because no \
         identity-based policy allows the iam:ListRoles action"
    );
    refused!(
        call!(w, bob, sts::AssumeRole, {
            "RoleArn": "arn:aws:iam::123456789012:role/app", "RoleSessionName": "x1",
        }),
        403,
        "AccessDenied: Cannot call AssumeRole with federation credentials"
    );
    refused!(
        call!(w, bob, sts::GetFederationToken, {"Name": "Eve"}),
        403,
        "AccessDenied: Cannot call GetFederationToken with federation credentials"
    );
}

/// Whatever its policies say.
#[tokio::test]
async fn a_federated_user_calls_nothing_of_sts_but_who_it_is() {
    let w = world().await;
    let all = allow(&["sts:*"], "*");
    let user = w.user("broker", Some(&all)).await.unwrap();
    let out = call!(w, user, sts::GetFederationToken, {"Name": "Bob", "Policy": all}).unwrap();
    let bob = w
        .of_token(&out.credentials.unwrap().session_token.unwrap())
        .unwrap();
    call!(w, bob, sts::GetCallerIdentity, {}).unwrap();
    let own = bob.access_key_id.clone().unwrap_or_default();
    refused!(
        call!(w, bob, sts::GetAccessKeyInfo, {"AccessKeyId": own}),
        403,
        "AccessDenied: Cannot call GetAccessKeyInfo with federation credentials"
    );
    refused!(
        call!(w, bob, sts::DecodeAuthorizationMessage, {"EncodedMessage": "AAAA"}),
        403,
        "AccessDenied: Cannot call DecodeAuthorizationMessage with federation credentials"
    );
    refused!(
        call!(w, bob, sts::GetSessionToken, {}),
        403,
        "AccessDenied: Cannot call GetSessionToken with federation credentials"
    );
}

#[tokio::test]
async fn asking_needs_the_permission_and_tags_another() {
    let w = world().await;
    let nobody = w.user("nobody", None).await.unwrap();
    refused!(
        call!(w, nobody, sts::GetFederationToken, {"Name": "Bob"}),
        403,
        "AccessDenied: User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: \
         sts:GetFederationToken on resource: arn:aws:sts::123456789012:federated-user/Bob because \
         no identity-based policy allows the sts:GetFederationToken action"
    );
    let broker = w
        .user("broker", Some(&allow(&["sts:GetFederationToken"], "*")))
        .await
        .unwrap();
    let tagged = call!(w, broker, sts::GetFederationToken, {
        "Name": "Bob", "Tags": [{"Key": "Team", "Value": "core"}],
    });
    assert!(tagged.unwrap_err().message.contains("sts:TagSession"));
    let root = w.root();
    let policy = allow(&["sts:GetAccessKeyInfo"], "*");
    let out = call!(w, root, sts::GetFederationToken, {"Name": "Bob", "Policy": policy}).unwrap();
    let credentials = out.credentials.unwrap();
    assert_eq!(
        credentials.expiration.unwrap().since(w.now()).as_secs(),
        3_600
    );
    let bob = w.of_token(&credentials.session_token.unwrap()).unwrap();
    call!(w, bob, sts::GetAccessKeyInfo, {"AccessKeyId": "ASIATESTKIT000000000"}).unwrap_err();
    let denied = call!(w, bob, iam::ListRoles, {}).unwrap_err();
    assert!(
        denied.message.contains("no session policy allows"),
        "{}",
        denied.message
    );
}

#[tokio::test]
async fn encoded_messages_are_decoded_for_whoever_may() {
    let w = world().await;
    let key = TokenKey::from_hex(&"1".repeat(64)).unwrap();
    let message = AuthorizationMessage {
        explicit_deny: true,
        action: "ec2:StopInstances".to_owned(),
        ..AuthorizationMessage::default()
    };
    let text = message.encode(&key, &w.root().account, [3; 12]).unwrap();
    let root = w.root();
    let out = call!(w, root, sts::DecodeAuthorizationMessage, {"EncodedMessage": text}).unwrap();
    assert!(
        out.decoded_message
            .unwrap()
            .contains(r#""explicitDeny":true"#)
    );
    refused!(
        call!(w, root, sts::DecodeAuthorizationMessage, {"EncodedMessage": "AAAA"}),
        400,
        "InvalidAuthorizationMessageException: Message is not valid"
    );
    let member = AccountId::new("210987654321").unwrap();
    let of_member = message.encode(&key, &member, [4; 12]).unwrap();
    refused!(
        call!(w, root, sts::DecodeAuthorizationMessage, {"EncodedMessage": of_member}),
        400,
        "InvalidAuthorizationMessageException: Message is not valid"
    );
    let nobody = w.user("nobody", None).await.unwrap();
    assert!(call!(w, nobody, sts::DecodeAuthorizationMessage, {"EncodedMessage": text}).is_err());
}
