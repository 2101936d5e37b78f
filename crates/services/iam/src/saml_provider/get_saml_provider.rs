//! `GetSAMLProvider`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::saml_provider::{check, load};
use crate::tags;
use crate::text::required;

/// Shows a provider; of its private keys only their ids.
///
/// Source: IAM API Reference, `GetSAMLProvider`.
pub struct GetSAMLProvider;

impl Operation for GetSAMLProvider {
    type Api = rolecall_api::iam::GetSAMLProvider;
    const EXAMPLE: &'static str =
        r#"{"SAMLProviderArn":"arn:aws:iam::123456789012:saml-provider/idp"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:GetSAMLProvider",
            required(&input.saml_provider_arn),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.saml_provider_arn);
        let (_, provider) = load(tx, req.account(), arn)?;
        let keys = provider.private_keys.iter().map(|key| api::SAMLPrivateKey {
            key_id: Some(key.id.clone()),
            timestamp: Some(key.added),
        });
        Ok(api::GetSAMLProviderResponse {
            saml_provider_uuid: Some(provider.uuid.clone()),
            saml_metadata_document: Some(provider.metadata.clone()),
            create_date: Some(provider.created),
            valid_until: Some(provider.valid_until),
            tags: Some(tags::all(&provider.tags)),
            assertion_encryption_mode: provider.encryption_mode.clone(),
            private_key_list: (!provider.private_keys.is_empty()).then(|| keys.collect()),
        })
    }
}
