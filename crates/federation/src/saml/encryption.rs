//! Encrypted assertions.
//!
//! What is taken is what AWS documents: AES of 128 and 256 bits, in CBC or GCM, under a key that is
//! transported with RSA-OAEP. PKCS #1 v1.5 is not.
//!
//! An assertion that the provider signed and then encrypted must be opened before anybody knows
//! whether the provider made it, and ciphertext in CBC can be altered. So that nobody learns from
//! our answers what an altered one opens to, there is one error for whatever is wrong on the way
//! ([`SamlError::Encrypted`]), a bad signature inside included.
//!
//! Source: W3C "XML Encryption Syntax and Processing Version 1.1", sections 3, 5.2, 5.5 and 6;
//! SAML 2.0 Core, 2.3.4; IAM User Guide, "Create a SAML identity provider in IAM".

use std::fmt;

use aws_lc_rs::cipher::{AES_128, AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{
    KeyPair, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384,
    OAEP_SHA512_MGF1SHA512, OaepAlgorithm, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use roxmltree::Node;

use super::{SIGNATURE, SamlError, children, one, only, text_of};
use crate::certificate::{CertificateError, blocks};

const ENCRYPTION: &str = "http://www.w3.org/2001/04/xmlenc#";
const ENCRYPTION_11: &str = "http://www.w3.org/2009/xmlenc11#";
/// What is encrypted: a whole element.
const ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";

/// A block of AES, and the initialization vector of CBC.
const BLOCK: usize = 16;

/// An RSA private key that a provider encrypts assertions for.
pub struct DecryptionKey(OaepPrivateDecryptingKey);

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecryptionKey(***)")
    }
}

impl DecryptionKey {
    /// The first private key in a PEM text: RSA of 2,048 bits or more, as PKCS #8 or PKCS #1, not
    /// itself encrypted.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        if text.contains("ENCRYPTED") {
            return Err(CertificateError::Encrypted);
        }
        let blocks = blocks(text)?;
        let (kind, der) = blocks.first().ok_or(CertificateError::Pem)?;
        let key = |_| CertificateError::Key;
        let pair = match kind.as_str() {
            "PRIVATE KEY" => KeyPair::from_pkcs8(der),
            "RSA PRIVATE KEY" => KeyPair::from_der(der),
            _ => return Err(CertificateError::Pem),
        };
        let der: Pkcs8V1Der<'_> = pair
            .map_err(key)?
            .as_der()
            .map_err(|_| CertificateError::Key)?;
        let private = PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(key)?;
        let opened = OaepPrivateDecryptingKey::new(private);
        opened.map(Self).map_err(|_| CertificateError::Key)
    }

    /// What was transported, if it was encrypted for this key.
    fn open(&self, algorithm: &'static OaepAlgorithm, sealed: &[u8]) -> Option<Vec<u8>> {
        if sealed.len() != self.0.key_size_bytes() {
            return None;
        }
        let mut room = vec![0; self.0.min_output_size()];
        let opened = self.0.decrypt(algorithm, sealed, &mut room, None).ok()?;
        Some(opened.to_vec())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cipher {
    Aes128Cbc,
    Aes256Cbc,
    Aes128Gcm,
    Aes256Gcm,
}

impl Cipher {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "http://www.w3.org/2001/04/xmlenc#aes128-cbc" => Self::Aes128Cbc,
            "http://www.w3.org/2001/04/xmlenc#aes256-cbc" => Self::Aes256Cbc,
            "http://www.w3.org/2009/xmlenc11#aes128-gcm" => Self::Aes128Gcm,
            "http://www.w3.org/2009/xmlenc11#aes256-gcm" => Self::Aes256Gcm,
            _ => return None,
        })
    }

    fn open(self, key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Aes128Cbc => cbc(UnboundCipherKey::new(&AES_128, key).ok()?, sealed),
            Self::Aes256Cbc => cbc(UnboundCipherKey::new(&AES_256, key).ok()?, sealed),
            Self::Aes128Gcm => gcm(UnboundKey::new(&AES_128_GCM, key).ok()?, sealed),
            Self::Aes256Gcm => gcm(UnboundKey::new(&AES_256_GCM, key).ok()?, sealed),
        }
    }
}

/// Section 5.2.2: the vector, then blocks of which the last ends with the number of bytes that are
/// padding; what the others of them are does not count.
fn cbc(key: UnboundCipherKey, sealed: &[u8]) -> Option<Vec<u8>> {
    let (vector, blocks) = sealed.split_at_checked(BLOCK)?;
    if blocks.is_empty() || blocks.len() % BLOCK != 0 {
        return None;
    }
    let vector = DecryptionContext::Iv128(FixedLength::try_from(vector).ok()?);
    let mut text = blocks.to_vec();
    DecryptingKey::cbc(key)
        .ok()?
        .decrypt(&mut text, vector)
        .ok()?;
    let padding = usize::from(*text.last()?);
    if !(1..=BLOCK).contains(&padding) {
        return None;
    }
    text.truncate(text.len().checked_sub(padding)?);
    Some(text)
}

