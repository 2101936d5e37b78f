//! `AssumeRoleWithWebIdentity`.

use std::sync::Arc;

use rolecall_api::sts as api;
use rolecall_base::AwsError;
use rolecall_federation::{FetchError, JwtError, KeysOf, Providers, Token};
use rolecall_identity::{Caller, OidcProvider, TokenIssuer};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, DataContext, Operation, TokenOperation};
use rolecall_store::Txn;

use crate::federated::{self, Asked};
use crate::{errors, web_identity};

/// Credentials of a session of a role for whoever an OpenID Connect provider vouches for. It takes
/// no signature: the token in it says who calls, and the role's trust policy, which names the
/// provider, whether they may.
///
/// The provider is one of the role's account ([`OidcProvider`]); those that AWS has built in
/// (Google, Facebook, Amazon, Cognito) are created as any other. The signature is verified with the
/// keys that the provider publishes; then the token's times and its audience are held against the
/// clock and the provider's client ids, and its claims become the condition keys of the call and of
/// the session: `PROVIDER:aud`, `PROVIDER:sub` and so on.
///
/// The tokens that `GetWebIdentityToken` of this server issues are for others: none is taken.
///
/// Source: STS API Reference, `AssumeRoleWithWebIdentity`; IAM User Guide, "OIDC federation",
/// "Available keys for AWS OIDC federation".
pub struct AssumeRoleWithWebIdentity;

fn asked(input: &api::AssumeRoleWithWebIdentityRequest) -> Asked<'_> {
    Asked {
        action: "sts:AssumeRoleWithWebIdentity",
        role_arn: input.role_arn.as_deref().unwrap_or_default(),
        session_name: input.role_session_name.as_deref().unwrap_or_default(),
        duration_seconds: input.duration_seconds,
        policy: &input.policy,
        policy_arns: &input.policy_arns,
    }
}

impl Operation for AssumeRoleWithWebIdentity {
    type Api = api::AssumeRoleWithWebIdentity;
    const EXAMPLE: &'static str = r#"{"RoleArn":"arn:aws:iam::123456789012:role/app","RoleSessionName":"example","WebIdentityToken":"eyJhbGciOiJSUzI1NiJ9.e30.AA"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        federated::access(&asked(input), req)
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let made = federated::make(&asked(req.input), req.info, tx)?;
        let vouched = federated::vouched(req.info).ok_or_else(AwsError::internal)?;
        Ok(api::AssumeRoleWithWebIdentityResponse {
            credentials: Some(made.credentials),
            subject_from_web_identity_token: Some(vouched.subject.clone()),
            assumed_role_user: Some(made.user),
            packed_policy_size: made.packed,
            provider: Some(vouched.provider.clone()),
            audience: Some(vouched.audience.clone()),
            source_identity: vouched.source_identity.clone(),
            ..api::AssumeRoleWithWebIdentityResponse::default()
        })
    }
}

impl TokenOperation for AssumeRoleWithWebIdentity {
    async fn authenticate(
        input: Arc<Input<Self::Api>>,
        ctx: DataContext,
    ) -> Result<Caller, AwsError> {
        let account = federated::account_of(input.role_arn.as_deref().unwrap_or_default())?;
        if let Some(provider) = &input.provider_id {
            return Err(errors::access_token_of(provider));
        }
        let text = input.web_identity_token.as_deref().unwrap_or_default();
        let token = Token::parse(text).map_err(refused)?;
        let issuer = token.issuer().map_err(refused)?.to_owned();
        if !issuer.starts_with("https://") {
            return Err(errors::identity_token("Issuer must be a valid URL"));
        }
        let snap = ctx.store.snapshot();
        if TokenIssuer::of_url(&snap, &issuer).is_some() {
            return Err(errors::token_of_this_partition());
        }
        let key = OidcProvider::key_of(&account, &issuer);
        let provider = snap.get::<OidcProvider>(&key);
        let provider = provider.ok_or_else(|| {
            errors::identity_token(format!(
                "No OpenIDConnect provider found in your account for {issuer}"
            ))
        })?;
        let wanted = KeysOf {
            issuer: provider.url.clone(),
            thumbprints: provider.thumbprints.clone(),
            key_id: token.key_id().map(str::to_owned),
        };
        let keys = ctx.port::<dyn Providers>()?.keys(wanted).await;
        let keys = keys.map_err(|error| not_fetched(&error))?;
        if !keys.has(token.key_id()) {
            return Err(no_key());
        }
        let claims = token.verify(&keys).map_err(refused)?;
        claims
            .check_times(ctx.now.epoch_seconds())
            .map_err(|error| match error {
                JwtError::Expired { expired_s } => {
                    errors::expired_token(ctx.now.epoch_seconds(), expired_s)
                }
                other => refused(other),
            })?;
        let vouched = web_identity::vouched(&claims, &provider)?;
        Ok(Caller::vouched(account, vouched))
    }
}

/// What is wrong with a token, in STS's words where they are known.
fn refused(error: JwtError) -> AwsError {
    errors::identity_token(match error {
        JwtError::Malformed => {
            "The ID Token provided is not a valid JWT. (You may see this error if \
                                you sent an Access Token)"
                .to_owned()
        }
        JwtError::Algorithm(name) => {
            format!("Token must be signed with an RSA or ECDSA key: {name} is not supported")
        }
        JwtError::Claim(name) => format!("Missing a required claim: {name}"),
        JwtError::Signature => "Invalid token signature".to_owned(),
        JwtError::Expired { .. } => "Token expired".to_owned(),
        JwtError::TooEarly { valid_s } => {
            format!("Token is not valid before the date/time {valid_s}")
        }
    })
}

fn no_key() -> AwsError {
    errors::identity_token(
        "Couldn't retrieve verification key from your identity provider,  please reference \
         AssumeRoleWithWebIdentity documentation for requirements",
    )
}

fn not_fetched(error: &FetchError) -> AwsError {
    match error {
        FetchError::Unreachable(why) => errors::idp_communication(why),
        FetchError::Untrusted => errors::identity_token(
            "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
        ),
        FetchError::Malformed(_) => no_key(),
    }
}
