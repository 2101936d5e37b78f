//! `AssumeRoleWithSAML` with responses that another implementation signed, for a fixed moment.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_identity::CallerKind;
use rolecall_testkit::World;
use serde_json::{Value, json};

use crate::common::{call, refused, trust, world};

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../../../../federation/tests/data/saml/", $name))
    };
}

const PROVIDER: &str = "arn:aws:iam::123456789012:saml-provider/idp";
const ROLE: &str = "arn:aws:iam::123456789012:role/app";

async fn with_role(actions: &[&str], condition: Value) -> World {
    let w = world().await;
    let root = w.root();
    let made = call!(w, root, iam::CreateSAMLProvider, {
        "Name": "idp", "SAMLMetadataDocument": data!("metadata.xml"),
    })
    .unwrap();
    assert_eq!(made.saml_provider_arn.as_deref(), Some(PROVIDER));
    call!(w, root, iam::CreateRole, {
        "RoleName": "app", "MaxSessionDuration": 7200,
        "AssumeRolePolicyDocument": trust("Federated", PROVIDER, actions, condition),
    })
    .unwrap();
    w
}

async fn assume(
    w: &World,
    response: &str,
) -> Result<rolecall_api::sts::AssumeRoleWithSAMLResponse, rolecall_base::AwsError> {
    let mut anonymous = w.root();
    anonymous.kind = CallerKind::Anonymous;
    anonymous.arn = "anonymous".to_owned();
    call!(w, anonymous, sts::AssumeRoleWithSAML, {
        "RoleArn": ROLE, "PrincipalArn": PROVIDER, "SAMLAssertion": STANDARD.encode(response),
    })
}

const ALL: [&str; 3] = [
    "sts:AssumeRoleWithSAML",
    "sts:TagSession",
    "sts:SetSourceIdentity",
];

#[tokio::test]
async fn a_signed_assertion_makes_a_session() {
    let condition = json!({"StringEquals": {
        "SAML:aud": "https://signin.aws.amazon.com/saml",
        "saml:iss": "https://idp.example.com/metadata",
        "saml:doc": "123456789012/idp", "saml:sub_type": "persistent",
        "aws:RequestTag/Team": "core"}});
    let w = with_role(&ALL, condition).await;
    let out = assume(&w, data!("assertion-signed.xml")).await.unwrap();
    assert_eq!(out.subject.as_deref(), Some("alice@example.com"));
    assert_eq!(out.subject_type.as_deref(), Some("persistent"));
    assert_eq!(
        out.issuer.as_deref(),
        Some("https://idp.example.com/metadata")
    );
    assert_eq!(
        out.audience.as_deref(),
        Some("https://signin.aws.amazon.com/saml")
    );
    assert_eq!(out.name_qualifier.unwrap().len(), 28);
    let credentials = out.credentials.unwrap();
    let lasts = credentials.expiration.unwrap().since(w.now());
    assert_eq!(lasts, Duration::from_secs(7200), "SessionDuration");
    let caller = w.of_token(&credentials.session_token.unwrap()).unwrap();
    assert_eq!(
        caller.arn,
        "arn:aws:sts::123456789012:assumed-role/app/alice"
    );
    let root = w.root();
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Action": "iam:ListRoles", "Resource": "*", "Condition": {
            "StringEquals": {"saml:sub": "alice@example.com", "aws:SourceIdentity": "alice"},
            "Null": {"saml:aud": "true", "aws:FederatedProvider": "true"}}}});
    call!(w, root, iam::PutRolePolicy, {
        "RoleName": "app", "PolicyName": "p", "PolicyDocument": policy.to_string(),
    })
    .unwrap();
    call!(w, caller, iam::ListRoles, {}).unwrap();
    for response in [data!("response-signed.xml"), data!("both-signed.xml")] {
        assume(&w, response).await.unwrap();
    }
}

#[tokio::test]
async fn the_trust_policy_must_allow_it_and_the_tags_too() {
    let denied = "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML";
    let w = with_role(&ALL, json!({"StringEquals": {"saml:sub": "bob"}})).await;
    refused!(assume(&w, data!("assertion-signed.xml")).await, 403, denied);
    let w = with_role(&ALL[..1], json!({})).await;
    refused!(
        assume(&w, data!("assertion-signed.xml")).await,
        403,
        "AccessDenied: Not authorized to perform sts:TagSession"
    );
    let w = with_role(&ALL, json!({})).await;
    refused!(assume(&w, data!("other-role.xml")).await, 403, denied);
}

#[tokio::test]
async fn what_is_not_good_is_refused_in_the_words_of_sts() {
    let w = with_role(&ALL, json!({})).await;
    for (response, text) in [
        (
            data!("unsigned.xml"),
            "InvalidIdentityToken: Response signature invalid",
        ),
        (
            data!("other-key.xml"),
            "InvalidIdentityToken: Response signature invalid",
        ),
        (
            data!("other-audience.xml"),
            "InvalidIdentityToken: Response does not contain a required audience",
        ),
        (
            data!("old.xml"),
            "ExpiredTokenException: Token must be redeemed within 5 minutes of issuance",
        ),
        (
            &"<a>".repeat(70),
            "InvalidIdentityToken: Invalid XML in the SAML response",
        ),
        (
            "<no/>",
            "InvalidIdentityToken: Invalid SAML response: Response",
        ),
    ] {
        refused!(assume(&w, response).await, 400, text);
    }
    assert_eq!(
        assume(&w, data!("denied.xml")).await.unwrap_err().code,
        "IDPRejectedClaim"
    );
    w.advance(Duration::from_secs(270));
    refused!(
        assume(&w, data!("assertion-signed.xml")).await,
        400,
        "ExpiredTokenException: Token must be redeemed within 5 minutes of issuance"
    );
    let root = w.root();
    call!(w, root, iam::DeleteSAMLProvider, {"SAMLProviderArn": PROVIDER}).unwrap();
    refused!(
        assume(&w, data!("assertion-signed.xml")).await,
        400,
        "InvalidIdentityToken: Specified provider doesn't exist"
    );
}