/// Section 5.2.4: the nonce, the text, the tag.
fn gcm(key: UnboundKey, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut text = sealed.to_vec();
    let opened = LessSafeKey::new(key).open_in_place(nonce, Aad::empty(), &mut text);
    Some(opened.ok()?.to_vec())
}

/// The text of the element in `encrypted`, opened with the first of the private keys (PEM) that
/// opens it.
///
/// # Errors
/// [`SamlError::Encrypted`], whatever is wrong.
pub(super) fn decrypt(encrypted: Node<'_, '_>, private_keys: &[&str]) -> Result<String, SamlError> {
    let sealed = Sealed::read(encrypted).ok_or(SamlError::Encrypted)?;
    let opened = private_keys
        .iter()
        .filter_map(|pem| DecryptionKey::from_pem(pem).ok())
        .find_map(|key| sealed.open(&key));
    opened.ok_or(SamlError::Encrypted)
}

struct Sealed {
    transport: &'static OaepAlgorithm,
    key: Vec<u8>,
    cipher: Cipher,
    text: Vec<u8>,
}

impl Sealed {
    fn read(encrypted: Node<'_, '_>) -> Option<Self> {
        let data = one(encrypted, ENCRYPTION, "EncryptedData").ok()?;
        if data.attribute("Type").is_some_and(|kind| kind != ELEMENT) {
            return None;
        }
        let method = one(data, ENCRYPTION, "EncryptionMethod").ok()?;
        let cipher = Cipher::of(method.attribute("Algorithm")?)?;
        // The key stands in the data or beside it; one, so that there is nothing to choose.
        let info = only(data, SIGNATURE, "KeyInfo").ok()?;
        let inside = info.and_then(|info| only(info, ENCRYPTION, "EncryptedKey").transpose());
        let beside = only(encrypted, ENCRYPTION, "EncryptedKey").transpose();
        let key = match (inside, beside) {
            (Some(key), None) | (None, Some(key)) => key.ok()?,
            _ => return None,
        };
        Some(Self {
            transport: transport(one(key, ENCRYPTION, "EncryptionMethod").ok()?)?,
            key: value(key)?,
            cipher,
            text: value(data)?,
        })
    }

    fn open(&self, key: &DecryptionKey) -> Option<String> {
        let key = key.open(self.transport, &self.key)?;
        String::from_utf8(self.cipher.open(&key, &self.text)?).ok()
    }
}

/// Section 5.5.2. The hash of the mask must be that of the label, as is usual; without being named
/// both are SHA-1, whose collisions don't matter here. Labels are not taken.
fn transport(method: Node<'_, '_>) -> Option<&'static OaepAlgorithm> {
    let hash = only(method, SIGNATURE, "DigestMethod").ok()?;
    let hash = hash.map(|hash| hash.attribute("Algorithm").unwrap_or_default());
    let mask = only(method, ENCRYPTION_11, "MGF").ok()?;
    let mask = mask.map(|mask| mask.attribute("Algorithm").unwrap_or_default());
    if children(method, ENCRYPTION, "OAEPparams").next().is_some() {
        return None;
    }
    let algorithm = method.attribute("Algorithm")?;
    let sha1 = "http://www.w3.org/2000/09/xmldsig#sha1";
    let mgf1_sha1 = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
    match (algorithm, hash.unwrap_or(sha1), mask) {
        ("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", hash, None) if hash == sha1 => {
            Some(&OAEP_SHA1_MGF1SHA1)
        }
        ("http://www.w3.org/2009/xmlenc11#rsa-oaep", hash, mask) => {
            match (hash, mask.unwrap_or(mgf1_sha1)) {
                (hash, mask) if hash == sha1 && mask == mgf1_sha1 => Some(&OAEP_SHA1_MGF1SHA1),
                (
                    "http://www.w3.org/2001/04/xmlenc#sha256",
                    "http://www.w3.org/2009/xmlenc11#mgf1sha256",
                ) => Some(&OAEP_SHA256_MGF1SHA256),
                (
                    "http://www.w3.org/2001/04/xmldsig-more#sha384",
                    "http://www.w3.org/2009/xmlenc11#mgf1sha384",
                ) => Some(&OAEP_SHA384_MGF1SHA384),
                (
                    "http://www.w3.org/2001/04/xmlenc#sha512",
                    "http://www.w3.org/2009/xmlenc11#mgf1sha512",
                ) => Some(&OAEP_SHA512_MGF1SHA512),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What stands in the element itself; a reference to something elsewhere is not followed.
fn value(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let data = one(node, ENCRYPTION, "CipherData").ok()?;
    let text: String = text_of(one(data, ENCRYPTION, "CipherValue").ok()?)
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    STANDARD.decode(text).ok()
}
