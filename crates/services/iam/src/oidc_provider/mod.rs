//! OpenID Connect identity providers.

mod add_client_id_to_open_id_connect_provider;
mod create_open_id_connect_provider;
mod delete_open_id_connect_provider;
mod get_open_id_connect_provider;
mod list_open_id_connect_provider_tags;
mod list_open_id_connect_providers;
mod remove_client_id_from_open_id_connect_provider;
mod tag_open_id_connect_provider;
mod untag_open_id_connect_provider;
mod update_open_id_connect_provider_thumbprint;

pub use add_client_id_to_open_id_connect_provider::AddClientIDToOpenIDConnectProvider;
pub use create_open_id_connect_provider::CreateOpenIDConnectProvider;
pub use delete_open_id_connect_provider::DeleteOpenIDConnectProvider;
pub use get_open_id_connect_provider::GetOpenIDConnectProvider;
pub use list_open_id_connect_provider_tags::ListOpenIDConnectProviderTags;
pub use list_open_id_connect_providers::ListOpenIDConnectProviders;
pub use remove_client_id_from_open_id_connect_provider::RemoveClientIDFromOpenIDConnectProvider;
pub use tag_open_id_connect_provider::TagOpenIDConnectProvider;
pub use untag_open_id_connect_provider::UntagOpenIDConnectProvider;
pub use update_open_id_connect_provider_thumbprint::UpdateOpenIDConnectProviderThumbprint;

use rolecall_base::{AccountId, AwsError};
use rolecall_identity::OidcProvider;
use rolecall_op::{AccessCheck, AccessRequest, Registry};
use rolecall_store::Txn;

use crate::errors;

/// How many providers an account may have (IAM quotas).
const PROVIDERS_MAX: usize = 100;
/// How many client ids a provider may have.
const CLIENT_IDS_MAX: usize = 100;
/// How many thumbprints a provider may have.
const THUMBPRINTS_MAX: usize = 5;
/// The quota of tags.
const TAGS_QUOTA: &str = "TagsPerOpenIdConnectProvider";

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<AddClientIDToOpenIDConnectProvider>()
        .with_data::<CreateOpenIDConnectProvider>()
        .with::<DeleteOpenIDConnectProvider>()
        .with::<GetOpenIDConnectProvider>()
        .with::<ListOpenIDConnectProviderTags>()
        .with::<ListOpenIDConnectProviders>()
        .with::<RemoveClientIDFromOpenIDConnectProvider>()
        .with::<TagOpenIDConnectProvider>()
        .with::<UntagOpenIDConnectProvider>()
        .with::<UpdateOpenIDConnectProviderThumbprint>()
}

/// The store key of the provider that `arn` names in `account`.
fn key_of(account: &AccountId, arn: &str) -> Option<String> {
    let prefix = format!("arn:aws:iam::{account}:oidc-provider/");
    let name = arn.strip_prefix(&prefix)?;
    Some(OidcProvider::key_of(account, name))
}

/// The provider with this ARN and its store key.
fn load(tx: &Txn, account: &AccountId, arn: &str) -> Result<(String, OidcProvider), AwsError> {
    let key = key_of(account, arn).ok_or_else(|| not_found(arn))?;
    let provider = tx.get::<OidcProvider>(&key).ok_or_else(|| not_found(arn))?;
    Ok((key, provider.cloned()))
}

/// `action` on the provider with this ARN.
fn check(req: &AccessRequest<'_>, action: &'static str, arn: &str) -> AccessCheck {
    let key = key_of(req.account(), arn);
    let check = AccessCheck::new(action, arn);
    match key.and_then(|key| req.snap.get::<OidcProvider>(&key)) {
        Some(provider) => check.resource_tags(&provider.tags),
        None => check,
    }
}

fn not_found(arn: &str) -> AwsError {
    let message = format!("OpenIDConnect Provider not found for arn {arn}");
    AwsError::new("NoSuchEntity", message).with_status(404)
}

fn too_many_client_ids() -> AwsError {
    errors::quota("ClientIdsPerOpenIdConnectProvider", CLIENT_IDS_MAX)
}

/// Holds thumbprints against the rules: five at most, each 40 hexadecimal digits.
fn thumbprints(given: &[String]) -> Result<Vec<String>, AwsError> {
    if given.len() > THUMBPRINTS_MAX {
        return Err(errors::invalid_input(format!(
            "Thumbprint list must contain fewer than {THUMBPRINTS_MAX} entries."
        )));
    }
    if let Some(wrong) = given
        .iter()
        .find(|t| !t.bytes().all(|b| b.is_ascii_hexdigit()))
    {
        return Err(errors::invalid_input(format!(
            "Invalid thumbprint: {wrong}"
        )));
    }
    Ok(given.to_vec())
}
