//! X.509 certificates and the private keys that belong to them.
//!
//! Source: RFC 5280, RFC 7468 (PEM), RFC 5958 (PKCS #8), RFC 8017 (PKCS #1), RFC 5915 (EC keys).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaKeyPair,
    UnparsedPublicKey, VerificationAlgorithm,
};
use x509_cert::der::{Decode, Encode};

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";

/// Why a text is not the certificate or key that it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It is not PEM, or not of the wanted kind.
    #[error("not a PEM block of the wanted kind")]
    Pem,
    /// What is inside is not DER of a certificate or a key.
    #[error("the PEM block does not hold what it says")]
    Der,
    /// The key is of a kind or size that is not taken.
    #[error("a key of this kind is not taken")]
    Key,
    /// The key is encrypted.
    #[error("the private key is encrypted")]
    Encrypted,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    /// From when on it is good, in seconds since 1970.
    pub not_before_s: i64,
    /// Until when it is good, in seconds since 1970.
    pub not_after_s: i64,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    key: PublicKey,
    key_bits: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PublicKey {
    Rsa,
    P256,
    P384,
    Other,
}

/// The hash of an XML signature (RFC 9231) or of a certificate's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Certificate {
    /// The first certificate in a PEM text.
    ///
    /// # Errors
    /// [`CertificateError::Pem`] and [`CertificateError::Der`].
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        let (kind, der) = blocks(text)?
            .into_iter()
            .next()
            .ok_or(CertificateError::Pem)?;
        if kind != "CERTIFICATE" {
            return Err(CertificateError::Pem);
        }
        Self::from_der(&der)
    }

    /// Every certificate in a PEM text, at least one.
    ///
    /// # Errors
    /// As [`Certificate::from_pem`].
    pub fn chain_from_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        let blocks = blocks(text)?;
        if blocks.is_empty() || blocks.iter().any(|(kind, _)| kind != "CERTIFICATE") {
            return Err(CertificateError::Pem);
        }
        blocks.iter().map(|(_, der)| Self::from_der(der)).collect()
    }

    /// From its DER form.
    ///
    /// # Errors
    /// [`CertificateError::Der`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let wrong = |_| CertificateError::Der;
        let parsed = x509_cert::Certificate::from_der(der).map_err(wrong)?;
        let body = parsed.tbs_certificate();
        let seconds = |time: x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
        };
        let info = body.subject_public_key_info();
        let curve = info.algorithm.parameters.as_ref().and_then(|any| {
            any.decode_as::<x509_cert::der::asn1::ObjectIdentifier>()
                .ok()
        });
        let curve = curve.map(|oid| oid.to_string());
        let key = match (info.algorithm.oid.to_string().as_str(), curve.as_deref()) {
            (RSA, _) => PublicKey::Rsa,
            (EC, Some(P256)) => PublicKey::P256,
            (EC, Some(P384)) => PublicKey::P384,
            _ => PublicKey::Other,
        };
        Ok(Self {
            der: der.to_vec(),
            not_before_s: seconds(body.validity().not_before),
            not_after_s: seconds(body.validity().not_after),
            subject: body.subject().to_der().map_err(wrong)?,
            issuer: body.issuer().to_der().map_err(wrong)?,
            key,
            key_bits: info.subject_public_key.raw_bytes().to_vec(),
        })
    }

    /// Its DER form.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it names `other` as its issuer.
    pub fn is_issued_by(&self, other: &Self) -> bool {
        self.issuer == other.subject
    }

    /// The SHA-1 of its DER form in lower-case hexadecimal: the thumbprint of an OIDC provider.
    pub fn thumbprint(&self) -> String {
        thumbprint(&self.der)
    }

    /// Whether its key made an RSA (PKCS #1 v1.5) or ECDSA (DER) signature over `message`.
    pub fn verifies(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &dyn VerificationAlgorithm = match (self.key, hash) {
            (PublicKey::Rsa, Hash::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
            (PublicKey::Rsa, Hash::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
            (PublicKey::Rsa, Hash::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
            (PublicKey::P256, Hash::Sha256) => &ECDSA_P256_SHA256_ASN1,
            (PublicKey::P384, Hash::Sha384) => &ECDSA_P384_SHA384_ASN1,
            _ => return false,
        };
        UnparsedPublicKey::new(algorithm, &self.key_bits)
            .verify(message, signature)
            .is_ok()
    }

    /// Whether it has an RSA key.
    pub fn is_rsa(&self) -> bool {
        self.key == PublicKey::Rsa
    }
}

/// The SHA-1 of a certificate's DER form in lower-case hexadecimal.
pub fn thumbprint(der: &[u8]) -> String {
    use std::fmt::Write;

    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    let mut text = String::with_capacity(40);
    for byte in hash.as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A private key, known by its public half only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateKey {
    public: Vec<u8>,
}

impl PrivateKey {
    /// The first private key in a PEM text: PKCS #8, PKCS #1 or SEC 1, not encrypted.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        if text.contains("ENCRYPTED") {
            return Err(CertificateError::Encrypted);
        }
        for (kind, der) in blocks(text)? {
            let public = match kind.as_str() {
                "RSA PRIVATE KEY" => rsa(RsaKeyPair::from_der(&der)),
                "EC PRIVATE KEY" => ec(&der),
                "PRIVATE KEY" => match RsaKeyPair::from_pkcs8(&der) {
                    Ok(pair) => rsa(Ok(pair)),
                    Err(_) => pkcs8_inner(&der).and_then(ec),
                },
                // `openssl ecparam` writes the curve in a block of its own.
                "EC PARAMETERS" => continue,
                _ => return Err(CertificateError::Pem),
            };
            return public
                .map(|public| Self { public })
                .ok_or(CertificateError::Key);
        }
        Err(CertificateError::Pem)
    }

    /// Whether it is the key of this certificate.
    pub fn belongs_to(&self, certificate: &Certificate) -> bool {
        self.public == certificate.key_bits
    }
}

fn rsa(pair: Result<RsaKeyPair, ring::error::KeyRejected>) -> Option<Vec<u8>> {
    Some(pair.ok()?.public_key().as_ref().to_vec())
}

/// The public point of an `ECPrivateKey`, which the private scalar is held against.
fn ec(der: &[u8]) -> Option<Vec<u8>> {
    let (0x30, body, _) = tlv(der)? else {
        return None;
    };
    let (0x02, _, rest) = tlv(body)? else {
        return None;
    };
    let (0x04, scalar, mut rest) = tlv(rest)? else {
        return None;
    };
    let mut public = None;
    while let Some((tag, value, next)) = tlv(rest) {
        if tag == 0xa1 {
            let (0x03, bits, _) = tlv(value)? else {
                return None;
            };
            public = bits.split_first().map(|(_, point)| point);
        }
        rest = next;
    }
    let public = public?;
    let algorithm: &'static EcdsaSigningAlgorithm = match scalar.len() {
        32 => &ECDSA_P256_SHA256_ASN1_SIGNING,
        48 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        _ => return None,
    };
    // ring asks for a source of randomness here and for nothing that would show.
    let random = SystemRandom::new();
    let pair =
        EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, public, &random).ok()?;
    Some(pair.public_key().as_ref().to_vec())
}

