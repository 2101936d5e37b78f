//! `ListOpenIDConnectProviders`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::OidcProvider;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

/// Lists the ARNs of the providers.
///
/// Source: IAM API Reference, `ListOpenIDConnectProviders`.
pub struct ListOpenIDConnectProviders;

impl Operation for ListOpenIDConnectProviders {
    type Api = rolecall_api::iam::ListOpenIDConnectProviders;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:ListOpenIDConnectProviders", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let providers = tx.range::<OidcProvider>(&format!("{}/", req.account()));
        let list = providers.map(|(_, provider)| api::OpenIDConnectProviderListEntry {
            arn: Some(provider.arn.clone()),
        });
        Ok(api::ListOpenIDConnectProvidersResponse {
            open_id_connect_provider_list: Some(list.collect()),
        })
    }
}
