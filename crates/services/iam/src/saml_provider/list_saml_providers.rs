//! `ListSAMLProviders`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{SamlProvider, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

/// Lists the providers.
///
/// Source: IAM API Reference, `ListSAMLProviders`.
pub struct ListSAMLProviders;

impl Operation for ListSAMLProviders {
    type Api = rolecall_api::iam::ListSAMLProviders;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:ListSAMLProviders", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let providers = tx.range::<SamlProvider>(&name_key(req.account(), ""));
        let list = providers.map(|(_, provider)| api::SAMLProviderListEntry {
            arn: Some(provider.arn.clone()),
            valid_until: Some(provider.valid_until),
            create_date: Some(provider.created),
        });
        Ok(api::ListSAMLProvidersResponse {
            saml_provider_list: Some(list.collect()),
        })
    }
}