/// The key inside of PKCS #8.
fn pkcs8_inner(der: &[u8]) -> Option<&[u8]> {
    let (0x30, body, _) = tlv(der)? else {
        return None;
    };
    let (0x02, _, rest) = tlv(body)? else {
        return None;
    };
    let (0x30, _, rest) = tlv(rest)? else {
        return None;
    };
    match tlv(rest)? {
        (0x04, inner, _) => Some(inner),
        _ => None,
    }
}

/// One value of DER: its tag, its content and what comes behind.
pub(crate) fn tlv(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81 | 0x82 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            let length = bytes
                .iter()
                .fold(0, |sum, byte| sum * 256 + usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    let (content, behind) = rest.split_at_checked(length)?;
    Some((*tag, content, behind))
}

/// The blocks of a PEM text: their kinds and what they hold. Text between them is allowed.
pub(crate) fn blocks(text: &str) -> Result<Vec<(String, Vec<u8>)>, CertificateError> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (kind, body) = after.split_once("-----").ok_or(CertificateError::Pem)?;
        let end = format!("-----END {kind}-----");
        let (body, behind) = body.split_once(&end).ok_or(CertificateError::Pem)?;
        let base64: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let der = STANDARD.decode(base64).map_err(|_| CertificateError::Pem)?;
        found.push((kind.to_owned(), der));
        rest = behind;
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
