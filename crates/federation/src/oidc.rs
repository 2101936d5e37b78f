//! What an OpenID Connect provider publishes about itself.
//!
//! Source: OpenID Connect Discovery 1.0, sections 3 and 4.

use serde::Deserialize;
use serde_json::{Value, json};

/// The path of a provider's metadata below its issuer URL.
pub const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";
/// The path of the keys that tokens of an issuer here are verified with, below its URL, as AWS has
/// it (IAM API Reference, `EnableOutboundWebIdentityFederation`).
pub const KEYS_PATH: &str = "/.well-known/jwks.json";

/// What an issuer of `GetWebIdentityToken` publishes about itself, member for member as AWS's do.
pub fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}{KEYS_PATH}"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES384"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "jti", "https://sts.amazonaws.com/"],
    })
}

/// The parts of a provider's metadata that verification needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Discovery {
    /// The issuer, which must be the one whose metadata was asked for.
    pub issuer: String,
    /// Where its keys are.
    pub jwks_uri: String,
}

/// Metadata that is none, or is somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// Not a JSON object with the members that are needed.
    #[error("not the metadata of an OpenID Connect provider")]
    Malformed,
    /// It names another issuer.
    #[error("the metadata names the issuer {0}")]
    OtherIssuer(String),
    /// Its keys are not behind HTTPS.
    #[error("the keys are at {0}, which is not HTTPS")]
    NotHttps(String),
}

impl Discovery {
    /// Reads the metadata that was fetched for `issuer`.
    ///
    /// # Errors
    /// [`DiscoveryError`]; a `/` at the end of the issuer does not count.
    pub fn parse(text: &[u8], issuer: &str) -> Result<Self, DiscoveryError> {
        let found: Self = serde_json::from_slice(text).map_err(|_| DiscoveryError::Malformed)?;
        if found.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
            return Err(DiscoveryError::OtherIssuer(found.issuer));
        }
        if !found.jwks_uri.starts_with("https://") {
            return Err(DiscoveryError::NotHttps(found.jwks_uri));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_of_the_issuer_that_was_asked_for() {
        let text = br#"{"issuer":"https://a.example/","jwks_uri":"https://a.example/keys","x":1}"#;
        let found = Discovery::parse(text, "https://a.example").unwrap();
        assert_eq!(found.jwks_uri, "https://a.example/keys");
        assert_eq!(
            Discovery::parse(text, "https://b.example"),
            Err(DiscoveryError::OtherIssuer("https://a.example/".to_owned()))
        );
        let plain = br#"{"issuer":"https://a.example","jwks_uri":"http://a.example/keys"}"#;
        assert!(Discovery::parse(plain, "https://a.example").is_err());
        assert!(Discovery::parse(b"[]", "https://a.example").is_err());
    }
}
