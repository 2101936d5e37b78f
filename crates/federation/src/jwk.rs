//! JSON Web Key Sets (RFC 7517).

use aws_lc_rs::signature::ECDSA_P521_SHA512_FIXED;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::Deserialize;

/// How many keys of a set are looked at. AWS documents a limit of 100 RSA and 100 EC keys.
const KEYS_MAX: usize = 200;

/// The algorithm of a signature, of those that STS takes.
///
/// Source: STS API Reference, `AssumeRoleWithWebIdentity`: "Tokens must be signed using either RSA
/// keys (RS256, RS384, or RS512) or ECDSA keys (ES256, ES384, or ES512)".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
}

impl Algorithm {
    /// The algorithm of this name, if it is one of them.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            _ => return None,
        })
    }

    fn is_rsa(self) -> bool {
        matches!(self, Self::Rs256 | Self::Rs384 | Self::Rs512)
    }
}

/// A public key that tokens are verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    id: Option<String>,
    /// The algorithm, where the key says that it is for one only.
    algorithm: Option<String>,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point.
    P256(Vec<u8>),
    P384(Vec<u8>),
    P521(Vec<u8>),
}

/// The keys of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet(Vec<Key>);

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct RawKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// A text that is not a key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON Web Key Set")]
pub struct NotAKeySet;

impl KeySet {
    /// Reads a key set. Keys that cannot verify a token are left out, as RFC 7517 (section 5) says
    /// that they should be.
    ///
    /// # Errors
    /// [`NotAKeySet`] for anything but an object with a list `keys`.
    pub fn parse(text: &[u8]) -> Result<Self, NotAKeySet> {
        let raw: RawSet = serde_json::from_slice(text).map_err(|_| NotAKeySet)?;
        let keys = raw.keys.into_iter().take(KEYS_MAX);
        Ok(Self(keys.filter_map(read).collect()))
    }

    /// Whether there is no key that could verify anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a token that names this key can be verified at all.
    pub fn has(&self, id: Option<&str>) -> bool {
        self.0.iter().any(|key| key.answers(id))
    }

    /// Whether one of the keys that `id` may mean made `signature` over `message`.
    pub(crate) fn verify(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        name: &str,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let fitting = self.0.iter().filter(|key| {
            key.answers(id) && key.algorithm.as_deref().is_none_or(|only| only == name)
        });
        fitting
            .into_iter()
            .any(|key| key.material.verify(algorithm, message, signature))
    }
}

impl Key {
    fn answers(&self, id: Option<&str>) -> bool {
        id.is_none() || self.id.is_none() || self.id.as_deref() == id
    }
}

impl Material {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Rsa { n, e }, algorithm) if algorithm.is_rsa() => {
                let parameters = match algorithm {
                    Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
                    _ => &RSA_PKCS1_2048_8192_SHA256,
                };
                RsaPublicKeyComponents { n, e }
                    .verify(parameters, message, signature)
                    .is_ok()
            }
            (Self::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature)
                    .is_ok()
            }
            (Self::P384(point), Algorithm::Es384) => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point)
                    .verify(message, signature)
                    .is_ok()
            }
            // ring has no P-521.
            (Self::P521(point), Algorithm::Es512) => {
                aws_lc_rs::signature::UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, point)
                    .verify(message, signature)
                    .is_ok()
            }
            _ => false,
        }
    }
}

fn read(raw: serde_json::Value) -> Option<Key> {
    let raw: RawKey = serde_json::from_value(raw).ok()?;
    if raw.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return None;
    }
    let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
    let material = match (raw.kty.as_str(), raw.crv.as_deref()) {
        ("RSA", _) => Material::Rsa {
            n: without_zeros(bytes(&raw.n)?),
            e: without_zeros(bytes(&raw.e)?),
        },
        ("EC", Some("P-256")) => Material::P256(point(&bytes(&raw.x)?, &bytes(&raw.y)?, 32)?),
        ("EC", Some("P-384")) => Material::P384(point(&bytes(&raw.x)?, &bytes(&raw.y)?, 48)?),
        ("EC", Some("P-521")) => Material::P521(point(&bytes(&raw.x)?, &bytes(&raw.y)?, 66)?),
        _ => return None,
    };
    Some(Key {
        id: raw.kid,
        algorithm: raw.alg,
        material,
    })
}

/// Some providers write a sign byte in front, which ring does not take.
fn without_zeros(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// SEC 1, 2.3.3: `04`, x, y.
fn point(x: &[u8], y: &[u8], width: usize) -> Option<Vec<u8>> {
    if x.len() != width || y.len() != width {
        return None;
    }
    let mut point = vec![4];
    point.extend_from_slice(x);
    point.extend_from_slice(y);
    Some(point)
}
