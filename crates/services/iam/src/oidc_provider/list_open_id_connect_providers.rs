//! `ListOpenIDConnectProviders`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::OidcProvider;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

/// Lists the ARNs of the providers. AWS's refusals name all of them, `...:oidc-provider/*`.
///
/// Source: IAM API Reference, `ListOpenIDConnectProviders`.
pub struct ListOpenIDConnectProviders;

impl Operation for ListOpenIDConnectProviders {
    type Api = rolecall_api::iam::ListOpenIDConnectProviders;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let all = req.info.iam_arn("oidc-provider/*");
        Ok(AccessCheck::new("iam:ListOpenIDConnectProviders", all).into())
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
