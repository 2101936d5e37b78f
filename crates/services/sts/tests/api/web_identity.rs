//! `AssumeRoleWithWebIdentity` with a provider whose keys the test has.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use rolecall_federation::fetch::Waiting;
use rolecall_federation::{FetchError, KeySet, KeysOf, Providers};
use rolecall_identity::CallerKind;
use rolecall_op::{Ports, Registry};
use rolecall_record::{CallRecord, IdentityKind, Query, Reader, Recorder};
use rolecall_testkit::World;
use serde_json::{Value, json};

use crate::common::{call, refused, trust};

const PEM: &str = include_str!("../../../../federation/tests/data/rsa.key");
const URL: &str = "https://token.example.com";
const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/token.example.com";
const ROLE: &str = "arn:aws:iam::123456789012:role/app";

/// Answers with the test's key, for every provider but one that is down.
struct TestProvider;

impl Providers for TestProvider {
    fn keys(&self, wanted: KeysOf) -> Waiting<Result<Arc<KeySet>, FetchError>> {
        Box::pin(async move {
            match wanted.issuer.as_str() {
                "https://down.example.com" => Err(FetchError::Unreachable("timed out".to_owned())),
                "https://other.example.com" => Err(FetchError::Untrusted),
                _ => Ok(Arc::new(keys())),
            }
        })
    }

    fn top_thumbprint(&self, _: String) -> Waiting<Result<String, FetchError>> {
        Box::pin(async { Ok("ab".repeat(20)) })
    }
}

fn pair() -> KeyPair {
    let body: String = PEM.lines().filter(|line| !line.starts_with('-')).collect();
    KeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap()
}

fn keys() -> KeySet {
    let public: ring::rsa::PublicKeyComponents<Vec<u8>> = pair().public().into();
    let key = json!({"kty": "RSA", "kid": "k",
        "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e)});
    KeySet::parse(json!({ "keys": [key] }).to_string().as_bytes()).unwrap()
}

/// A token with these claims, signed with the test's key under the name `kid`.
fn token_of(claims: &Value, kid: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!(
        "{}.{}",
        part(&json!({"alg": "RS256", "kid": kid})),
        part(claims)
    );
    let pair = pair();
    let mut signature = vec![0; pair.public().modulus_len()];
    let random = SystemRandom::new();
    pair.sign(
        &RSA_PKCS1_SHA256,
        &random,
        signed.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn claims(w: &World) -> Value {
    let now_s = w.now().epoch_seconds();
    json!({"iss": URL, "sub": "repo:a/b", "aud": "sts.amazonaws.com",
        "iat": now_s - 10, "exp": now_s + 600})
}

async fn world(condition: Value) -> World {
    recorded(condition, None).await
}

async fn recorded(condition: Value, recorder: Option<Recorder>) -> World {
    let registry = rolecall_sts::register(rolecall_iam::register(Registry::default()));
    let ports = Ports::default().with::<dyn Providers>(Arc::new(TestProvider));
    let w = World::recorded(registry, ports, recorder)
        .unwrap()
        .with_account()
        .await
        .unwrap();
    let root = w.root();
    for url in [URL, "https://down.example.com", "https://other.example.com"] {
        call!(w, root, iam::CreateOpenIDConnectProvider, {
            "Url": url, "ClientIDList": ["sts.amazonaws.com"],
        })
        .unwrap();
    }
    let actions = [
        "sts:AssumeRoleWithWebIdentity",
        "sts:TagSession",
        "sts:SetSourceIdentity",
    ];
    call!(w, root, iam::CreateRole, {
        "RoleName": "app",
        "AssumeRolePolicyDocument": trust("Federated", PROVIDER, &actions, condition),
    })
    .unwrap();
    w
}

async fn assume(
    w: &World,
    token: &str,
) -> Result<rolecall_api::sts::AssumeRoleWithWebIdentityResponse, rolecall_base::AwsError> {
    let mut anonymous = w.root();
    anonymous.kind = CallerKind::Anonymous;
    anonymous.arn = "anonymous".to_owned();
    call!(w, anonymous, sts::AssumeRoleWithWebIdentity, {
        "RoleArn": ROLE, "RoleSessionName": "ci", "WebIdentityToken": token,
    })
}

#[tokio::test]
async fn a_good_token_makes_a_session_that_keeps_its_claims() {
    let w = world(
        json!({"StringEquals": {"token.example.com:aud": "sts.amazonaws.com"},
        "StringLike": {"token.example.com:sub": "repo:a/*"}}),
    )
    .await;
    let mut claims = claims(&w);
    claims["https://aws.amazon.com/tags"] =
        json!({"principal_tags": {"Team": ["core"]}, "transitive_tag_keys": ["Team"]});
    claims["https://aws.amazon.com/source_identity"] = "alice".into();
    let out = assume(&w, &token_of(&claims, "k")).await.unwrap();
    assert_eq!(
        out.subject_from_web_identity_token.as_deref(),
        Some("repo:a/b")
    );
    assert_eq!(out.provider.as_deref(), Some(PROVIDER));
    assert_eq!(out.audience.as_deref(), Some("sts.amazonaws.com"));
    assert_eq!(out.source_identity.as_deref(), Some("alice"));
    let caller = w
        .of_token(&out.credentials.unwrap().session_token.unwrap())
        .unwrap();
    assert_eq!(caller.arn, "arn:aws:sts::123456789012:assumed-role/app/ci");
    let who = call!(w, caller, sts::GetCallerIdentity, {}).unwrap();
    assert_eq!(who.arn.unwrap(), caller.arn);
    // What the token said still counts when the session calls.
    let root = w.root();
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Action": "iam:ListRoles", "Resource": "*", "Condition": {"StringEquals": {
            "aws:FederatedProvider": PROVIDER, "token.example.com:sub": "repo:a/b",
            "aws:PrincipalTag/Team": "core", "aws:SourceIdentity": "alice"}}}});
    call!(w, root, iam::PutRolePolicy, {
        "RoleName": "app", "PolicyName": "p", "PolicyDocument": policy.to_string(),
    })
    .unwrap();
    call!(w, caller, iam::ListRoles, {}).unwrap();
}

