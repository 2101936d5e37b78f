//! What an authenticator app shows: one-time passwords (RFC 6238), six digits, 30 seconds.

use ring::hmac;

/// The code at `epoch_s` of the device with this seed, in base32. A seed that is not base32 gives
/// a code that is not its own.
#[must_use]
pub fn totp(seed: &str, epoch_s: i64) -> String {
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0u32, 0u32);
    for letter in seed.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => 0,
        };
        held = ((held << 5) | u32::from(value)) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).unwrap_or_default());
        }
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let mac = hmac::sign(&key, &epoch_s.div_euclid(30).to_be_bytes());
    let mac = mac.as_ref();
    let offset = usize::from(mac.last().copied().unwrap_or_default() & 0xf);
    let word = mac.iter().skip(offset).take(4);
    let number = word.fold(0u32, |number, byte| (number << 8) | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::totp;

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B: the seed is `12345678901234567890`.
        let seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(totp(seed, 59), "287082");
        assert_eq!(totp(seed, 1_234_567_890), "005924");
    }
}
