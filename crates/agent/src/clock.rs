//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};

use rolecall_base::Timestamp;

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

/// A point in time as the API has it.
pub(crate) fn timestamp(at_ms: i64) -> Timestamp {
    Timestamp::from_epoch_millis(at_ms)
}
