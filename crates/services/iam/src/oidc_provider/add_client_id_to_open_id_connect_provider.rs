//! `AddClientIDToOpenIDConnectProvider`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::oidc_provider::{CLIENT_IDS_MAX, check, load, too_many_client_ids};
use crate::text::required;

/// Adds an audience; one that is there already changes nothing.
///
/// Source: IAM API Reference, `AddClientIDToOpenIDConnectProvider`.
pub struct AddClientIDToOpenIDConnectProvider;

impl Operation for AddClientIDToOpenIDConnectProvider {
    type Api = rolecall_api::iam::AddClientIDToOpenIDConnectProvider;
    const EXAMPLE: &'static str = r#"{"OpenIDConnectProviderArn":"arn:aws:iam::123456789012:oidc-provider/token.example.com","ClientID":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:AddClientIDToOpenIDConnectProvider",
            required(&input.open_id_connect_provider_arn),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.open_id_connect_provider_arn);
        let (key, mut provider) = load(tx, req.account(), arn)?;
        let id = required(&req.input.client_id);
        if provider.client_ids.iter().any(|known| known == id) {
            return Ok(Empty {});
        }
        if provider.client_ids.len() >= CLIENT_IDS_MAX {
            return Err(too_many_client_ids());
        }
        provider.client_ids.push(id.to_owned());
        tx.put(key, provider);
        Ok(Empty {})
    }
}
