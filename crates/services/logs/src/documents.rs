//! Log groups and log streams.

use rolecall_base::{Tags, Timestamp};
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// A log group. Keyed by account, region and name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogGroup {
    /// What its events are kept under: new for each group that is made.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// How long events are kept, in days; `None` is for ever.
    pub retention_days: Option<i32>,
    /// Its tags.
    pub tags: Tags,
}

impl Document for LogGroup {
    const KIND: &'static str = "logs.group";
    const VERSION: u32 = 1;
}

impl LogGroup {
    /// The earliest time, in milliseconds since the epoch, of events that are still kept.
    pub fn kept_from_ms(&self, now: Timestamp) -> i64 {
        const DAY_MS: i64 = 86_400_000;
        self.retention_days.map_or(i64::MIN, |days| {
            now.epoch_millis() - i64::from(days) * DAY_MS
        })
    }
}

/// A log stream. Keyed by its group's key, a colon, and its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogStream {
    /// What its events are kept under: new for each stream that is made.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
}

impl Document for LogStream {
    const KIND: &'static str = "logs.stream";
    const VERSION: u32 = 1;
}
