//! `CreateSAMLProvider`.

use rolecall_api::iam as api;
use rolecall_base::rng::uuid;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::{SamlProvider, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::saml_provider::{PROVIDERS_MAX, TAGS_QUOTA, private_key, valid_until};
use crate::tags::Case;
use crate::text::required;
use crate::{access, quota, tags};

/// Creates a provider from its metadata, which must be that of an identity provider with at least
/// one certificate to sign with. With tags, `iam:TagSAMLProvider` is needed as well.
///
/// Source: IAM API Reference, `CreateSAMLProvider`.
pub struct CreateSAMLProvider;

impl Operation for CreateSAMLProvider {
    type Api = rolecall_api::iam::CreateSAMLProvider;
    const EXAMPLE: &'static str = concat!(
        r#"{"Name":"idp","SAMLMetadataDocument":""#,
        "<md:EntityDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata' entityID='idp'>",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        r#"</md:EntityDescriptor>"}"#
    );

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = SamlProvider::arn_of(req.account(), required(&input.name));
        Ok(access::creation(
            AccessCheck::new("iam:CreateSAMLProvider", arn),
            "iam:TagSAMLProvider",
            &tags::given(&input.tags),
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let name = required(&input.name);
        let mut tags = Tags::default();
        tags::add(&mut tags, &input.tags, Case::Matters, TAGS_QUOTA)?;
        let metadata = required(&input.saml_metadata_document);
        let valid_until = valid_until(metadata, req.now)?;
        let mut ids = req.ids();
        let key = input.add_private_key.as_deref();
        let key = key
            .map(|pem| private_key(pem, req.now, &mut ids))
            .transpose()?;
        let store_key = name_key(account, name);
        if tx.get::<SamlProvider>(&store_key).is_some() {
            let message = format!("SAML Provider with name {name} already exists.");
            return Err(AwsError::new("EntityAlreadyExists", message).with_status(409));
        }
        quota::check::<SamlProvider>(tx, account, "SAMLProvidersPerAccount", PROVIDERS_MAX)?;
        let provider = SamlProvider {
            account: account.clone(),
            name: name.to_owned(),
            arn: SamlProvider::arn_of(account, name),
            uuid: uuid(&mut ids),
            metadata: metadata.to_owned(),
            valid_until,
            created: req.now,
            encryption_mode: input.assertion_encryption_mode.clone(),
            private_keys: key.into_iter().collect(),
            tags,
        };
        let shown = api::CreateSAMLProviderResponse {
            saml_provider_arn: Some(provider.arn.clone()),
            tags: tags::shown(&provider.tags),
        };
        tx.put(store_key, provider);
        Ok(shown)
    }
}
