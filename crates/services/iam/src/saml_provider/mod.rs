//! SAML 2.0 identity providers.

mod create_saml_provider;
mod delete_saml_provider;
mod get_saml_provider;
mod list_saml_provider_tags;
mod list_saml_providers;
mod tag_saml_provider;
mod untag_saml_provider;
mod update_saml_provider;

pub use create_saml_provider::CreateSAMLProvider;
pub use delete_saml_provider::DeleteSAMLProvider;
pub use get_saml_provider::GetSAMLProvider;
pub use list_saml_provider_tags::ListSAMLProviderTags;
pub use list_saml_providers::ListSAMLProviders;
pub use tag_saml_provider::TagSAMLProvider;
pub use untag_saml_provider::UntagSAMLProvider;
pub use update_saml_provider::UpdateSAMLProvider;

use std::time::Duration;

use rolecall_base::rng::{IdSource, iam_unique_id};
use rolecall_base::{AccountId, AwsError, Timestamp};
use rolecall_federation::saml::{DecryptionKey, Metadata};
use rolecall_identity::{SamlKey, SamlProvider, name_key};
use rolecall_op::{AccessCheck, AccessRequest, Registry};
use rolecall_store::Txn;

use crate::errors;

/// How many providers an account may have (IAM quotas).
const PROVIDERS_MAX: usize = 100;
/// How many private keys a provider may have (IAM quotas).
const KEYS_MAX: usize = 2;
/// The quota of tags.
const TAGS_QUOTA: &str = "TagsPerSamlProvider";
/// How long metadata is good that does not say it: a hundred years, as AWS shows.
const GOOD_FOR: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateSAMLProvider>()
        .with::<DeleteSAMLProvider>()
        .with::<GetSAMLProvider>()
        .with::<ListSAMLProviderTags>()
        .with::<ListSAMLProviders>()
        .with::<TagSAMLProvider>()
        .with::<UntagSAMLProvider>()
        .with::<UpdateSAMLProvider>()
}

/// The store key of the provider that `arn` names in `account`.
fn key_of(account: &AccountId, arn: &str) -> Option<String> {
    let name = arn.strip_prefix(&format!("arn:aws:iam::{account}:saml-provider/"))?;
    Some(name_key(account, name))
}

/// The provider with this ARN and its store key.
fn load(tx: &Txn, account: &AccountId, arn: &str) -> Result<(String, SamlProvider), AwsError> {
    let key = key_of(account, arn).ok_or_else(|| not_found(arn))?;
    let provider = tx
        .get::<SamlProvider>(&key)
        .filter(|provider| provider.arn == arn);
    Ok((key, provider.ok_or_else(|| not_found(arn))?.cloned()))
}

/// `action` on the provider with this ARN.
fn check(req: &AccessRequest<'_>, action: &'static str, arn: &str) -> AccessCheck {
    let key = key_of(req.account(), arn);
    let check = AccessCheck::new(action, arn);
    match key.and_then(|key| req.snap.get::<SamlProvider>(&key)) {
        Some(provider) => check.resource_tags(&provider.tags),
        None => check,
    }
}

fn not_found(arn: &str) -> AwsError {
    AwsError::new("NoSuchEntity", format!("Manifest not found for arn {arn}")).with_status(404)
}

/// Until when a metadata document is good, if it is one of an identity provider.
fn valid_until(document: &str, now: Timestamp) -> Result<Timestamp, AwsError> {
    let unreadable = || errors::invalid_input("Could not parse metadata");
    let metadata = Metadata::parse(document).map_err(|_| unreadable())?;
    match metadata.valid_until {
        Some(text) => Timestamp::parse_iso8601(&text).ok_or_else(unreadable),
        None => Ok(now.plus(GOOD_FOR)),
    }
}

/// A private key for encrypted assertions, which must be RSA.
fn private_key(pem: &str, now: Timestamp, ids: &mut dyn IdSource) -> Result<SamlKey, AwsError> {
    let parsed = DecryptionKey::from_pem(pem);
    parsed.map_err(|_| errors::invalid_input("Could not parse private key"))?;
    Ok(SamlKey {
        id: format!("{}{}", iam_unique_id(ids, "ASPK"), iam_unique_id(ids, "")),
        added: now,
        pem: pem.to_owned(),
    })
}
