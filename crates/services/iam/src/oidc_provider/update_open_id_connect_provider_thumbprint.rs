//! `UpdateOpenIDConnectProviderThumbprint`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::oidc_provider::{check, load, thumbprints};
use crate::text::required;

/// Replaces the thumbprints.
///
/// Source: IAM API Reference, `UpdateOpenIDConnectProviderThumbprint`.
pub struct UpdateOpenIDConnectProviderThumbprint;

impl Operation for UpdateOpenIDConnectProviderThumbprint {
    type Api = rolecall_api::iam::UpdateOpenIDConnectProviderThumbprint;
    const EXAMPLE: &'static str = r#"{"OpenIDConnectProviderArn":"arn:aws:iam::123456789012:oidc-provider/token.example.com","ThumbprintList":["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:UpdateOpenIDConnectProviderThumbprint",
            required(&input.open_id_connect_provider_arn),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.open_id_connect_provider_arn);
        let (key, mut provider) = load(tx, req.account(), arn)?;
        let given = req.input.thumbprint_list.as_deref().unwrap_or_default();
        provider.thumbprints = thumbprints(given)?;
        tx.put(key, provider);
        Ok(Empty {})
    }
}
