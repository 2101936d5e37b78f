//! Ids drawn from a seed that comes in as an argument.
//!
//! A request carries one seed of real randomness; every id that its handler makes is drawn from
//! it, so that running the handler again (after a refused commit) makes the same ids.

/// A source of ids: expands a 32-byte seed as ChaCha-style counter output of SHA-256 would, but
/// leaves the choice of generator to whoever builds it.
pub trait IdSource {
    /// Fills `out` with unpredictable bytes.
    fn fill(&mut self, out: &mut [u8]);
}

const UPPER: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const MIXED: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn draw<const N: usize>(source: &mut dyn IdSource, len: usize, alphabet: &[u8; N]) -> String {
    let mut bytes = vec![0u8; len];
    source.fill(&mut bytes);
    let pick = |b: u8| {
        alphabet
            .get(usize::from(b) % N)
            .copied()
            .map_or('A', char::from)
    };
    bytes.into_iter().map(pick).collect()
}

/// 32 lower-case hexadecimal digits: task ids, and the like.
pub fn hex32(source: &mut dyn IdSource) -> String {
    draw(source, 32, b"0123456789abcdef")
}

/// A version 4 UUID (RFC 9562).
pub fn uuid(source: &mut dyn IdSource) -> String {
    let mut b = [0u8; 16];
    source.fill(&mut b);
    let mut n = u128::from_be_bytes(b);
    n = (n & !(0xf << 76)) | (0x4 << 76);
    n = (n & !(0x3 << 62)) | (0x2 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        n >> 96,
        (n >> 80) & 0xffff,
        (n >> 64) & 0xffff,
        (n >> 48) & 0xffff,
        n & 0xffff_ffff_ffff
    )
}

/// A unique id of IAM: the four letters of its kind (`AROA`, `AIDA`, `AKIA` ...) and 17 (for keys
/// 16) upper-case letters and digits.
///
/// Source: IAM User Guide, "IAM identifiers", "Understanding unique ID prefixes".
pub fn iam_unique_id(source: &mut dyn IdSource, prefix: &str) -> String {
    let len = if matches!(prefix, "AKIA" | "ASIA") {
        16
    } else {
        17
    };
    format!("{prefix}{}", draw(source, len, UPPER))
}

/// A 40-character secret access key.
pub fn secret_access_key(source: &mut dyn IdSource) -> String {
    draw(source, 40, MIXED)
}
