//! Log events, the positions between them, and the keys of groups and streams.

use std::sync::Arc;

/// A log group: where it belongs (such as `123456789012/us-east-1`) and its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupKey {
    /// Account and region.
    pub scope: Arc<str>,
    /// The group's name, any characters.
    pub group: Arc<str>,
}

impl GroupKey {
    /// A group's key.
    pub fn new(scope: impl Into<Arc<str>>, group: impl Into<Arc<str>>) -> Self {
        Self {
            scope: scope.into(),
            group: group.into(),
        }
    }

    /// The key of one of its streams.
    #[must_use]
    pub fn stream(&self, stream: impl Into<Arc<str>>) -> StreamKey {
        StreamKey {
            group: self.clone(),
            stream: stream.into(),
        }
    }
}

/// A log stream of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamKey {
    /// Its group.
    pub group: GroupKey,
    /// The stream's name, any characters.
    pub stream: Arc<str>,
}

/// An event to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// When it happened: milliseconds since 1970-01-01T00:00:00Z.
    pub timestamp_ms: i64,
    /// What happened.
    pub message: String,
}

/// A stored event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened: milliseconds since 1970-01-01T00:00:00Z.
    pub timestamp_ms: i64,
    /// When it was received.
    pub ingestion_ms: i64,
    /// Its number within the stream, in the order of arrival.
    pub sequence: u64,
    /// What happened.
    pub message: String,
}

impl Event {
    /// What CloudWatch Logs counts for an event: the message's UTF-8 bytes and 26 (PutLogEvents,
    /// API reference).
    pub(crate) fn counted_bytes(&self) -> usize {
        self.message.len() + COUNTED_OVERHEAD
    }
}

pub(crate) const COUNTED_OVERHEAD: usize = 26;

/// An event of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEvent {
    /// The stream that it is in.
    pub stream: Arc<str>,
    /// The event.
    pub event: Event,
}

/// A place in a stream: just before the event of this time and number, whether there is one or not.
///
/// The events of a stream are ordered by time, those of the same millisecond by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub timestamp_ms: i64,
    /// The number within the stream.
    pub sequence: u64,
}

impl Cursor {
    /// Before everything.
    pub const HEAD: Self = Self {
        timestamp_ms: i64::MIN,
        sequence: 0,
    };
    /// After everything.
    pub const TAIL: Self = Self {
        timestamp_ms: i64::MAX,
        sequence: u64::MAX,
    };
}

/// A place in the merged events of a group, which are ordered by time, stream name and arrival.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupCursor {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub timestamp_ms: i64,
    /// The stream's name.
    pub stream: Arc<str>,
    /// The number within the stream.
    pub sequence: u64,
}

impl GroupCursor {
    /// Before everything.
    #[must_use]
    pub fn head() -> Self {
        Self {
            timestamp_ms: i64::MIN,
            stream: Arc::from(""),
            sequence: 0,
        }
    }
}

/// Which way to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The events from the cursor on.
    Forward,
    /// The last events before the cursor.
    Backward,
}

/// The times that are read. The default is all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The first millisecond.
    pub start_ms: i64,
    /// The millisecond after the last.
    pub end_ms: i64,
}

impl Default for TimeRange {
    fn default() -> Self {
        Self {
            start_ms: i64::MIN,
            end_ms: i64::MAX,
        }
    }
}

/// How much one page holds at most; always at least one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events.
    pub events: usize,
    /// Bytes, each event counted as its message and 26.
    pub bytes: usize,
}

impl Default for Limits {
    /// 10,000 events and 1 MiB, as `GetLogEvents` and `FilterLogEvents` document.
    fn default() -> Self {
        Self {
            events: 10_000,
            bytes: 1 << 20,
        }
    }
}

/// A part of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In the order of time, whichever way was read.
    pub events: Vec<Event>,
    /// Where to go on forward. At the end of the stream it is the cursor that was given, and stays
    /// so until there are new events.
    pub forward: Cursor,
    /// Where to go on backward. At the start of the stream it is the cursor that was given.
    pub backward: Cursor,
    /// The limits cut the page; there is more in the direction that was read.
    pub more: bool,
}

/// A part of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPage {
    /// In the order of time, stream name and arrival.
    pub events: Vec<GroupEvent>,
    /// Where to go on.
    pub next: GroupCursor,
    /// The limits cut the page; there is more.
    pub more: bool,
}

/// Which streams of a group to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Streams {
    /// All.
    All,
    /// Those whose name starts so.
    Prefix(String),
    /// These; names that do not exist are passed over.
    Named(Vec<Arc<str>>),
}

impl Streams {
    pub(crate) fn include(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Prefix(prefix) => name.starts_with(prefix),
            Self::Named(names) => names.iter().any(|named| **named == *name),
        }
    }
}

/// What a stream holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamStats {
    /// The earliest event's time.
    pub first_event_ms: Option<i64>,
    /// The latest event's time.
    pub last_event_ms: Option<i64>,
    /// When the last event was received.
    pub last_ingestion_ms: Option<i64>,
    /// Messages and 26 bytes for each event.
    pub stored_bytes: u64,
    /// How many events.
    pub events: u64,
}
