//! The keys that tokens of `GetWebIdentityToken` are signed with.
//!
//! Source: STS API Reference, `GetWebIdentityToken`: RS256 and ES384; RFC 7515 (JWS), RFC 7517
//! (JWK), RFC 7518 (the fixed-length form of ECDSA signatures).

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The algorithms that tokens are signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, with a key of 2,048 bits.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-384 with SHA-384.
    #[serde(rename = "ES384")]
    Es384,
}

impl SigningAlgorithm {
    /// The algorithm of this name, if it is one of them.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES384" => Some(Self::Es384),
            _ => None,
        }
    }

    /// Its name in a token's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es384 => "ES384",
        }
    }

    /// The name of the first key of this algorithm, which AWS's issuers use as well.
    fn key_id(self) -> &'static str {
        match self {
            Self::Rs256 => "RSA_0",
            Self::Es384 => "EC384_0",
        }
    }
}

/// A key could not be made or used. What went wrong inside is not told: it is of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// No key could be made.
    #[error("the signing key could not be made")]
    Generate,
    /// The kept key is none.
    #[error("the signing key cannot be read")]
    Key,
    /// The signature could not be made.
    #[error("the token could not be signed")]
    Sign,
}

/// A private key, with what is published of it. As text it is written whole: it is for the store.
#[derive(Clone, Serialize, Deserialize)]
pub struct SigningKey {
    /// Its name in headers and key sets.
    pub id: String,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// PKCS #8, in base64.
    private: String,
    /// The public half: the members of a JSON Web Key that are particular to its type.
    public: Value,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

impl SigningKey {
    /// Makes a key. One for RS256 takes some tenths of a second of computing.
    ///
    /// Its randomness is the system's and does not come in as an argument: neither library makes
    /// keys of any other.
    ///
    /// # Errors
    /// [`SigningError::Generate`].
    pub fn generate(algorithm: SigningAlgorithm) -> Result<Self, SigningError> {
        let failed = |_| SigningError::Generate;
        let private = match algorithm {
            // ring makes no RSA keys.
            SigningAlgorithm::Rs256 => {
                let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                der.as_ref().to_vec()
            }
            SigningAlgorithm::Es384 => {
                let random = SystemRandom::new();
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random)
                    .map_err(|_| SigningError::Generate)?
                    .as_ref()
                    .to_vec()
            }
        };
        Ok(Self {
            id: algorithm.key_id().to_owned(),
            algorithm,
            public: public(algorithm, &private)?,
            private: STANDARD.encode(private),
        })
    }

    /// The public key as a member of a key set.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.public.clone();
        if let Some(members) = jwk.as_object_mut() {
            members.insert("kid".to_owned(), self.id.clone().into());
            members.insert("alg".to_owned(), self.algorithm.name().into());
            members.insert("use".to_owned(), "sig".into());
        }
        jwk
    }

    /// The token that says `claims`, the text of a JSON object.
    ///
    /// # Errors
    /// [`SigningError::Key`] and [`SigningError::Sign`].
    pub fn sign(&self, claims: &str) -> Result<String, SigningError> {
        let header = json!({ "kid": self.id, "typ": "JWT", "alg": self.algorithm.name() });
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", part(&header.to_string()), part(claims));
        let private = STANDARD.decode(&self.private);
        let private = private.map_err(|_| SigningError::Key)?;
        let random = SystemRandom::new();
        let signature = match self.algorithm {
            SigningAlgorithm::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(&private).map_err(|_| SigningError::Key)?;
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    signed.as_bytes(),
                    &mut signature,
                )
                .map_err(|_| SigningError::Sign)?;
                signature
            }
            SigningAlgorithm::Es384 => ec(&private)?
                .sign(&random, signed.as_bytes())
                .map_err(|_| SigningError::Sign)?
                .as_ref()
                .to_vec(),
        };
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The key set of these keys (RFC 7517, section 5).
pub fn key_set(keys: &[SigningKey]) -> Value {
    json!({ "keys": keys.iter().map(SigningKey::jwk).collect::<Vec<_>>() })
}

fn ec(private: &[u8]) -> Result<EcdsaKeyPair, SigningError> {
    let random = SystemRandom::new();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, private, &random)
        .map_err(|_| SigningError::Key)
}

fn public(algorithm: SigningAlgorithm, private: &[u8]) -> Result<Value, SigningError> {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    match algorithm {
        SigningAlgorithm::Rs256 => {
            let pair = RsaKeyPair::from_pkcs8(private).map_err(|_| SigningError::Key)?;
            let key: PublicKeyComponents<Vec<u8>> = pair.public().into();
            Ok(json!({ "kty": "RSA", "n": text(&key.n), "e": text(&key.e) }))
        }
        SigningAlgorithm::Es384 => {
            let pair = ec(private)?;
            // SEC 1, 2.3.3: `04`, x, y.
            let point = pair.public_key().as_ref().get(1..);
            let (x, y) = point
                .and_then(|point| point.split_at_checked(48))
                .ok_or(SigningError::Key)?;
            Ok(json!({ "kty": "EC", "crv": "P-384", "x": text(x), "y": text(y) }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeySet, Token};

    #[test]
    fn what_is_signed_is_verified_with_what_is_published() {
        let keys = [SigningAlgorithm::Rs256, SigningAlgorithm::Es384]
            .map(|algorithm| SigningKey::generate(algorithm).unwrap());
        let published = key_set(&keys).to_string();
        assert!(!published.contains("private") && !published.contains("\"d\""));
        let set = KeySet::parse(published.as_bytes()).unwrap();
        for key in &keys {
            let token = key.sign(r#"{"iss":"https://a.example"}"#).unwrap();
            let parsed = Token::parse(&token).unwrap();
            assert_eq!(parsed.key_id(), Some(key.id.as_str()));
            let claims = parsed.verify(&set).unwrap();
            assert_eq!(claims.text("iss"), Some("https://a.example"));
            // Another key of the same kind is not this one.
            let other = key_set(&[SigningKey::generate(key.algorithm).unwrap()]).to_string();
            let other = KeySet::parse(other.as_bytes()).unwrap();
            assert!(Token::parse(&token).unwrap().verify(&other).is_err());
        }
    }

    #[test]
    fn a_key_is_read_again_and_shows_nothing_of_itself() {
        let key = SigningKey::generate(SigningAlgorithm::Es384).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(EC384_0)");
        let kept = serde_json::to_string(&key).unwrap();
        let read: SigningKey = serde_json::from_str(&kept).unwrap();
        assert_eq!(read.jwk(), key.jwk());
        assert!(read.sign("{}").is_ok());
        let text = read.jwk().to_string();
        assert!(!text.contains(&key.private) && text.contains("\"alg\":\"ES384\""));
    }
}
