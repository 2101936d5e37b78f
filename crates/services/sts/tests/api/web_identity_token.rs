//! `GetWebIdentityToken`, the account's issuer, and who takes its tokens.

use std::sync::Arc;
use std::time::Duration;

use rolecall_api::sts::GetWebIdentityTokenResponse;
use rolecall_base::AwsError;
use rolecall_federation::fetch::Waiting;
use rolecall_federation::signing::key_set;
use rolecall_federation::{Claims, FetchError, KeySet, KeysOf, Providers, Token};
use rolecall_identity::{Caller, CallerKind, IssuerAddress, TokenIssuer};
use rolecall_op::{Ports, Registry};
use rolecall_testkit::World;
use serde_json::{Value, json};

use crate::common::{allow, call, refused, trust};

const BASE: &str = "https://rolecall.example.com";
const AUDIENCE: &str = "https://api.example.com";
const ALL: [&str; 2] = ["sts:GetWebIdentityToken", "sts:TagGetWebIdentityToken"];
const SELF: &str = "arn:aws:sts::123456789012:self";

/// Answers with the keys of one issuer, whichever is asked for.
struct Published(Option<KeySet>);

impl Providers for Published {
    fn keys(&self, _: KeysOf) -> Waiting<Result<Arc<KeySet>, FetchError>> {
        let keys = self.0.clone().map(Arc::new);
        Box::pin(async { keys.ok_or(FetchError::Untrusted) })
    }

    fn top_thumbprint(&self, _: String) -> Waiting<Result<String, FetchError>> {
        Box::pin(async { Ok("ab".repeat(20)) })
    }
}

async fn world(keys: Option<KeySet>) -> World {
    let registry = rolecall_sts::register(rolecall_iam::register(Registry::default()));
    let address = IssuerAddress {
        base: BASE.to_owned(),
    };
    let ports = Ports::default()
        .with::<IssuerAddress>(Arc::new(address))
        .with::<dyn Providers>(Arc::new(Published(keys)));
    let w = World::with_ports(registry, ports).unwrap();
    w.with_account().await.unwrap()
}

/// A world that issues tokens, and the URL of its issuer.
async fn issuing() -> (World, String) {
    let w = world(None).await;
    let made = call!(w, w.root(), iam::EnableOutboundWebIdentityFederation, {}).unwrap();
    (w, made.issuer_identifier.unwrap())
}

async fn get(
    w: &World,
    caller: &Caller,
    more: Value,
) -> Result<GetWebIdentityTokenResponse, AwsError> {
    let mut input = json!({"Audience": [AUDIENCE], "SigningAlgorithm": "ES384"});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    w.call::<rolecall_api::sts::GetWebIdentityToken>(caller, input)
        .await
}

fn published(w: &World) -> KeySet {
    let snap = w.pipeline.store().snapshot();
    let issuer = snap.get::<TokenIssuer>("123456789012").unwrap();
    KeySet::parse(key_set(&issuer.keys).to_string().as_bytes()).unwrap()
}

/// The claims of a token, verified with what the issuer publishes.
fn claims(w: &World, out: GetWebIdentityTokenResponse) -> Claims {
    let text = out.web_identity_token.unwrap();
    let token = Token::parse(&text).unwrap();
    assert!(["RSA_0", "EC384_0"].contains(&token.key_id().unwrap()));
    let claims = token.verify(&published(w)).unwrap();
    claims.check_times(w.now().epoch_seconds()).unwrap();
    claims
}