#[tokio::test]
async fn the_record_names_whom_the_provider_vouches_for_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), 0).unwrap();
    let condition = json!({"StringEquals": {"token.example.com:sub": "repo:a/b"}});
    let w = recorded(condition, Some(recorder.clone())).await;
    let calls = async || -> Vec<CallRecord> {
        recorder.flushed().await;
        let all = Reader::new(folder.path());
        let all = all.calls(Query::default()).map(|entry| entry.unwrap().call);
        all.filter(|call| call.operation == "AssumeRoleWithWebIdentity")
            .collect()
    };
    for bad in ["garbage", &token_of(&claims(&w), "unknown")] {
        assume(&w, bad).await.unwrap_err();
    }
    // Not a token at all: it breaks the model's constraints.
    assume(&w, "x").await.unwrap_err();
    assert_eq!(calls().await, []);

    assume(&w, &token_of(&claims(&w), "k")).await.unwrap();
    let mut other = claims(&w);
    other["sub"] = "repo:c/d".into();
    assume(&w, &token_of(&other, "k")).await.unwrap_err();
    let calls = calls().await;
    assert_eq!(calls.len(), 2);
    for (call, subject) in calls.iter().zip(["repo:c/d", "repo:a/b"]) {
        let caller = &call.caller;
        assert_eq!(caller.kind, IdentityKind::WebIdentityUser);
        let id = format!("{PROVIDER}:sts.amazonaws.com:{subject}");
        assert_eq!(caller.principal_id, id);
        assert_eq!(caller.user_name.as_deref(), Some(subject));
        assert_eq!(caller.identity_provider.as_deref(), Some(PROVIDER));
        assert_eq!(call.account, "123456789012");
        assert_eq!(call.resources[0].arn, ROLE);
        assert_eq!(call.resources[0].account, "123456789012");
    }
    assert_eq!(calls[0].error().unwrap().0, "AccessDenied");
    assert_eq!(calls[1].error(), None);
}

#[tokio::test]
async fn the_trust_policy_decides_on_the_claims() {
    let w = world(json!({"StringEquals": {"token.example.com:sub": "repo:a/main"}})).await;
    refused!(
        assume(&w, &token_of(&claims(&w), "k")).await,
        403,
        "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    );
    let w = world(json!({"Null": {"aws:RequestTag/Team": "true"}})).await;
    assume(&w, &token_of(&claims(&w), "k")).await.unwrap();
    let mut tagged = claims(&w);
    tagged["https://aws.amazon.com/tags/principal_tags/Team"] = "x".into();
    refused!(
        assume(&w, &token_of(&tagged, "k")).await,
        403,
        "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    );
}

#[tokio::test]
async fn tokens_that_are_not_good_are_refused_in_the_words_of_sts() {
    let w = world(json!({})).await;
    let with = |name: &str, value: Value| {
        let mut claims = claims(&w);
        claims[name] = value;
        token_of(&claims, "k")
    };
    let now_s = w.now().epoch_seconds();
    for (token, text) in [
        (
            with("aud", "else".into()),
            "InvalidIdentityToken: Incorrect token audience".to_owned(),
        ),
        (
            with("iss", "https://nobody.example".into()),
            "InvalidIdentityToken: No OpenIDConnect provider found in your account for \
             https://nobody.example"
                .to_owned(),
        ),
        (
            with("iss", "token.example.com".into()),
            "InvalidIdentityToken: Issuer must be a valid URL".to_owned(),
        ),
        (
            with("exp", (now_s - 1).into()),
            format!(
                "ExpiredTokenException: Token expired: current date/time {now_s} must be before \
                 the expiration date/time{}",
                now_s - 1
            ),
        ),
        (
            with("iss", "https://down.example.com".into()),
            "IDPCommunicationError: The identity provider could not be reached: timed out"
                .to_owned(),
        ),
        (
            with("iss", "https://other.example.com".into()),
            "InvalidIdentityToken: OpenIDConnect provider's HTTPS certificate doesn't match \
             configured thumbprint"
                .to_owned(),
        ),
        (
            token_of(&claims(&w), "unknown"),
            "InvalidIdentityToken: Couldn't retrieve verification key from your identity \
             provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
                .to_owned(),
        ),
        (
            "opaque".to_owned(),
            "InvalidIdentityToken: The ID Token provided is not a valid JWT. (You may see this \
             error if you sent an Access Token)"
                .to_owned(),
        ),
    ] {
        refused!(assume(&w, &token).await, 400, text);
    }
    let good = token_of(&claims(&w), "k");
    let (head, tail) = good.split_at(good.len() - 20);
    let forged = format!("{head}{}", tail.chars().rev().collect::<String>());
    assert_eq!(
        assume(&w, &forged).await.unwrap_err().code,
        "InvalidIdentityToken"
    );
    assume(&w, &good).await.unwrap();
    w.advance(Duration::from_secs(600));
    assert_eq!(
        assume(&w, &good).await.unwrap_err().code,
        "ExpiredTokenException"
    );
}
