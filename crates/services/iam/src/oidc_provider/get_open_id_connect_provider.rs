//! `GetOpenIDConnectProvider`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::OidcProvider;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::oidc_provider::{check, load};
use crate::tags;
use crate::text::required;

/// Shows a provider. Its URL is shown without the scheme, as AWS does.
///
/// Source: IAM API Reference, `GetOpenIDConnectProvider`.
pub struct GetOpenIDConnectProvider;

impl Operation for GetOpenIDConnectProvider {
    type Api = rolecall_api::iam::GetOpenIDConnectProvider;
    const EXAMPLE: &'static str = r#"{"OpenIDConnectProviderArn":"arn:aws:iam::123456789012:oidc-provider/token.example.com"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:GetOpenIDConnectProvider",
            required(&input.open_id_connect_provider_arn),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.open_id_connect_provider_arn);
        let (_, provider) = load(tx, req.account(), arn)?;
        Ok(api::GetOpenIDConnectProviderResponse {
            url: Some(OidcProvider::name_of(&provider.url).to_owned()),
            client_id_list: Some(provider.client_ids),
            thumbprint_list: Some(provider.thumbprints),
            create_date: Some(provider.created),
            tags: Some(tags::all(&provider.tags)),
        })
    }
}