#[tokio::test]
async fn a_token_says_who_calls() {
    let (w, issuer) = issuing().await;
    let id = issuer.strip_prefix("https://rolecall.example.com/_tokens/");
    assert_eq!(id.unwrap().len(), 36);
    let user = w.user("ci", Some(&allow(&ALL, SELF))).await.unwrap();
    call!(w, w.root(), iam::TagUser, {
        "UserName": "ci", "Tags": [{"Key": "Team", "Value": "platform"}],
    })
    .unwrap();
    for algorithm in ["RS256", "ES384"] {
        let out = get(&w, &user, json!({"SigningAlgorithm": algorithm})).await;
        let out = out.unwrap();
        let lasts = out.expiration.unwrap().since(w.now());
        assert_eq!(lasts, Duration::from_secs(300));
        let claims = claims(&w, out);
        let now_s = w.now().epoch_seconds();
        let arn = "arn:aws:iam::123456789012:user/ci";
        for (name, value) in [
            ("iss", json!(issuer)),
            ("sub", json!(arn)),
            ("aud", json!(AUDIENCE)),
            ("iat", json!(now_s)),
            ("exp", json!(now_s + 300)),
            (
                "https://sts.amazonaws.com/",
                json!({
                    "aws_account": "123456789012", "source_region": "us-east-1",
                    "principal_id": arn, "principal_tags": {"Team": "platform"},
                }),
            ),
        ] {
            assert_eq!(claims.get(name), Some(&value), "{name}");
        }
        assert_eq!(claims.text("jti").unwrap().len(), 36);
    }
    let more = json!({
        "Audience": ["one", "two"], "DurationSeconds": 60,
        "Tags": [{"Key": "job", "Value": "7"}, {"Key": "aws:test", "Value": "reserved"}],
    });
    let claims = claims(&w, get(&w, &user, more).await.unwrap());
    assert_eq!(claims.texts("aud"), ["one", "two"]);
    let own = claims.get("https://sts.amazonaws.com/").unwrap();
    assert_eq!(
        own["request_tags"],
        json!({"job": "7", "aws:test": "reserved"})
    );
}

#[tokio::test]
async fn a_sessions_token_is_its_roles_with_the_sessions_tags_and_ends_before_it() {
    let (w, _) = issuing().await;
    let root = w.root();
    let owner = w.user("owner", None).await.unwrap();
    let actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
    call!(w, root, iam::CreateRole, {
        "RoleName": "app", "Path": "/team/",
        "AssumeRolePolicyDocument": trust("AWS", &owner.arn, &actions, json!({})),
        "Tags": [{"Key": "Team", "Value": "role"}, {"Key": "untouched", "Value": "kept"}],
    })
    .unwrap();
    call!(w, root, iam::PutRolePolicy, {
        "RoleName": "app", "PolicyName": "p", "PolicyDocument": allow(&ALL, "*"),
    })
    .unwrap();
    let made = call!(w, owner, sts::AssumeRole, {
        "RoleArn": "arn:aws:iam::123456789012:role/team/app", "RoleSessionName": "s1",
        "DurationSeconds": 900, "SourceIdentity": "alice",
        "Tags": [{"Key": "team", "Value": "session"}],
    })
    .unwrap();
    let made = made.credentials.unwrap();
    let session = w.of_token(&made.session_token.unwrap()).unwrap();
    let claims = claims(&w, get(&w, &session, json!({})).await.unwrap());
    let arn = "arn:aws:iam::123456789012:role/team/app";
    assert_eq!(claims.text("sub"), Some(arn));
    assert_eq!(
        claims.get("https://sts.amazonaws.com/"),
        Some(&json!({
            "aws_account": "123456789012", "source_region": "us-east-1", "principal_id": arn,
            "principal_tags": {"untouched": "kept", "team": "session"},
            "source_identity": "alice",
            "original_session_exp": made.expiration.unwrap().iso8601_seconds(),
        }))
    );
    refused!(
        get(&w, &session, json!({"DurationSeconds": 900})).await,
        403,
        "SessionDurationEscalationException: Requested token expiry time must be before the \
         original session's expiry time."
    );
    get(&w, &session, json!({"DurationSeconds": 899}))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_permission_and_its_conditions_decide() {
    let (w, _) = issuing().await;
    let denied = |action: &str| {
        format!(
            "AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: \
             {action} on resource: {SELF} because no identity-based policy allows the {action} \
             action"
        )
    };
    let plain = denied("sts:GetWebIdentityToken");
    let nobody = w.user("u", None).await.unwrap();
    refused!(get(&w, &nobody, json!({})).await, 403, &plain);
    let elsewhere = allow(&ALL, "arn:aws:iam::123456789012:user/u");
    let user = w.user("u", Some(&elsewhere)).await.unwrap();
    refused!(get(&w, &user, json!({})).await, 403, &plain);

    let tags = json!({"Tags": [{"Key": "job", "Value": "7"}]});
    let user = w.user("u", Some(&allow(&ALL[..1], SELF))).await.unwrap();
    get(&w, &user, json!({})).await.unwrap();
    let tagging = denied("sts:TagGetWebIdentityToken");
    refused!(get(&w, &user, tags.clone()).await, 403, tagging);

    // The duration is a key also where it is not given.
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": ALL, "Resource": "*", "Condition": {
            "ForAllValues:StringEquals": {"sts:IdentityTokenAudience": AUDIENCE},
            "NumericEqualsIfExists": {"sts:DurationSeconds": 300},
            "StringEqualsIfExists": {
                "sts:SigningAlgorithm": "ES384", "aws:RequestTag/job": "7"}}}});
    let user = w.user("u", Some(&policy.to_string())).await.unwrap();
    for good in [json!({}), json!({"DurationSeconds": 300}), tags] {
        get(&w, &user, good).await.unwrap();
    }
    for other in [
        json!({"Audience": [AUDIENCE, "other"]}),
        json!({"DurationSeconds": 301}),
        json!({"SigningAlgorithm": "RS256"}),
        json!({"Tags": [{"Key": "job", "Value": "8"}]}),
    ] {
        refused!(get(&w, &user, other).await, 403, &plain);
    }
}

