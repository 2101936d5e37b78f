//! `GetOutboundWebIdentityFederationInfo`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{IssuerAddress, TokenIssuer};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, DataContext, DataOperation};

use crate::outbound_federation::disabled;

/// The URL of the account's issuer. While it is disabled there is none to be seen, as on AWS.
///
/// Source: IAM API Reference, `GetOutboundWebIdentityFederationInfo`.
pub struct GetOutboundWebIdentityFederationInfo;

impl DataOperation for GetOutboundWebIdentityFederationInfo {
    type Api = api::GetOutboundWebIdentityFederationInfo;
    const EXAMPLE: &'static str = "{}";

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:GetOutboundWebIdentityFederationInfo", "*").into())
    }

    async fn handle(
        _input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let address = ctx.port::<IssuerAddress>()?;
        let account = ctx.account();
        let issuer = ctx.store.snapshot().get::<TokenIssuer>(account.as_str());
        let issuer = issuer.filter(|issuer| issuer.enabled);
        let issuer = issuer.ok_or_else(|| disabled(account))?;
        Ok(api::GetOutboundWebIdentityFederationInfoResponse {
            issuer_identifier: Some(address.url(&issuer.id)),
            jwt_vending_enabled: Some(true),
        })
    }
}
