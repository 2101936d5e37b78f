//! `DisableOutboundWebIdentityFederation`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::TokenIssuer;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::outbound_federation::already_disabled;

/// Issues no more tokens. Those that were issued stay good, so the issuer's keys stay published.
///
/// Source: IAM API Reference, `DisableOutboundWebIdentityFederation`.
pub struct DisableOutboundWebIdentityFederation;

impl Operation for DisableOutboundWebIdentityFederation {
    type Api = rolecall_api::iam::DisableOutboundWebIdentityFederation;
    const EXAMPLE: &'static str = "{}";

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:DisableOutboundWebIdentityFederation", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let issuer = tx.get::<TokenIssuer>(account.as_str());
        let issuer = issuer.filter(|issuer| issuer.enabled);
        let mut issuer = issuer.ok_or_else(|| already_disabled(account))?.cloned();
        issuer.enabled = false;
        tx.put(account.as_str(), issuer);
        Ok(Empty {})
    }
}
