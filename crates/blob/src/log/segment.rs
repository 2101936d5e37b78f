//! What a segment's file name says, so that a listing of the folder is the index of a stream.
//!
//! `<first number, 16 hex digits>.active` is being written and is read once when the stream is
//! first used. `<first number>_<events>_<first ms>_<last ms>_<last ingestion ms>_<bytes>.sealed`
//! never changes again.

use std::path::{Path, PathBuf};

use super::event::{COUNTED_OVERHEAD, Event};
use super::record::{MAGIC, OVERHEAD, RawEvent};

/// What a segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) first_sequence: u64,
    pub(crate) events: u64,
    /// The earliest and the latest time, both inclusive.
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
    pub(crate) last_ingestion_ms: i64,
    /// The size of the file.
    pub(crate) bytes: u64,
    pub(crate) sealed: bool,
}

impl Segment {
    pub(crate) fn empty(first_sequence: u64) -> Self {
        Self {
            first_sequence,
            events: 0,
            first_ms: i64::MAX,
            last_ms: i64::MIN,
            last_ingestion_ms: i64::MIN,
            bytes: MAGIC.len() as u64,
            sealed: false,
        }
    }

    /// Counts an event that was written to it.
    pub(crate) fn add(&mut self, timestamp_ms: i64, ingestion_ms: i64, message_bytes: usize) {
        self.events += 1;
        self.first_ms = self.first_ms.min(timestamp_ms);
        self.last_ms = self.last_ms.max(timestamp_ms);
        self.last_ingestion_ms = self.last_ingestion_ms.max(ingestion_ms);
        self.bytes += (message_bytes + OVERHEAD) as u64;
    }

    pub(crate) fn add_event(&mut self, event: &Event) {
        self.add(event.timestamp_ms, event.ingestion_ms, event.message.len());
    }

    pub(crate) fn add_raw(&mut self, event: RawEvent<'_>) {
        self.add(event.timestamp_ms, event.ingestion_ms, event.message.len());
    }

    /// Messages and 26 bytes for each event, as CloudWatch Logs counts.
    pub(crate) fn counted_bytes(&self) -> u64 {
        let extra = (OVERHEAD - COUNTED_OVERHEAD) as u64;
        self.bytes
            .saturating_sub(MAGIC.len() as u64 + self.events * extra)
    }

    pub(crate) fn path(&self, folder: &Path) -> PathBuf {
        let first = self.first_sequence;
        folder.join(if self.sealed {
            format!(
                "{first:016x}_{}_{}_{}_{}_{}.sealed",
                self.events, self.first_ms, self.last_ms, self.last_ingestion_ms, self.bytes
            )
        } else {
            format!("{first:016x}.active")
        })
    }

    /// The segment that a file name describes. Of an active one only the first number is known.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        if let Some(first) = name.strip_suffix(".active") {
            return Some(Self::empty(u64::from_str_radix(first, 16).ok()?));
        }
        let mut parts = name.strip_suffix(".sealed")?.split('_');
        let segment = Self {
            first_sequence: u64::from_str_radix(parts.next()?, 16).ok()?,
            events: parts.next()?.parse().ok()?,
            first_ms: parts.next()?.parse().ok()?,
            last_ms: parts.next()?.parse().ok()?,
            last_ingestion_ms: parts.next()?.parse().ok()?,
            bytes: parts.next()?.parse().ok()?,
            sealed: true,
        };
        parts.next().is_none().then_some(segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_everything() {
        let mut segment = Segment::empty(77);
        segment.add(-3, 9, 10);
        segment.add(1_700_000_000_000, 8, 0);
        let name = |segment: &Segment| {
            segment
                .path(Path::new(""))
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(
            Segment::from_name(&name(&segment)),
            Some(Segment::empty(77))
        );
        segment.sealed = true;
        assert_eq!(Segment::from_name(&name(&segment)), Some(segment));
        assert_eq!(segment.counted_bytes(), 10 + 2 * 26);
        for other in [
            "name",
            "1.draft",
            "zz.active",
            "0_1_2.sealed",
            "0_1_2_3_4_5_6.sealed",
        ] {
            assert_eq!(Segment::from_name(other), None, "{other}");
        }
    }
}
