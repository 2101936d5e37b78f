//! The port to what keeps the events.

use std::future::Future;
use std::pin::Pin;

/// An answer that takes I/O.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreFault>> + Send + 'a>>;

/// What keeps the events failed; the text is for the log.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreFault(pub String);

/// A place between events of one stream: after the event of this time and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// The event's number in its stream.
    pub sequence: u64,
}

/// A place between events of several streams, merged by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPosition {
    /// Milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// The id of the stream.
    pub stream: String,
    /// The event's number in its stream.
    pub sequence: u64,
}

/// An event as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// When it happened, in milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// When it was received.
    pub ingestion_ms: i64,
    /// Its number in its stream.
    pub sequence: u64,
    /// What it says.
    pub message: String,
}

/// An event and the id of its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEvent {
    /// The id of the stream.
    pub stream: String,
    /// The event.
    pub event: StoredEvent,
}

/// A page of one stream, in the order of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// From where to read on towards newer events.
    pub forward: Position,
    /// From where to read on towards older events.
    pub backward: Position,
}

/// A page of several streams, merged by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPage {
    /// The events.
    pub events: Vec<GroupEvent>,
    /// From where to read on; `None` when all was read.
    pub next: Option<GroupPosition>,
}

/// How much one page takes, and of which time: from `start_ms` up to and without `end_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// The earliest time.
    pub start_ms: i64,
    /// The first time that is too late.
    pub end_ms: i64,
    /// The most events.
    pub events: usize,
}

/// What a stream holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamFigures {
    /// The time of its first event.
    pub first_event_ms: Option<i64>,
    /// The time of its last event.
    pub last_event_ms: Option<i64>,
    /// When events were last received.
    pub last_ingestion_ms: Option<i64>,
}

/// A group's events, by the group's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventStore {
    /// The group's id.
    pub group: String,
}

/// What keeps the events of all groups.
pub trait LogEvents: Send + Sync {
    /// Keeps events, durably, in the order given; the number after that of the last one. What the
    /// stream holds from `resumed_at` on is not kept twice if it is what the first of them are.
    fn append<'a>(
        &'a self,
        store: &'a EventStore,
        stream: &'a str,
        ingestion_ms: i64,
        events: Vec<(i64, String)>,
        resumed_at: Option<u64>,
    ) -> Pending<'a, u64>;

    /// Reads a page of one stream: forward or backward from a position; from the oldest forward, or
    /// from the newest backward, without one.
    fn read<'a>(
        &'a self,
        store: &'a EventStore,
        stream: &'a str,
        from: Option<Position>,
        forward: bool,
        limits: ReadLimits,
    ) -> Pending<'a, EventPage>;

    /// Reads a page of these streams, merged by time.
    fn read_streams<'a>(
        &'a self,
        store: &'a EventStore,
        streams: Vec<String>,
        from: Option<GroupPosition>,
        limits: ReadLimits,
    ) -> Pending<'a, GroupPage>;

    /// What a stream holds.
    fn figures<'a>(&'a self, store: &'a EventStore, stream: &'a str) -> Pending<'a, StreamFigures>;

    /// How many bytes a group holds, as CloudWatch Logs counts: messages and 26 for each event.
    fn stored_bytes<'a>(&'a self, store: &'a EventStore) -> Pending<'a, u64>;

    /// Drops a stream's events.
    fn delete_stream<'a>(&'a self, store: &'a EventStore, stream: &'a str) -> Pending<'a, ()>;

    /// Drops a group's events.
    fn delete_group<'a>(&'a self, store: &'a EventStore) -> Pending<'a, ()>;

    /// Drops a group's events before a time.
    fn expire<'a>(&'a self, store: &'a EventStore, before_ms: i64) -> Pending<'a, ()>;
}
