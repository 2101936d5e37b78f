//! Sealed tokens: the password of `docker login`, and the right to download one layer.
//!
//! Both carry all that is needed to decide about them, so neither is a document, both survive a
//! restart, and each is worth nothing in the other's place.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rolecall_base::rng::IdSource;
use rolecall_base::{AccountId, AwsError, Region, Timestamp};
use rolecall_identity::sealed::TokenError;
use rolecall_identity::{Account, Origin, TokenKey};
use rolecall_store::Snapshot;
use serde::{Deserialize, Serialize};

const REGISTRY: &[u8; 3] = b"RE1";
const LAYER: &[u8; 3] = b"RL1";

/// How long an authorization token is valid.
///
/// Source: ECR API Reference, `GetAuthorizationToken`: "The authorization token is valid for 12
/// hours."
pub const REGISTRY_TOKEN_S: u64 = 12 * 3600;

/// How long the URL of a layer is valid: as long as those that AWS presigns.
pub const LAYER_URL_S: u64 = 3600;

/// What an authorization token says: who its bearer is, where, and until when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RegistryToken {
    /// What the caller is made from again at each request.
    pub origin: Origin,
    /// The caller's account.
    pub account: AccountId,
    /// The region that it was asked for in, whose repositories it opens.
    pub region: Region,
    /// When it ends.
    pub expires: Timestamp,
}

/// What the URL of a layer says: which repository's layer, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerToken {
    /// The key of the layer's document.
    pub layer: String,
    /// When it ends.
    pub expires: Timestamp,
}

/// The account's key.
///
/// # Errors
/// An internal failure if the account's document has none.
fn key(snap: &Snapshot, account: &AccountId) -> Result<TokenKey, AwsError> {
    let document = snap.get::<Account>(account.as_str());
    let key = document.and_then(|account| TokenKey::from_hex(&account.token_key).ok());
    key.ok_or_else(|| {
        tracing::error!(%account, "there is no account with a token key");
        AwsError::internal()
    })
}

fn nonce(ids: &mut dyn IdSource) -> [u8; 12] {
    let mut nonce = [0; 12];
    ids.fill(&mut nonce);
    nonce
}

impl RegistryToken {
    /// Seals the token with the key of its account.
    ///
    /// # Errors
    /// An internal failure if there is no key.
    pub fn seal(&self, snap: &Snapshot, ids: &mut dyn IdSource) -> Result<String, AwsError> {
        let sealed = key(snap, &self.account)?.seal_as(REGISTRY, self, nonce(ids));
        sealed.map_err(|_| AwsError::internal())
    }

    /// Opens a token that the account's key sealed. Its expiry is the caller's to check.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if it was not sealed with this key, or was altered.
    pub fn open(snap: &Snapshot, account: &AccountId, token: &str) -> Result<Self, TokenError> {
        let key = key(snap, account).map_err(|_| TokenError::Key)?;
        key.open_as(REGISTRY, token)
    }
}

impl LayerToken {
    /// Seals the token with the key of `account`, for use in a URL.
    ///
    /// # Errors
    /// An internal failure if there is no key.
    pub fn seal(
        &self,
        snap: &Snapshot,
        account: &AccountId,
        ids: &mut dyn IdSource,
    ) -> Result<String, AwsError> {
        let sealed = key(snap, account)?.seal_as(LAYER, self, nonce(ids));
        Ok(URL_SAFE_NO_PAD.encode(sealed.map_err(|_| AwsError::internal())?))
    }

    /// Opens a token of a URL. Its expiry is the caller's to check.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if it was not sealed with this key, or was altered.
    pub fn open(snap: &Snapshot, account: &AccountId, token: &str) -> Result<Self, TokenError> {
        let sealed = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| TokenError::Invalid)?;
        let sealed = String::from_utf8(sealed).map_err(|_| TokenError::Invalid)?;
        let key = key(snap, account).map_err(|_| TokenError::Key)?;
        key.open_as(LAYER, &sealed)
    }
}
