//! JSON Web Tokens in their compact form (RFC 7515, RFC 7519).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::jwk::{Algorithm, KeySet};

/// How far apart the clocks of a provider and of this machine may be, in seconds.
const SKEW_S: i64 = 300;

/// A token that has the form of one; nothing about it is verified yet.
pub struct Token<'a> {
    key_id: Option<String>,
    algorithm: Algorithm,
    algorithm_name: String,
    /// What is signed: the first two parts with the dot between.
    signed: &'a str,
    signature: Vec<u8>,
    claims: Map<String, Value>,
}

/// The claims of a token whose signature is good.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

/// Why a token is not good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// It has not the form of a signed token.
    #[error("not a signed JSON Web Token")]
    Malformed,
    /// Its algorithm is none that is taken.
    #[error("the algorithm {0} is not taken")]
    Algorithm(String),
    /// A claim that must be there is not, or is of another type.
    #[error("the claim {0} is missing or of the wrong type")]
    Claim(&'static str),
    /// No key of the provider made the signature.
    #[error("no key of the provider made the signature")]
    Signature,
    /// It is over.
    #[error("expired at {expired_s}")]
    Expired {
        /// When it ended, in seconds since 1970.
        expired_s: i64,
    },
    /// It is not valid yet.
    #[error("not valid before {valid_s}")]
    TooEarly {
        /// From when on, in seconds since 1970.
        valid_s: i64,
    },
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

impl<'a> Token<'a> {
    /// Reads the form of a token.
    ///
    /// # Errors
    /// [`JwtError::Malformed`] and [`JwtError::Algorithm`].
    pub fn parse(text: &'a str) -> Result<Self, JwtError> {
        let (signed, signature) = text.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        let decode = |part: &str| {
            URL_SAFE_NO_PAD
                .decode(part)
                .map_err(|_| JwtError::Malformed)
        };
        let header: Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| JwtError::Malformed)?;
        let claims: Map<String, Value> =
            serde_json::from_slice(&decode(claims)?).map_err(|_| JwtError::Malformed)?;
        // RFC 7515, 4.1.11: extensions that must be understood are not.
        if header.crit.is_some() {
            return Err(JwtError::Malformed);
        }
        let algorithm = Algorithm::parse(&header.alg)
            .ok_or_else(|| JwtError::Algorithm(header.alg.chars().take(32).collect()))?;
        Ok(Self {
            key_id: header.kid,
            algorithm,
            algorithm_name: header.alg,
            signed,
            signature: decode(signature)?,
            claims,
        })
    }

    /// Who says to have issued it: whose keys are to verify it.
    ///
    /// # Errors
    /// [`JwtError::Claim`] if it does not say.
    pub fn issuer(&self) -> Result<&str, JwtError> {
        let issuer = self.claims.get("iss").and_then(Value::as_str);
        issuer.ok_or(JwtError::Claim("iss"))
    }

    /// The key that it says to be signed with.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Its claims, if one of `keys` signed them.
    ///
    /// # Errors
    /// [`JwtError::Signature`].
    pub fn verify(self, keys: &KeySet) -> Result<Claims, JwtError> {
        let good = keys.verify(
            self.key_id.as_deref(),
            self.algorithm,
            &self.algorithm_name,
            self.signed.as_bytes(),
            &self.signature,
        );
        if good {
            Ok(Claims(self.claims))
        } else {
            Err(JwtError::Signature)
        }
    }
}

impl Claims {
    /// A claim.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A claim that is a text or a list of texts.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Every claim.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Holds the token's times against `now_s`, in seconds since 1970: `exp` and `iat` must be
    /// there; `exp` is exact, the others may be some minutes ahead, as clocks differ.
    ///
    /// # Errors
    /// [`JwtError::Claim`], [`JwtError::Expired`], [`JwtError::TooEarly`].
    pub fn check_times(&self, now_s: i64) -> Result<(), JwtError> {
        let expired_s = self.seconds("exp")?.ok_or(JwtError::Claim("exp"))?;
        let issued_s = self.seconds("iat")?.ok_or(JwtError::Claim("iat"))?;
        if now_s >= expired_s {
            return Err(JwtError::Expired { expired_s });
        }
        let earliest_s = self.seconds("nbf")?.unwrap_or(issued_s);
        for valid_s in [issued_s, earliest_s] {
            if valid_s.saturating_sub(now_s) > SKEW_S {
                return Err(JwtError::TooEarly { valid_s });
            }
        }
        Ok(())
    }

    /// A time, which STS wants to be a whole number.
    fn seconds(&self, name: &'static str) -> Result<Option<i64>, JwtError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or(JwtError::Claim(name)),
        }
    }
}

#[cfg(test)]
mod tests;
