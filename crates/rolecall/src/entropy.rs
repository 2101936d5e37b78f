//! The operating system's clock and randomness, handed to everything that may not ask for them.

use rand::RngCore;
use rolecall_base::Timestamp;
use rolecall_base::rng::IdSource;

/// Randomness of the operating system, expanded by the thread's generator.
pub(crate) struct Entropy;

impl IdSource for Entropy {
    fn fill(&mut self, out: &mut [u8]) {
        rand::rng().fill_bytes(out);
    }
}

/// The seed of one request.
pub(crate) fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    rand::rng().fill_bytes(&mut seed);
    seed
}

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_epoch_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