#[tokio::test]
async fn providers_are_kept_with_their_metadata() {
    let w = with_role(&ALL, json!({})).await;
    let root = w.root();
    refused!(
        call!(w, root, iam::CreateSAMLProvider, {
            "Name": "bad", "SAMLMetadataDocument": "x".repeat(1000),
        }),
        400,
        "InvalidInput: Could not parse metadata"
    );
    let shown = call!(w, root, iam::GetSAMLProvider, {"SAMLProviderArn": PROVIDER}).unwrap();
    assert_eq!(
        shown.saml_metadata_document.as_deref(),
        Some(data!("metadata.xml"))
    );
    assert_eq!(
        shown.valid_until.unwrap().iso8601_seconds(),
        "2036-01-01T00:00:00Z"
    );
    let key = include_str!("../../../../federation/tests/data/rsa.key");
    call!(w, root, iam::UpdateSAMLProvider, {
        "SAMLProviderArn": PROVIDER, "AddPrivateKey": key, "AssertionEncryptionMode": "Required",
    })
    .unwrap();
    let shown = call!(w, root, iam::GetSAMLProvider, {"SAMLProviderArn": PROVIDER}).unwrap();
    let id = shown.private_key_list.unwrap()[0].key_id.clone().unwrap();
    assert!((22..=64).contains(&id.len()), "{id}");
    refused!(
        assume(&w, data!("assertion-signed.xml")).await,
        400,
        "InvalidIdentityToken: The assertion is not encrypted"
    );
    call!(w, root, iam::UpdateSAMLProvider, {
        "SAMLProviderArn": PROVIDER, "RemovePrivateKey": id,
    })
    .unwrap();
    call!(w, root, iam::TagSAMLProvider, {
        "SAMLProviderArn": PROVIDER, "Tags": [{"Key": "a", "Value": "b"}],
    })
    .unwrap();
    let tags = call!(w, root, iam::ListSAMLProviderTags, {"SAMLProviderArn": PROVIDER}).unwrap();
    assert_eq!(tags.tags.unwrap().len(), 1);
    let all = call!(w, root, iam::ListSAMLProviders, {}).unwrap();
    assert_eq!(all.saml_provider_list.unwrap().len(), 1);
    refused!(
        call!(w, root, iam::GetSAMLProvider, {
            "SAMLProviderArn": "arn:aws:iam::123456789012:saml-provider/none",
        }),
        404,
        "NoSuchEntity: Manifest not found for arn arn:aws:iam::123456789012:saml-provider/none"
    );
}

/// Of two keys the newer one is tried first; either opens what is for it. `Required` takes nothing
/// else, `Allowed` both; without the key nothing is opened.
#[tokio::test]
async fn encrypted_assertions_are_opened_with_the_providers_keys() {
    let w = with_role(&ALL, json!({})).await;
    let root = w.root();
    let refusal = "InvalidIdentityToken: The encrypted assertion cannot be decrypted and verified \
                   with the provider's keys";
    let encrypted = data!("encrypted-aes256-cbc.xml");
    refused!(assume(&w, encrypted).await, 400, refusal);
    let update = async |input: Value| {
        let mut all = json!({"SAMLProviderArn": PROVIDER});
        for (name, value) in input.as_object().unwrap() {
            all[name] = value.clone();
        }
        w.call::<rolecall_api::iam::UpdateSAMLProvider>(&root, all)
            .await
    };
    let key = include_str!("../../../../federation/tests/data/other.key");
    let another = include_str!("../../../../federation/tests/data/rsa.key");
    let elliptic = include_str!("../../../../federation/tests/data/ec8.key");
    refused!(
        update(json!({"AddPrivateKey": elliptic})).await,
        400,
        "InvalidInput: Could not parse private key"
    );
    update(json!({"AddPrivateKey": another})).await.unwrap();
    refused!(assume(&w, encrypted).await, 400, refusal);
    update(json!({"AddPrivateKey": key, "AssertionEncryptionMode": "Required"}))
        .await
        .unwrap();
    for response in [
        encrypted,
        data!("encrypted-aes256-gcm.xml"),
        data!("encrypted-aes128-gcm.xml"),
        data!("encrypted-aes128-cbc.xml"),
    ] {
        let out = assume(&w, response).await.unwrap();
        assert_eq!(out.subject.as_deref(), Some("alice@example.com"));
    }
    for response in [
        data!("encrypted-unsigned.xml"),
        data!("encrypted-rsa-1_5.xml"),
    ] {
        refused!(assume(&w, response).await, 400, refusal);
    }
    let plain = data!("assertion-signed.xml");
    refused!(
        assume(&w, plain).await,
        400,
        "InvalidIdentityToken: The assertion is not encrypted"
    );
    update(json!({"AssertionEncryptionMode": "Allowed"}))
        .await
        .unwrap();
    assume(&w, plain).await.unwrap();
    assume(&w, encrypted).await.unwrap();
}
