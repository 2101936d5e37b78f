//! Session tokens: what a temporary credential may do, sealed so that only this account's server
//! can read or make it.
//!
//! A token carries its whole session (ChaCha20-Poly1305, RFC 8439), so a session needs no document
//! in the store, survives a restart, and ends by its own expiry or with its role. The access key
//! id and the secret inside must be the ones that signed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rolecall_base::{Tags, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{PolicyText, ProviderSession, SessionKind};

/// The first bytes of every session token: its use and the version of the format.
const SESSION: &[u8; 3] = b"RS1";

/// The key that seals the session tokens of an account.
pub struct TokenKey(LessSafeKey);

/// What a session is: who it is, until when, and how it is narrowed.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionClaims {
    /// `ASIA…`
    pub access_key_id: String,
    /// What its requests are signed with.
    pub secret: String,
    /// The account.
    pub account: String,
    /// What was assumed, and by which name.
    pub kind: SessionKind,
    /// When the session was made (`aws:TokenIssueTime`).
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// The inline session policy, if one was passed.
    pub policy: Option<PolicyText>,
    /// The managed session policies that were passed.
    pub policy_arns: Vec<String>,
    /// The tags passed with the session (`aws:PrincipalTag` beside the role's own).
    pub tags: Tags,
    /// Keys of the tags that a session assumed from this one inherits.
    pub transitive_tag_keys: Vec<String>,
    /// The source identity, once set, carried through every chained session.
    pub source_identity: Option<String>,
    /// Whether multi-factor authentication was used to make it.
    pub mfa: bool,
    /// How many roles were chained to get here; a chained session lasts an hour at most.
    pub chain: u32,
    /// The identity provider that vouched for whoever made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderSession>,
}

impl fmt::Debug for SessionClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionClaims")
            .field("access_key_id", &self.access_key_id)
            .field("kind", &self.kind)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Why a token could not be made or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The key is not 32 bytes in hexadecimal.
    #[error("the token key is not 32 bytes in hexadecimal")]
    Key,
    /// It was not made with this key, or was altered.
    #[error("the session token is invalid")]
    Invalid,
}

impl TokenKey {
    /// From 32 bytes in hexadecimal.
    ///
    /// # Errors
    /// [`TokenError::Key`] for anything else.
    pub fn from_hex(text: &str) -> Result<Self, TokenError> {
        let nibble = |b: u8| char::from(b).to_digit(16).ok_or(TokenError::Key);
        let mut bytes = Vec::with_capacity(32);
        for pair in text.as_bytes().chunks(2) {
            let [high, low] = pair else {
                return Err(TokenError::Key);
            };
            let byte = nibble(*high)? * 16 + nibble(*low)?;
            bytes.push(u8::try_from(byte).map_err(|_| TokenError::Key)?);
        }
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| TokenError::Key)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals `claims` under `nonce`, which must never be used twice: 96 random bits.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if the claims cannot be written.
    pub fn seal(
        &self,
        claims: &SessionClaims,
        nonce: [u8; NONCE_LEN],
    ) -> Result<String, TokenError> {
        self.seal_as(SESSION, claims, nonce)
    }

    /// Seals any value under a label of its own, which [`TokenKey::open_as`] must be given again:
    /// a token of one use is never taken for one of another.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if the value cannot be written.
    pub fn seal_as<T: Serialize>(
        &self,
        label: &'static [u8; 3],
        value: &T,
        nonce: [u8; NONCE_LEN],
    ) -> Result<String, TokenError> {
        self.seal_for(label, &[], value, nonce)
    }

    /// Seals any value as [`TokenKey::seal_as`] does, for an owner whom it does not name and whom
    /// [`TokenKey::open_for`] must be given again.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if the value cannot be written.
    pub fn seal_for<T: Serialize>(
        &self,
        label: &'static [u8; 3],
        owner: &[u8],
        value: &T,
        nonce: [u8; NONCE_LEN],
    ) -> Result<String, TokenError> {
        let mut sealed = serde_json::to_vec(value).map_err(|_| TokenError::Invalid)?;
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from([label.as_slice(), owner].concat()),
                &mut sealed,
            )
            .map_err(|_| TokenError::Invalid)?;
        let mut token = Vec::with_capacity(label.len() + NONCE_LEN + sealed.len());
        token.extend_from_slice(label);
        token.extend_from_slice(&nonce);
        token.extend_from_slice(&sealed);
        Ok(STANDARD.encode(token))
    }

    /// Opens a token. Its expiry is the caller's to check.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if it was not sealed with this key or was altered.
    pub fn open(&self, token: &str) -> Result<SessionClaims, TokenError> {
        self.open_as(SESSION, token)
    }

    /// Opens what [`TokenKey::seal_as`] sealed under the same label.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if it was not sealed with this key and label or was altered.
    pub fn open_as<T: DeserializeOwned>(
        &self,
        label: &'static [u8; 3],
        token: &str,
    ) -> Result<T, TokenError> {
        self.open_for(label, &[], token)
    }

    /// Opens what [`TokenKey::seal_for`] sealed under the same label for the same owner.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if it was not sealed with this key, label and owner or was altered.
    pub fn open_for<T: DeserializeOwned>(
        &self,
        label: &'static [u8; 3],
        owner: &[u8],
        token: &str,
    ) -> Result<T, TokenError> {
        let bytes = STANDARD.decode(token).map_err(|_| TokenError::Invalid)?;
        let rest = bytes.strip_prefix(label).ok_or(TokenError::Invalid)?;
        let (nonce, sealed) = rest
            .split_at_checked(NONCE_LEN)
            .ok_or(TokenError::Invalid)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| TokenError::Invalid)?;
        let mut sealed = sealed.to_vec();
        let claims = self
            .0
            .open_in_place(
                nonce,
                Aad::from([label.as_slice(), owner].concat()),
                &mut sealed,
            )
            .map_err(|_| TokenError::Invalid)?;
        serde_json::from_slice(claims).map_err(|_| TokenError::Invalid)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> SessionClaims {
        SessionClaims {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret: "secret".to_owned(),
            account: "123456789012".to_owned(),
            kind: SessionKind::Role {
                role_id: "AROAEXAMPLE".to_owned(),
                role_key: "123456789012/app".to_owned(),
                name: "task".to_owned(),
            },
            issued: Timestamp::from_epoch_seconds(0),
            expires: Timestamp::from_epoch_seconds(3600),
            policy: None,
            policy_arns: Vec::new(),
            tags: Tags::default(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            mfa: false,
            chain: 0,
            provider: None,
        }
    }

    #[test]
    fn a_token_opens_with_its_key_only_and_not_when_altered() {
        let key = TokenKey::from_hex(&"ab".repeat(32)).unwrap();
        let other = TokenKey::from_hex(&"cd".repeat(32)).unwrap();
        let token = key.seal(&claims(), [7; NONCE_LEN]).unwrap();
        assert_eq!(key.open(&token).unwrap().access_key_id, "ASIAEXAMPLE");
        assert_eq!(other.open(&token).unwrap_err(), TokenError::Invalid);
        let mut bytes = STANDARD.decode(&token).unwrap();
        for n in 0..bytes.len() {
            bytes[n] ^= 1;
            assert_eq!(
                key.open(&STANDARD.encode(&bytes)).unwrap_err(),
                TokenError::Invalid
            );
            bytes[n] ^= 1;
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", claims()).contains("secret"));
    }
}
