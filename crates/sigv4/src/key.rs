//! The key that signs for one day, region and service.

use ring::hmac;
use std::fmt;

use crate::TERMINATOR;

/// A derived signing key. Deriving costs four HMACs, so callers keep it for the day (per access
/// key, date, region and service). It is as secret as what it came from: `Debug` shows nothing.
#[derive(Clone)]
pub struct SigningKey(hmac::Key);

impl SigningKey {
    /// Derives the key of a date (`20150830`), region and service, all as the scope has them.
    #[must_use]
    pub fn derive(secret_access_key: &str, date: &str, region: &str, service: &str) -> Self {
        let root = format!("AWS4{secret_access_key}");
        let mut key = hmac::Key::new(hmac::HMAC_SHA256, root.as_bytes());
        for part in [date, region, service, TERMINATOR] {
            key = hmac::Key::new(
                hmac::HMAC_SHA256,
                hmac::sign(&key, part.as_bytes()).as_ref(),
            );
        }
        Self(key)
    }

    /// The signature of a string to sign, in lower-case hexadecimal.
    pub(crate) fn sign_hex(&self, string_to_sign: &[u8]) -> String {
        hex::encode(hmac::sign(&self.0, string_to_sign))
    }

    /// Compares in constant time.
    pub(crate) fn is_signature(&self, string_to_sign: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.0, string_to_sign, signature).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of "Create a signed AWS API request" in the IAM User Guide.
    #[test]
    fn derives_the_documented_key() {
        let key = SigningKey::derive(
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "20150830",
            "us-east-1",
            "iam",
        );
        let string_to_sign = "AWS4-HMAC-SHA256\n20150830T123600Z\n\
            20150830/us-east-1/iam/aws4_request\n\
            f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
        assert_eq!(
            key.sign_hex(string_to_sign.as_bytes()),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
        assert_eq!(format!("{key:?}"), "SigningKey(..)");
    }
}
