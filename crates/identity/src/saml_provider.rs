//! SAML 2.0 identity providers.

use std::fmt;

use rolecall_base::{AccountId, Tags, Timestamp};
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// A private key that encrypted assertions are opened with.
#[derive(Clone, Serialize, Deserialize)]
pub struct SamlKey {
    /// Its id.
    pub id: String,
    /// When it was added.
    pub added: Timestamp,
    /// The key, PEM.
    pub pem: String,
}

impl fmt::Debug for SamlKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SamlKey({})", self.id)
    }
}

/// A provider whose assertions roles may trust. Keyed by [`crate::name_key`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SamlProvider {
    /// Whose it is.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// `arn:aws:iam::ACCOUNT:saml-provider/NAME`
    pub arn: String,
    /// Its unique id.
    pub uuid: String,
    /// The metadata document as it was given.
    pub metadata: String,
    /// Until when the metadata is good.
    pub valid_until: Timestamp,
    /// When it was made.
    pub created: Timestamp,
    /// `Required` or `Allowed`, if set.
    pub encryption_mode: Option<String>,
    /// The keys for encrypted assertions, at most two.
    pub private_keys: Vec<SamlKey>,
    /// Its tags.
    pub tags: Tags,
}

impl Document for SamlProvider {
    const KIND: &'static str = "iam.saml-provider";
    const VERSION: u32 = 1;
    const COUNTED: bool = true;
}

impl SamlProvider {
    /// The ARN of the provider with this name.
    pub fn arn_of(account: &AccountId, name: &str) -> String {
        format!("arn:aws:iam::{account}:saml-provider/{name}")
    }
}
