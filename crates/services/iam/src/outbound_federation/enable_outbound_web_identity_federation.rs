//! `EnableOutboundWebIdentityFederation`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_base::rng::uuid;
use rolecall_federation::signing::{SigningAlgorithm, SigningError, SigningKey};
use rolecall_identity::{IssuerAddress, TokenIssuer, TokenIssuerId};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, DataContext, DataOperation};
use rolecall_store::Txn;

use crate::outbound_federation::enabled;

/// Lets the principals of the account ask for tokens. The first time it makes the issuer: its id,
/// which stays, and its keys. An account that had disabled it gets the same issuer again.
///
/// Source: IAM API Reference, `EnableOutboundWebIdentityFederation`.
pub struct EnableOutboundWebIdentityFederation;

impl DataOperation for EnableOutboundWebIdentityFederation {
    type Api = api::EnableOutboundWebIdentityFederation;
    const EXAMPLE: &'static str = "{}";

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:EnableOutboundWebIdentityFederation", "*").into())
    }

    async fn handle(
        _input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let address = ctx.port::<IssuerAddress>()?;
        let account = ctx.account().clone();
        let known = ctx.store.snapshot().get::<TokenIssuer>(account.as_str());
        let mut issuer = match known {
            Some(issuer) => issuer.cloned(),
            None => TokenIssuer {
                account: account.clone(),
                id: uuid(&mut ctx.ids()),
                enabled: false,
                created: ctx.now,
                keys: new_keys().await?,
            },
        };
        if issuer.enabled {
            return Err(enabled(&account));
        }
        issuer.enabled = true;
        let put = move |tx: &mut Txn| {
            // Somebody else may have enabled it meanwhile; their keys are the ones that count.
            let mut made = match tx.get::<TokenIssuer>(account.as_str()) {
                Some(now) if now.enabled => return Err(enabled(&account)),
                Some(now) => now.cloned(),
                None => issuer.clone(),
            };
            made.enabled = true;
            let id = made.id.clone();
            let of = TokenIssuerId {
                account: account.clone(),
            };
            tx.put(id.as_str(), of);
            tx.put(account.as_str(), made);
            Ok(id)
        };
        let done = ctx.store.transact(put).await.map_err(|error| {
            error
                .into_refused()
                .unwrap_or_else(|_| AwsError::internal())
        })?;
        Ok(api::EnableOutboundWebIdentityFederationResponse {
            issuer_identifier: Some(address.url(&done.value)),
        })
    }
}

/// A key for each algorithm, made where it holds up nobody else's call.
async fn new_keys() -> Result<Vec<SigningKey>, AwsError> {
    let made = tokio::task::spawn_blocking(|| {
        [SigningAlgorithm::Rs256, SigningAlgorithm::Es384]
            .into_iter()
            .map(SigningKey::generate)
            .collect::<Result<Vec<_>, SigningError>>()
    });
    made.await
        .map_err(|_| AwsError::internal())?
        .map_err(|error| {
            tracing::error!(%error, "make the keys of an issuer");
            AwsError::internal()
        })
}
