//! `RemoveClientIDFromOpenIDConnectProvider`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::oidc_provider::{check, load};
use crate::text::required;

/// Removes an audience; one that is not there changes nothing.
///
/// Source: IAM API Reference, `RemoveClientIDFromOpenIDConnectProvider`.
pub struct RemoveClientIDFromOpenIDConnectProvider;

impl Operation for RemoveClientIDFromOpenIDConnectProvider {
    type Api = rolecall_api::iam::RemoveClientIDFromOpenIDConnectProvider;
    const EXAMPLE: &'static str = r#"{"OpenIDConnectProviderArn":"arn:aws:iam::123456789012:oidc-provider/token.example.com","ClientID":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:RemoveClientIDFromOpenIDConnectProvider",
            required(&input.open_id_connect_provider_arn),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.open_id_connect_provider_arn);
        let (key, mut provider) = load(tx, req.account(), arn)?;
        let id = required(&req.input.client_id);
        provider.client_ids.retain(|known| known != id);
        tx.put(key, provider);
        Ok(Empty {})
    }
}
