//! `GetAuthorizationToken`.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_api::ecr as api;
use rolecall_base::{AccountId, AwsError};
use rolecall_op::{Access, AccessCheck, AccessRequest, DataContext, DataOperation};

use crate::errors;
use crate::ports::RegistryAddress;
use crate::token::{REGISTRY_TOKEN_S, RegistryToken};

/// Makes the password of `docker login`: base64 of `AWS:` and a token that stands for the caller
/// for 12 hours, with the permissions that the caller has at each use.
///
/// One answer for each registry that is named; they are the same but for the `proxyEndpoint`, as a
/// token opens whatever its bearer may open.
///
/// Source: ECR API Reference, `GetAuthorizationToken`.
pub(crate) struct GetAuthorizationToken;

impl DataOperation for GetAuthorizationToken {
    type Api = api::GetAuthorizationToken;

    const EXAMPLE: &'static str = "{}";

    fn access(
        _: &api::GetAuthorizationTokenRequest,
        _: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("ecr:GetAuthorizationToken", "*").into())
    }

    async fn handle(
        input: api::GetAuthorizationTokenRequest,
        ctx: DataContext,
    ) -> Result<api::GetAuthorizationTokenResponse, AwsError> {
        let address = ctx.port::<RegistryAddress>()?;
        let origin = ctx.caller.origin().ok_or_else(|| {
            let message = format!(
                "{} has no credentials that a token could stand for.",
                ctx.caller.arn
            );
            AwsError::new("AccessDeniedException", message)
        })?;
        let token = RegistryToken {
            origin,
            account: ctx.account().clone(),
            region: ctx.region.clone(),
            expires: ctx.now.plus(Duration::from_secs(REGISTRY_TOKEN_S)),
        };
        let sealed = token.seal(&ctx.store.snapshot(), &mut ctx.ids())?;
        let mut registries = Vec::new();
        for id in input.registry_ids.unwrap_or_default() {
            let account = AccountId::new(&id).map_err(|_| {
                errors::invalid_parameter(
                    "registryIds",
                    "must satisfy regular expression '[0-9]{12}'",
                )
            })?;
            registries.push(account);
        }
        if registries.is_empty() {
            registries.push(ctx.account().clone());
        }
        let data = registries.iter().map(|account| api::AuthorizationData {
            authorization_token: Some(STANDARD.encode(format!("AWS:{sealed}"))),
            expires_at: Some(token.expires),
            proxy_endpoint: Some(address.proxy_endpoint(account, &ctx.region)),
        });
        Ok(api::GetAuthorizationTokenResponse {
            authorization_data: Some(data.collect()),
        })
    }
}
