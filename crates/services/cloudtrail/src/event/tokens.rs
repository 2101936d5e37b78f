//! Where a lookup goes on.
//!
//! A token is the place of the last event that was given and a digest of what was asked for, in
//! hex: a token of one lookup is none of another.

use rolecall_record::Position;
use sha2::{Digest, Sha256};

/// A digest of what a lookup asks for.
pub(super) fn digest(asked: &str) -> [u8; 8] {
    let hash = Sha256::digest(asked.as_bytes());
    let mut digest = [0; 8];
    for (to, from) in digest.iter_mut().zip(hash) {
        *to = from;
    }
    digest
}

/// The token of a lookup that goes on before `at`.
pub(super) fn write(at: Position, asked: [u8; 8]) -> String {
    let mut bytes = at.segment.to_be_bytes().to_vec();
    bytes.extend(at.offset.to_be_bytes());
    bytes.extend(asked);
    hex::encode(bytes)
}

/// Where the lookup goes on; `None` if the token is not one of this lookup.
pub(super) fn read(token: &str, asked: [u8; 8]) -> Option<Position> {
    let bytes = hex::decode(token).ok()?;
    let (segment, rest) = bytes.split_first_chunk::<8>()?;
    let (offset, rest) = rest.split_first_chunk::<8>()?;
    (rest == asked).then_some(Position {
        segment: u64::from_be_bytes(*segment),
        offset: u64::from_be_bytes(*offset),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_lookup() {
        let at = Position {
            segment: 7,
            offset: 1 << 40,
        };
        let token = write(at, digest("a"));
        assert_eq!(read(&token, digest("a")), Some(at));
        assert_eq!(read(&token, digest("b")), None);
        for bad in ["", "zz", "00"] {
            assert_eq!(read(bad, digest("a")), None, "{bad}");
        }
    }
}