#[tokio::test]
async fn it_is_enabled_disabled_and_the_same_again() {
    let w = world(None).await;
    let root = w.root();
    let disabled = "Outbound identity federation is disabled for account 123456789012";
    let no_token = "OutboundWebIdentityFederationDisabledException: OutboundWebIdentityFederation \
                    is disabled.";
    refused!(
        call!(w, root, iam::GetOutboundWebIdentityFederationInfo, {}),
        404,
        format!("FeatureDisabled: {disabled}")
    );
    refused!(
        call!(w, root, iam::DisableOutboundWebIdentityFederation, {}),
        404,
        "FeatureDisabled: Outbound identity federation is already disabled for account 123456789012"
    );
    refused!(get(&w, &root, json!({})).await, 403, no_token);
    let first = call!(w, root, iam::EnableOutboundWebIdentityFederation, {}).unwrap();
    let token = get(&w, &root, json!({})).await.unwrap();
    refused!(
        call!(w, root, iam::EnableOutboundWebIdentityFederation, {}),
        409,
        "FeatureEnabled: Outbound identity federation is already enabled for account 123456789012"
    );
    let info = call!(w, root, iam::GetOutboundWebIdentityFederationInfo, {}).unwrap();
    assert_eq!(info.issuer_identifier, first.issuer_identifier);
    assert_eq!(info.jwt_vending_enabled, Some(true));
    call!(w, root, iam::DisableOutboundWebIdentityFederation, {}).unwrap();
    refused!(get(&w, &root, json!({})).await, 403, no_token);
    let claims = claims(&w, token);
    assert_eq!(
        claims.text("sub"),
        Some("arn:aws:iam::123456789012:root"),
        "what was issued stays good"
    );
    let again = call!(w, root, iam::EnableOutboundWebIdentityFederation, {}).unwrap();
    assert_eq!(again, first);
}

#[tokio::test]
async fn what_is_refused_is_refused_in_the_words_of_sts() {
    let (w, _) = issuing().await;
    let user = w.user("u", Some(&allow(&["sts:*"], "*"))).await.unwrap();
    for algorithm in ["RS384", "HS256", "rs256"] {
        refused!(
            get(&w, &user, json!({"SigningAlgorithm": algorithm})).await,
            400,
            "ValidationError: Requested SigningAlgorithm is not supported. See the \
             GetWebIdentityToken documentation for supported algorithms"
        );
    }
    let twice = json!({"Tags": [{"Key": "team", "Value": "1"}, {"Key": "Team", "Value": "2"}]});
    refused!(
        get(&w, &user, twice).await,
        400,
        "InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case \
         insensitive."
    );
    let made = call!(w, user, sts::GetFederationToken, {
        "Name": "Bob", "Policy": allow(&["sts:*"], "*"),
    })
    .unwrap();
    let token = made.credentials.unwrap().session_token.unwrap();
    refused!(
        get(&w, &w.of_token(&token).unwrap(), json!({})).await,
        403,
        "AccessDenied: GetWebIdentityToken does not support federated user sessions"
    );
}

