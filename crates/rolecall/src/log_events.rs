//! The log events port over the segments on disk.

use std::sync::Arc;

use rolecall_blob::{
    Cursor, Direction, Event, GroupCursor, GroupKey, Limits, LogError, LogStore, NewEvent, Streams,
    TimeRange,
};
use rolecall_logs::events::Pending;
use rolecall_logs::{
    EventPage, EventStore, GroupEvent, GroupPage, GroupPosition, LogEvents, Position, ReadLimits,
    StoreFault, StoredEvent, StreamFigures,
};

/// The most bytes of messages that one page carries (GetLogEvents API Reference: 1 MB).
const PAGE_BYTES_MAX: usize = 1_048_576;

/// The events of all groups, in a folder.
pub(crate) struct DiskLogEvents(pub(crate) LogStore);

impl LogEvents for DiskLogEvents {
    fn append<'a>(
        &'a self,
        store: &'a EventStore,
        stream: &'a str,
        ingestion_ms: i64,
        events: Vec<(i64, String)>,
        resumed_at: Option<u64>,
    ) -> Pending<'a, u64> {
        Box::pin(async move {
            let fresh = events
                .into_iter()
                .map(|(timestamp_ms, message)| NewEvent {
                    timestamp_ms,
                    message,
                })
                .collect();
            let key = group(store).stream(stream);
            self.0
                .append_from(&key, ingestion_ms, fresh, resumed_at)
                .await
                .map_err(fault)
        })
    }

    fn read<'a>(
        &'a self,
        store: &'a EventStore,
        stream: &'a str,
        from: Option<Position>,
        forward: bool,
        limits: ReadLimits,
    ) -> Pending<'a, EventPage> {
        Box::pin(async move {
            let (direction, start) = if forward {
                (Direction::Forward, Cursor::HEAD)
            } else {
                (Direction::Backward, Cursor::TAIL)
            };
            let from = from.map_or(start, cursor);
            let key = group(store).stream(stream);
            let (range, most) = bounds(limits);
            let page = self
                .0
                .read(&key, from, direction, range, most)
                .await
                .map_err(fault)?;
            Ok(EventPage {
                events: page.events.into_iter().map(stored).collect(),
                forward: position(page.forward),
                backward: position(page.backward),
            })
        })
    }

    fn read_streams<'a>(
        &'a self,
        store: &'a EventStore,
        streams: Vec<String>,
        from: Option<GroupPosition>,
        limits: ReadLimits,
    ) -> Pending<'a, GroupPage> {
        Box::pin(async move {
            let from = from.map_or_else(GroupCursor::head, |at| GroupCursor {
                timestamp_ms: at.timestamp_ms,
                stream: at.stream.into(),
                sequence: at.sequence,
            });
            let wanted = Streams::Named(streams.into_iter().map(Into::into).collect());
            let (range, most) = bounds(limits);
            let page = self
                .0
                .read_group(&group(store), wanted, from, range, most)
                .await
                .map_err(fault)?;
            let next = GroupPosition {
                timestamp_ms: page.next.timestamp_ms,
                stream: page.next.stream.to_string(),
                sequence: page.next.sequence,
            };
            let events = page.events.into_iter().map(|found| GroupEvent {
                stream: found.stream.to_string(),
                event: stored(found.event),
            });
            Ok(GroupPage {
                events: events.collect(),
                next: page.more.then_some(next),
            })
        })
    }

    fn figures<'a>(&'a self, store: &'a EventStore, stream: &'a str) -> Pending<'a, StreamFigures> {
        Box::pin(async move {
            let stats = self
                .0
                .stats(&group(store).stream(stream))
                .await
                .map_err(fault)?;
            Ok(StreamFigures {
                first_event_ms: stats.first_event_ms,
                last_event_ms: stats.last_event_ms,
                last_ingestion_ms: stats.last_ingestion_ms,
            })
        })
    }

    fn stored_bytes<'a>(&'a self, store: &'a EventStore) -> Pending<'a, u64> {
        Box::pin(async move { self.0.stored_bytes(&group(store)).await.map_err(fault) })
    }

    fn delete_stream<'a>(&'a self, store: &'a EventStore, stream: &'a str) -> Pending<'a, ()> {
        Box::pin(async move {
            self.0
                .delete_stream(&group(store).stream(stream))
                .await
                .map(drop)
                .map_err(fault)
        })
    }

    fn delete_group<'a>(&'a self, store: &'a EventStore) -> Pending<'a, ()> {
        Box::pin(async move {
            self.0
                .delete_group(&group(store))
                .await
                .map(drop)
                .map_err(fault)
        })
    }

    fn expire<'a>(&'a self, store: &'a EventStore, before_ms: i64) -> Pending<'a, ()> {
        Box::pin(async move {
            self.0
                .expire(&group(store), before_ms)
                .await
                .map(drop)
                .map_err(fault)
        })
    }
}

/// Groups have ids of their own, so all of them share one scope.
fn group(store: &EventStore) -> GroupKey {
    GroupKey::new("groups", store.group.as_str())
}

fn cursor(at: Position) -> Cursor {
    Cursor {
        timestamp_ms: at.timestamp_ms,
        sequence: at.sequence,
    }
}

fn position(at: Cursor) -> Position {
    Position {
        timestamp_ms: at.timestamp_ms,
        sequence: at.sequence,
    }
}

fn bounds(limits: ReadLimits) -> (TimeRange, Limits) {
    let range = TimeRange {
        start_ms: limits.start_ms,
        end_ms: limits.end_ms,
    };
    (
        range,
        Limits {
            events: limits.events,
            bytes: PAGE_BYTES_MAX,
        },
    )
}

fn stored(event: Event) -> StoredEvent {
    StoredEvent {
        timestamp_ms: event.timestamp_ms,
        ingestion_ms: event.ingestion_ms,
        sequence: event.sequence,
        message: event.message,
    }
}

/// The error with its causes, for the log.
fn fault(error: LogError) -> StoreFault {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(&error);
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    StoreFault(text)
}

/// Opens the events under `dir` as the port of the logs service.
pub(crate) async fn open(dir: &std::path::Path) -> Result<Arc<dyn LogEvents>, LogError> {
    Ok(Arc::new(DiskLogEvents(LogStore::open(dir).await?)))
}
