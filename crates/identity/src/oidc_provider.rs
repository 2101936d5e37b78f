//! OpenID Connect identity providers.

use rolecall_base::{AccountId, Tags, Timestamp};
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// A provider whose tokens roles may trust. Keyed by its account and its URL without the scheme.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OidcProvider {
    /// Whose it is.
    pub account: AccountId,
    /// `arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH`
    pub arn: String,
    /// Its URL as it was given, with the scheme.
    pub url: String,
    /// The audiences that its tokens may have, in the order in which they were added.
    pub client_ids: Vec<String>,
    /// SHA-1 fingerprints of certificates, in hexadecimal.
    pub thumbprints: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Its tags.
    pub tags: Tags,
}

impl Document for OidcProvider {
    const KIND: &'static str = "iam.oidc-provider";
    const VERSION: u32 = 1;
    const COUNTED: bool = true;
}

impl OidcProvider {
    /// The store key of the provider with this URL; the scheme and a `/` at the end do not count.
    pub fn key_of(account: &AccountId, url: &str) -> String {
        format!("{account}/{}", Self::name_of(url))
    }

    /// The URL without its scheme and without a `/` at the end: what its ARN and its condition keys
    /// begin with.
    pub fn name_of(url: &str) -> &str {
        let name = url.split_once("://").map_or(url, |(_, name)| name);
        name.strip_suffix('/').unwrap_or(name)
    }

    /// The ARN of the provider with this URL.
    pub fn arn_of(account: &AccountId, url: &str) -> String {
        format!(
            "arn:aws:iam::{account}:oidc-provider/{}",
            Self::name_of(url)
        )
    }
}
