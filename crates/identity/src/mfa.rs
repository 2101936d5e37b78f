//! Virtual MFA devices: time-based one-time passwords (RFC 6238, over HOTP of RFC 4226).
//!
//! A code has six digits, lasts 30 seconds, and is accepted once: a device remembers the time step
//! of the last code that it was believed for, and believes only later ones.

use std::fmt;

use ring::hmac;
use rolecall_base::{AccountId, Tags, Timestamp};
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

use crate::Attempts;

/// How long a code lasts, in seconds (RFC 6238, section 5.2).
const STEP_S: i64 = 30;
/// How many steps before and after the expected one a code may be of.
const TOLERANCE: i64 = 1;
/// How far a device's clock may be off when it is enabled or synchronized: five minutes.
const DRIFT_MAX: i64 = 10;
/// How many bytes a seed has: 64 characters in base32, as AWS's have.
pub const SEED_BYTES: usize = 40;

/// A virtual MFA device. Keyed by its serial number.
#[derive(Clone, Serialize, Deserialize)]
pub struct VirtualMfaDevice {
    /// Whose it is.
    pub account: AccountId,
    /// Its ARN, `arn:aws:iam::ACCOUNT:mfa/PATH/NAME`, which is its serial number.
    pub serial: String,
    /// The shared secret, in base32 without padding (RFC 4648).
    pub seed: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its tags.
    pub tags: Tags,
    /// The store key of the user that it is enabled for.
    pub user: Option<String>,
    /// When it was enabled for that user.
    pub enabled: Option<Timestamp>,
    /// The time step of the last code that was accepted.
    pub last_step: Option<i64>,
    /// How many steps the device's clock is ahead.
    pub drift: i64,
    /// The codes that were tried in vain.
    #[serde(default)]
    pub attempts: Attempts,
}

impl Document for VirtualMfaDevice {
    const KIND: &'static str = "iam.virtual-mfa-device";
    const VERSION: u32 = 1;
    const COUNTED: bool = true;
}

impl fmt::Debug for VirtualMfaDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualMfaDevice")
            .field("serial", &self.serial)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl VirtualMfaDevice {
    /// The serial number of a device with this path and name.
    pub fn serial_of(account: &AccountId, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{account}:mfa{path}{name}")
    }

    /// Accepts `code` if it is the one of now, or of the step before or behind, and no code of
    /// that step or a later one was accepted before.
    pub fn accept(&mut self, code: &str, now: Timestamp) -> bool {
        let expected = step(now).saturating_add(self.drift);
        let steps = (expected - TOLERANCE)..=(expected + TOLERANCE);
        let found = self
            .key()
            .and_then(|key| steps.into_iter().find(|s| self.is_code(&key, *s, code)));
        if found.is_some() {
            self.last_step = found;
            self.attempts.succeeded();
        }
        found.is_some()
    }

    /// Accepts two codes that follow each other, and learns from them how far the device's clock
    /// is off: five minutes at most.
    pub fn synchronize(&mut self, first: &str, second: &str, now: Timestamp) -> bool {
        let Some(key) = self.key() else {
            return false;
        };
        // Nearest first, so that of two matches the likelier one is taken.
        let distances = (0..=DRIFT_MAX).flat_map(|d| [d, -d]);
        let found = distances.map(|d| (d, step(now) + d)).find(|(_, last)| {
            self.is_code(&key, last - 1, first) && self.is_code(&key, *last, second)
        });
        let Some((drift, last)) = found else {
            return false;
        };
        // One step is what it takes to type two codes, not a wrong clock.
        self.drift = if drift.abs() <= TOLERANCE { 0 } else { drift };
        self.last_step = Some(last);
        true
    }

    fn key(&self) -> Option<hmac::Key> {
        let seed = base32_decoded(&self.seed)?;
        Some(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &seed))
    }

    fn is_code(&self, key: &hmac::Key, step: i64, code: &str) -> bool {
        let is_new = self.last_step.is_none_or(|last| step > last);
        is_new && code_at(key, step).as_deref() == Some(code)
    }
}

fn step(now: Timestamp) -> i64 {
    now.epoch_seconds().div_euclid(STEP_S)
}

/// The code of a time step, six digits (RFC 4226, section 5.3).
fn code_at(key: &hmac::Key, step: i64) -> Option<String> {
    let mac = hmac::sign(key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let offset = usize::from(mac.last()? & 0x0f);
    let word: [u8; 4] = mac.get(offset..offset + 4)?.try_into().ok()?;
    let number = (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000;
    Some(format!("{number:06}"))
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `bytes` in base32 without padding (RFC 4648, section 6).
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0u32, 0u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(&mut text, held >> bits);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        push(&mut text, held << (5 - bits));
    }
    text
}

fn push(text: &mut String, value: u32) {
    let index = usize::try_from(value & 31).unwrap_or_default();
    text.extend(BASE32.get(index).copied().map(char::from));
}

fn base32_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0u32, 0u32);
    for letter in text.bytes() {
        let value = BASE32.iter().position(|known| *known == letter)?;
        held = (held << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> VirtualMfaDevice {
        let account = AccountId::new("123456789012").unwrap();
        VirtualMfaDevice {
            serial: VirtualMfaDevice::serial_of(&account, "/", "ann"),
            account,
            seed: base32(b"12345678901234567890"),
            created: Timestamp::from_epoch_seconds(0),
            tags: Tags::default(),
            user: None,
            enabled: None,
            last_step: None,
            drift: 0,
            attempts: Attempts::default(),
        }
    }

    fn code(seconds: i64) -> String {
        let device = device();
        code_at(&device.key().unwrap(), seconds / STEP_S).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds)
    }

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B, the last six digits of the SHA-1 rows.
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(seconds), expected);
        }
    }

    #[test]
    fn base32_is_that_of_the_rfc() {
        // RFC 4648, section 10, without the padding.
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
            assert_eq!(base32_decoded(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(base32_decoded("mzxw"), None);
    }

    #[test]
    fn a_code_is_accepted_once_and_none_before_it_afterwards() {
        let mut device = device();
        assert!(!device.accept("000000", at(3_000)));
        assert!(device.accept(&code(3_000), at(3_010)));
        assert!(!device.accept(&code(3_000), at(3_011)));
        assert!(!device.accept(&code(2_970), at(3_011)));
        assert!(device.accept(&code(3_030), at(3_011)));
        assert!(!device.accept(&code(3_090), at(3_011)), "two steps ahead");
    }

    #[test]
    fn two_codes_that_follow_each_other_set_the_clock() {
        let mut device = device();
        assert!(!device.synchronize(&code(3_000), &code(3_060), at(3_060)));
        assert!(!device.synchronize(&code(3_030), &code(3_000), at(3_030)));
        assert!(!device.synchronize(&code(3_000), &code(3_030), at(3_030 + 330)));
        assert!(device.synchronize(&code(3_000), &code(3_030), at(3_030 + 240)));
        assert_eq!(device.drift, -8);
        // It goes on being four minutes late.
        assert!(device.accept(&code(3_060), at(3_060 + 240)));
        assert!(!device.accept(&code(3_330), at(3_330)));
        // The codes of before don't synchronize again.
        assert!(!device.synchronize(&code(3_000), &code(3_030), at(3_060)));
    }

    #[test]
    fn debug_shows_no_seed() {
        let device = device();
        assert!(!format!("{device:?}").contains(&device.seed));
    }
}