/// To the byte, as it was seen on AWS, whatever the algorithm.
#[tokio::test]
async fn claims_are_limited() {
    let (w, _) = issuing().await;
    let user = w.user("u", Some(&allow(&ALL, "*"))).await.unwrap();
    let padded = |algorithm: &str, mut size: usize| {
        let mut audience = Vec::new();
        let mut tags = Vec::new();
        for _ in 0..10 {
            let length = size.min(999);
            audience.push("a".repeat(1 + length));
            size -= length;
        }
        for n in 0..50 {
            let length = size.min(256);
            tags.push(json!({"Key": n.to_string(), "Value": "v".repeat(length)}));
            size -= length;
        }
        json!({"SigningAlgorithm": algorithm, "Audience": audience, "Tags": tags})
    };
    for algorithm in ["RS256", "ES384"] {
        let least = get(&w, &user, padded(algorithm, 0)).await.unwrap();
        let token = least.web_identity_token.unwrap();
        let length = token.split('.').nth(1).unwrap().len() * 3 / 4;
        let room = 14_984 - length;
        get(&w, &user, padded(algorithm, room)).await.unwrap();
        refused!(
            get(&w, &user, padded(algorithm, room + 1)).await,
            400,
            "JWTPayloadSizeExceededException: JWT payload exceeds maximum allowed size."
        );
    }
}

/// A server is a partition: another takes the token of an issuer that it has a provider for, the
/// one that issued it takes none of its own, whichever account's.
#[tokio::test]
async fn another_server_takes_the_token_and_this_one_does_not() {
    let (w, issuer) = issuing().await;
    let user = w.user("ci", Some(&allow(&ALL, "*"))).await.unwrap();
    let out = get(&w, &user, json!({"Audience": ["sts.amazonaws.com"]})).await;
    let token = out.unwrap().web_identity_token.unwrap();
    let other = world(Some(published(&w))).await;
    let name = issuer.strip_prefix("https://").unwrap();
    let provider = format!("arn:aws:iam::123456789012:oidc-provider/{name}");
    let of = |subject: &str| {
        trust(
            "Federated",
            &provider,
            &["sts:AssumeRoleWithWebIdentity"],
            json!({"StringEquals": {
                format!("{name}:sub"): subject, format!("{name}:aud"): "sts.amazonaws.com"}}),
        )
    };
    let assume = async |w: &World, token: &str| {
        let mut anonymous = w.root();
        anonymous.kind = CallerKind::Anonymous;
        anonymous.arn = "anonymous".to_owned();
        call!(w, anonymous, sts::AssumeRoleWithWebIdentity, {
            "RoleArn": "arn:aws:iam::123456789012:role/app", "RoleSessionName": "s1",
            "WebIdentityToken": token,
        })
    };
    for w in [&w, &other] {
        call!(w, w.root(), iam::CreateOpenIDConnectProvider, {
            "Url": issuer, "ClientIDList": ["sts.amazonaws.com"],
        })
        .unwrap();
        call!(w, w.root(), iam::CreateRole, {
            "RoleName": "app",
            "AssumeRolePolicyDocument": of("arn:aws:iam::123456789012:user/ci"),
        })
        .unwrap();
    }
    let taken = assume(&other, &token).await.unwrap();
    assert_eq!(
        taken.subject_from_web_identity_token.as_deref(),
        Some("arn:aws:iam::123456789012:user/ci")
    );
    refused!(
        assume(&w, &token).await,
        400,
        "InvalidIdentityToken: Tokens of GetWebIdentityToken cannot be used for federation into \
         the same partition"
    );
    // Of several audiences none is the one that it is for.
    let several = json!({"Audience": ["sts.amazonaws.com", "b"]});
    let several = get(&w, &user, several).await.unwrap();
    let several = several.web_identity_token.unwrap();
    assert_eq!(
        assume(&other, &several).await.unwrap_err().code,
        "InvalidIdentityToken"
    );
    // Whom the trust policy does not name.
    let else_ = w.user("else", Some(&allow(&ALL, "*"))).await.unwrap();
    let out = get(&w, &else_, json!({"Audience": ["sts.amazonaws.com"]})).await;
    refused!(
        assume(&other, &out.unwrap().web_identity_token.unwrap()).await,
        403,
        "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    );
}
