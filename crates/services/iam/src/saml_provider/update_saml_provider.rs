//! `UpdateSAMLProvider`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::errors;
use crate::saml_provider::{KEYS_MAX, check, load, private_key, valid_until};
use crate::text::required;

/// Replaces a provider's metadata, its encryption setting, and adds or removes a private key.
///
/// Source: IAM API Reference, `UpdateSAMLProvider`.
pub struct UpdateSAMLProvider;

impl Operation for UpdateSAMLProvider {
    type Api = rolecall_api::iam::UpdateSAMLProvider;
    const EXAMPLE: &'static str =
        r#"{"SAMLProviderArn":"arn:aws:iam::123456789012:saml-provider/idp"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:UpdateSAMLProvider",
            required(&input.saml_provider_arn),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let (key, mut provider) = load(tx, req.account(), required(&input.saml_provider_arn))?;
        if let Some(metadata) = &input.saml_metadata_document {
            provider.valid_until = valid_until(metadata, req.now)?;
            provider.metadata.clone_from(metadata);
        }
        if let Some(mode) = &input.assertion_encryption_mode {
            provider.encryption_mode = Some(mode.clone());
        }
        if let Some(id) = &input.remove_private_key {
            let before = provider.private_keys.len();
            provider.private_keys.retain(|known| known.id != *id);
            if provider.private_keys.len() == before {
                let message = format!("The private key with id {id} cannot be found.");
                return Err(AwsError::new("NoSuchEntity", message).with_status(404));
            }
        }
        if let Some(pem) = &input.add_private_key {
            if provider.private_keys.len() >= KEYS_MAX {
                return Err(errors::quota("PrivateKeysPerSAMLProvider", KEYS_MAX));
            }
            let added = private_key(pem, req.now, &mut req.ids())?;
            provider.private_keys.push(added);
        }
        let shown = api::UpdateSAMLProviderResponse {
            saml_provider_arn: Some(provider.arn.clone()),
        };
        tx.put(key, provider);
        Ok(shown)
    }
}
