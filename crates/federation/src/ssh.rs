//! RSA public keys as SSH writes them (RFC 4253, section 6.6) and as PEM.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use crate::certificate::{blocks, tlv};

/// The smallest key that is taken, in bits.
const BITS_MIN: usize = 2_048;

/// `rsaEncryption` with its empty parameters, DER.
const RSA_ALGORITHM: &[u8] = &[
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// An RSA public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshPublicKey {
    exponent: Vec<u8>,
    modulus: Vec<u8>,
}

/// Why a text is not a public key that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SshKeyError {
    /// It is neither `ssh-rsa …` nor PEM.
    #[error("neither an ssh-rsa line nor PEM")]
    Encoding,
    /// What is inside is not an RSA key of at least 2,048 bits.
    #[error("not an RSA key of at least 2,048 bits")]
    Key,
}

impl SshPublicKey {
    /// Reads a key in either form.
    ///
    /// # Errors
    /// [`SshKeyError`].
    pub fn parse(text: &str) -> Result<Self, SshKeyError> {
        let text = text.trim();
        let key = if text.starts_with("-----BEGIN ") {
            Self::of_pem(text)?
        } else {
            Self::of_line(text)?
        };
        let key = key.ok_or(SshKeyError::Key)?;
        if key.modulus.len() * 8 < BITS_MIN {
            return Err(SshKeyError::Key);
        }
        Ok(key)
    }

    fn of_line(text: &str) -> Result<Option<Self>, SshKeyError> {
        let mut words = text.split_whitespace();
        if words.next() != Some("ssh-rsa") {
            return Err(SshKeyError::Encoding);
        }
        let blob = STANDARD.decode(words.next().unwrap_or_default());
        let blob = blob.map_err(|_| SshKeyError::Encoding)?;
        let read = || {
            let (name, rest) = field(&blob)?;
            let (exponent, rest) = field(rest)?;
            let (modulus, rest) = field(rest)?;
            (name == b"ssh-rsa" && rest.is_empty()).then(|| Self {
                exponent: positive(exponent),
                modulus: positive(modulus),
            })
        };
        Ok(read())
    }

    fn of_pem(text: &str) -> Result<Option<Self>, SshKeyError> {
        let found = blocks(text).map_err(|_| SshKeyError::Encoding)?;
        let (kind, der) = found.into_iter().next().ok_or(SshKeyError::Encoding)?;
        if kind != "PUBLIC KEY" {
            return Err(SshKeyError::Encoding);
        }
        let read = || {
            let (0x30, body, _) = tlv(&der)? else {
                return None;
            };
            let bits = body.strip_prefix(RSA_ALGORITHM)?;
            let (0x03, bits, _) = tlv(bits)? else {
                return None;
            };
            let (0x30, key, _) = tlv(bits.strip_prefix(&[0])?)? else {
                return None;
            };
            let (0x02, modulus, rest) = tlv(key)? else {
                return None;
            };
            let (0x02, exponent, _) = tlv(rest)? else {
                return None;
            };
            Some(Self {
                exponent: positive(exponent),
                modulus: positive(modulus),
            })
        };
        Ok(read())
    }

    fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        for part in [
            b"ssh-rsa".to_vec(),
            signed(&self.exponent),
            signed(&self.modulus),
        ] {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            blob.extend_from_slice(&length.to_be_bytes());
            blob.extend_from_slice(&part);
        }
        blob
    }

    /// `ssh-rsa …`, without a comment.
    pub fn to_ssh(&self) -> String {
        format!("ssh-rsa {}", STANDARD.encode(self.blob()))
    }

    /// A PEM block `PUBLIC KEY`.
    pub fn to_pem(&self) -> String {
        let mut key = der(0x02, &signed(&self.modulus));
        key.extend(der(0x02, &signed(&self.exponent)));
        let mut bits = vec![0];
        bits.extend(der(0x30, &key));
        let mut body = RSA_ALGORITHM.to_vec();
        body.extend(der(0x03, &bits));
        let text = STANDARD.encode(der(0x30, &body));
        let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
        for (n, c) in text.chars().enumerate() {
            if n > 0 && n % 64 == 0 {
                pem.push('\n');
            }
            pem.push(c);
        }
        pem.push_str("\n-----END PUBLIC KEY-----\n");
        pem
    }

    /// The MD5 of the key as SSH writes it, in hexadecimal with colons, which is what IAM shows.
    pub fn fingerprint(&self) -> String {
        let hash = Md5::digest(self.blob());
        let bytes: Vec<String> = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.join(":")
    }
}

fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// A number without the zeros in front.
fn positive(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect()
}

/// A number with a zero in front if it would look negative.
fn signed(bytes: &[u8]) -> Vec<u8> {
    let negative = bytes.first().is_some_and(|byte| *byte >= 0x80);
    let mut out = vec![0; usize::from(negative)];
    out.extend_from_slice(bytes);
    out
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u16::try_from(content.len()) {
        Ok(length @ 0..=0x7f) => out.push(length.to_be_bytes()[1]),
        Ok(length @ 0x80..=0xff) => out.extend([0x81, length.to_be_bytes()[1]]),
        Ok(length) => {
            out.push(0x82);
            out.extend(length.to_be_bytes());
        }
        // Keys are far shorter.
        Err(_) => {}
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = include_str!("../tests/data/ssh.pub");
    const PEM: &str = include_str!("../tests/data/ssh.pem");
    /// The MD5 of the blob, from another implementation.
    const FINGERPRINT: &str = include_str!("../tests/data/ssh.md5");

    #[test]
    fn both_forms_are_one_key() {
        let key = SshPublicKey::parse(LINE).unwrap();
        assert_eq!(SshPublicKey::parse(PEM).unwrap(), key);
        assert_eq!(key.to_pem(), PEM);
        assert!(LINE.starts_with(&key.to_ssh()));
        assert_eq!(key.fingerprint(), FINGERPRINT.trim());
    }

    #[test]
    fn other_texts_are_none() {
        for (text, error) in [
            ("", SshKeyError::Encoding),
            ("ssh-ed25519 AAAA", SshKeyError::Encoding),
            ("ssh-rsa ????", SshKeyError::Encoding),
            ("ssh-rsa AAAA", SshKeyError::Key),
            (
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                SshKeyError::Key,
            ),
        ] {
            assert_eq!(SshPublicKey::parse(text), Err(error), "{text}");
        }
    }
}
