//! `GetWebIdentityToken`.

use std::time::Duration;

use rolecall_api::sts as api;
use rolecall_base::rng::uuid;
use rolecall_base::{AwsError, Tags};
use rolecall_federation::SigningAlgorithm;
use rolecall_identity::{Applied, Caller, CallerKind, IssuerAddress, TokenIssuer};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, DataContext, DataOperation, RequestInfo};
use serde_json::{Map, Value, json};

use crate::{errors, session_tags};

/// How long a token is good that does not ask for another time, in seconds.
const DEFAULT_S: i32 = 300;
/// How long the claims may be as JSON, in bytes. AWS does not document it; it was seen.
const CLAIMS_MAX: usize = 14_984;
/// The claim that holds what is AWS's.
const NAMESPACE: &str = "https://sts.amazonaws.com/";

/// A JSON Web Token that says who calls, for somebody who is not AWS: signed with a key of the
/// account's issuer, which whoever wants to verify it finds at the issuer's URL.
///
/// The account must have enabled outbound web identity federation. Tags need
/// `sts:TagGetWebIdentityToken`, and go into the token beside the caller's own. A session's token
/// ends before the session does. A federated user gets none.
///
/// Source: STS API Reference, `GetWebIdentityToken`; IAM User Guide, "Understanding token claims",
/// "Controlling access with IAM policies". The resource is not in the Service Authorization
/// Reference; AWS's refusals name it.
pub struct GetWebIdentityToken;

impl DataOperation for GetWebIdentityToken {
    type Api = api::GetWebIdentityToken;
    const EXAMPLE: &'static str =
        r#"{"Audience":["https://api.example.com"],"SigningAlgorithm":"ES384"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let own = format!("arn:aws:sts::{}:self", req.account());
        let tags = session_tags::given(&input.tags);
        let algorithm = input.signing_algorithm.as_deref().unwrap_or_default();
        let get = AccessCheck::new("sts:GetWebIdentityToken", own.as_str())
            .key_list(
                "sts:IdentityTokenAudience",
                input.audience.clone().unwrap_or_default(),
            )
            .key("sts:DurationSeconds", duration_s(input).to_string())
            .key("sts:SigningAlgorithm", algorithm)
            .request_tags(&tags);
        if tags.is_empty() {
            return Ok(get.into());
        }
        let tag = AccessCheck::new("sts:TagGetWebIdentityToken", own).request_tags(&tags);
        Ok(vec![get, tag].into())
    }

    async fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let algorithm = input.signing_algorithm.as_deref().unwrap_or_default();
        let algorithm = SigningAlgorithm::parse(algorithm)
            .ok_or_else(errors::signing_algorithm_not_supported)?;
        let tags = session_tags::merge(None, &input.tags, &None)?.tags;
        let subject = subject(&ctx.caller)?;
        let lasts = Duration::from_secs(u64::try_from(duration_s(&input)).unwrap_or_default());
        let expiration = ctx.now.plus(lasts);
        if let Some(session) = ctx.caller.session()
            && expiration >= session.expires
        {
            return Err(errors::session_duration_escalation());
        }
        let address = ctx.port::<IssuerAddress>()?;
        let snap = ctx.store.snapshot();
        let issuer = snap.get::<TokenIssuer>(ctx.account().as_str());
        let issuer = issuer.filter(|issuer| issuer.enabled);
        let issuer = issuer.ok_or_else(errors::outbound_federation_disabled)?;
        let applied = Applied::of(&snap, &ctx.caller).map_err(|_| AwsError::internal())?;
        let audience = input.audience.unwrap_or_default();
        let claims = json!({
            "iss": address.url(&issuer.id),
            "sub": subject,
            "aud": match audience.as_slice() {
                [only] => Value::from(only.as_str()),
                several => Value::from(several),
            },
            "iat": ctx.now.epoch_seconds(),
            "exp": expiration.epoch_seconds(),
            "jti": uuid(&mut ctx.ids()),
            NAMESPACE: particulars(&ctx, &applied, subject, &tags),
        });
        let claims = claims.to_string();
        if claims.len() > CLAIMS_MAX {
            return Err(errors::jwt_payload_size_exceeded());
        }
        let key = issuer.key(algorithm).ok_or_else(AwsError::internal)?;
        let token = key.sign(&claims).map_err(|error| {
            tracing::error!(%error, "sign a web identity token");
            AwsError::internal()
        })?;
        Ok(api::GetWebIdentityTokenResponse {
            web_identity_token: Some(token),
            expiration: Some(expiration),
        })
    }
}

fn duration_s(input: &Input<api::GetWebIdentityToken>) -> i32 {
    input.duration_seconds.unwrap_or(DEFAULT_S)
}

/// The ARN of the principal: of a session, that of its role or user.
fn subject(caller: &Caller) -> Result<&str, AwsError> {
    match &caller.kind {
        CallerKind::Root { .. } | CallerKind::User { .. } => Ok(&caller.arn),
        CallerKind::Role { role_arn, .. } => Ok(role_arn),
        CallerKind::Federated { .. } => Err(errors::federated_user_gets_no_token()),
        CallerKind::Service { .. }
        | CallerKind::FargateAgent
        | CallerKind::Vouched(_)
        | CallerKind::Anonymous => Err(errors::no_principal_of_the_account()),
    }
}

/// What of the caller is AWS's to say. Claims about what there is not (instances, functions,
/// Identity Center) are absent.
fn particulars(info: &RequestInfo, applied: &Applied, subject: &str, tags: &Tags) -> Value {
    let mut all = Map::new();
    let mut set = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
    set("aws_account", info.account().as_str().into());
    set("source_region", info.region.as_str().into());
    set("principal_id", subject.into());
    if let Some(membership) = &applied.membership {
        set("org_id", membership.organization.id.as_str().into());
        set("ou_path", json!([membership.org_path()]));
    }
    let session = info.caller.session();
    let none = Tags::default();
    let principal_tags = over(
        &applied.tags,
        session.map_or(&none, |session| &session.tags),
    );
    if !principal_tags.is_empty() {
        set("principal_tags", object(&principal_tags));
    }
    if !tags.is_empty() {
        set("request_tags", object(tags));
    }
    if let Some(session) = session {
        let expires = session.expires.iso8601_seconds();
        set("original_session_exp", expires.into());
        if let Some(identity) = &session.source_identity {
            set("source_identity", identity.as_str().into());
        }
        let provider = session.provider.as_ref();
        if let Some(arn) = provider.and_then(|provider| provider.provider.as_deref()) {
            set("federated_provider", arn.into());
        }
    }
    Value::Object(all)
}

/// The tags of a user or role, and over them the session's, whose keys are the same in any case.
fn over(own: &Tags, session: &Tags) -> Tags {
    let replaced = |key: &str| {
        let same = |(other, _): (&str, &str)| other.to_lowercase() == key.to_lowercase();
        session.iter().any(same)
    };
    let kept = own.iter().filter(|(key, _)| !replaced(key));
    kept.chain(session.iter())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn object(tags: &Tags) -> Value {
    let members = tags
        .iter()
        .map(|(key, value)| (key.to_owned(), value.into()));
    Value::Object(members.collect())
}
