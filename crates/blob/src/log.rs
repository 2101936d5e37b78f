//! The events of CloudWatch Logs streams, on disk.
//!
//! `<root>/<group>/<stream>/<segment>`: the folders carry hashes, a file `name` inside says of
//! what; a segment's name says what it holds (`segment`), so nothing is opened to find out where to
//! read. A stream is read from the disk when it is first used. Appends to one stream that come
//! together share one fdatasync; appends to several streams sync side by side.
//!
//! Reading orders events by time, those of one millisecond by arrival. An event that arrives with
//! an older time than what a forward reader has passed is not seen by that reader.

mod event;
mod group;
mod page;
mod record;
mod segment;
mod stream;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

pub use event::{
    Cursor, Direction, Event, GroupCursor, GroupEvent, GroupKey, GroupPage, Limits, NewEvent, Page,
    StreamKey, StreamStats, Streams, TimeRange,
};
pub use group::{Tail, TailBatch, TailError};

use crate::files::private_folder;
use group::Group;
use page::PageBuilder;
use segment::Segment;
use stream::{Append, Stream};

/// The longest message that is stored, in bytes.
const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// Where folders go before they are removed.
const TRASH: &str = "trash";

/// Why a log operation failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    /// The stream or its group was deleted meanwhile.
    #[error("the log stream was deleted")]
    Deleted,
    /// A message is longer than can be stored.
    #[error("a message of {bytes} bytes is longer than {MESSAGE_BYTES_MAX}")]
    MessageTooLong {
        /// Its length.
        bytes: usize,
    },
    /// A segment does not hold what was written to it.
    #[error("the log segment `{}` is damaged after {good} of {bytes} bytes", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How much of it could be read.
        good: u64,
        /// How much it should hold.
        bytes: u64,
    },
    /// The folder or a file in it failed.
    #[error("{step}")]
    Io {
        /// What was tried.
        step: &'static str,
        /// Why it failed.
        #[source]
        source: Arc<io::Error>,
    },
}

impl LogError {
    fn io(step: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            step,
            source: Arc::new(source),
        }
    }
}

/// The log events of all groups, in a folder. A clone is another handle of the same store.
///
/// Groups and streams need not be made first; those without events are not there.
#[derive(Clone)]
pub struct LogStore {
    inner: Arc<Inner>,
}

/// Settings of a log store.
#[derive(Clone, Copy, Debug)]
pub struct LogOptions {
    /// From this size on, in bytes, a segment is sealed and the next one begun. A read decodes
    /// whole segments.
    pub segment_bytes: u64,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 1 << 20,
        }
    }
}

struct Inner {
    root: PathBuf,
    options: LogOptions,
    groups: Mutex<HashMap<GroupKey, Arc<Group>>>,
}

impl LogStore {
    /// Opens the folder, which is made if need be. Reads nothing of what is in it.
    ///
    /// # Errors
    /// [`LogError::Io`].
    pub async fn open(root: impl Into<PathBuf>) -> Result<Self, LogError> {
        Self::open_with(root, LogOptions::default()).await
    }

    /// As [`open`](Self::open), with settings.
    ///
    /// # Errors
    /// [`LogError::Io`].
    pub async fn open_with(
        root: impl Into<PathBuf>,
        options: LogOptions,
    ) -> Result<Self, LogError> {
        let inner = Arc::new(Inner {
            options,
            root: root.into(),
            groups: Mutex::default(),
        });
        let store = Self { inner };
        store
            .blocking(|inner| {
                let trash = inner.root.join(TRASH);
                remove_folder(&trash)?;
                private_folder(&trash).map_err(LogError::io("make the log folder"))
            })
            .await?;
        Ok(store)
    }

    /// Stores events, durably, in the order given. `ingestion_ms` is when they were received. The
    /// number that the next event of the stream gets.
    ///
    /// # Errors
    /// [`LogError::MessageTooLong`] before anything is stored; [`LogError::Deleted`];
    /// [`LogError::Io`], after which nothing of it is shown.
    pub async fn append(
        &self,
        key: &StreamKey,
        ingestion_ms: i64,
        events: Vec<NewEvent>,
    ) -> Result<u64, LogError> {
        self.append_from(key, ingestion_ms, events, None).await
    }

    /// [`LogStore::append`], perhaps again: `resumed_at` is the number that was answered last to
    /// the one who appends. What the stream holds from there on was appended and not
    /// answered if it is what the first of these events are; it is not stored twice. If it is
    /// anything else, others write to the stream too, and all is stored. The number after that of
    /// the last of these events.
    ///
    /// # Errors
    /// As [`LogStore::append`].
    pub async fn append_from(
        &self,
        key: &StreamKey,
        ingestion_ms: i64,
        events: Vec<NewEvent>,
        resumed_at: Option<u64>,
    ) -> Result<u64, LogError> {
        let longest = events
            .iter()
            .map(|event| event.message.len())
            .max()
            .unwrap_or_default();
        if longest > MESSAGE_BYTES_MAX {
            return Err(LogError::MessageTooLong { bytes: longest });
        }
        let (reply, answer) = oneshot::channel();
        let key = key.clone();
        self.blocking(move |inner| {
            let group = inner.group(&key.group);
            let stream = group.stream(&key.stream)?;
            stream.submit(Append {
                ingestion_ms,
                events,
                resumed_at,
                reply,
            });
            stream.drain(|events| group.announce(&key.stream, events));
            Ok(())
        })
        .await?;
        let lost = || LogError::io("wait for the writer")(io::Error::other("no answer"));
        answer.await.unwrap_or_else(|_| Err(lost()))
    }

    /// A page of one stream: forward from a cursor ([`Cursor::HEAD`] at first) or backward from one
    /// ([`Cursor::TAIL`]). Empty when the stream does not exist.
    ///
    /// # Errors
    /// [`LogError::Damaged`], [`LogError::Io`].
    pub async fn read(
        &self,
        key: &StreamKey,
        from: Cursor,
        direction: Direction,
        range: TimeRange,
        limits: Limits,
    ) -> Result<Page, LogError> {
        let key = key.clone();
        self.blocking(move |inner| {
            // The order within one stream needs no name.
            let label: Arc<str> = Arc::from("");
            let Cursor {
                timestamp_ms,
                sequence,
            } = from;
            let start = GroupCursor {
                timestamp_ms,
                stream: Arc::clone(&label),
                sequence,
            };
            let group = inner.group(&key.group);
            let streams = group.existing(&Streams::Named(vec![key.stream]))?;
            let range = shown(range, &group);
            let page = PageBuilder::new(start, direction, range, limits);
            let page = collect(&streams, direction, page, |_| Arc::clone(&label))?;
            let (events, forward, backward, more) = page.finish();
            let cursor = |cursor: GroupCursor| Cursor {
                timestamp_ms: cursor.timestamp_ms,
                sequence: cursor.sequence,
            };
            let mut forward = cursor(forward);
            if forward == Cursor::TAIL {
                // Nothing is there yet: whatever comes is next.
                forward = Cursor::HEAD;
            }
            let events = events.into_iter().map(|event| event.event).collect();
            Ok(Page {
                events,
                forward,
                backward: cursor(backward),
                more,
            })
        })
        .await
    }

    /// A page of a group's streams, merged, forward from a cursor ([`GroupCursor::head`] at first).
    ///
    /// # Errors
    /// [`LogError::Damaged`], [`LogError::Io`].
    pub async fn read_group(
        &self,
        key: &GroupKey,
        streams: Streams,
        from: GroupCursor,
        range: TimeRange,
        limits: Limits,
    ) -> Result<GroupPage, LogError> {
        let key = key.clone();
        self.blocking(move |inner| {
            let group = inner.group(&key);
            let streams = group.existing(&streams)?;
            let range = shown(range, &group);
            let page = PageBuilder::new(from, Direction::Forward, range, limits);
            let name = |stream: &Stream| Arc::clone(&stream.name);
            let page = collect(&streams, Direction::Forward, page, name)?;
            let (events, next, _, more) = page.finish();
            Ok(GroupPage { events, next, more })
        })
        .await
    }

    /// The names of the streams that have been written to, in order.
    ///
    /// # Errors
    /// [`LogError::Io`].
    pub async fn streams(&self, key: &GroupKey) -> Result<Vec<Arc<str>>, LogError> {
        let key = key.clone();
        self.blocking(move |inner| {
            let streams = inner.group(&key).existing(&Streams::All)?;
            Ok(streams
                .iter()
                .map(|stream| Arc::clone(&stream.name))
                .collect())
        })
        .await
    }

    /// What a stream holds; nothing when it does not exist. Expired events that share a segment
    /// with others are still counted.
    ///
    /// # Errors
    /// [`LogError::Io`].
    pub async fn stats(&self, key: &StreamKey) -> Result<StreamStats, LogError> {
        let key = key.clone();
        self.blocking(move |inner| {
            let which = Streams::Named(vec![key.stream]);
            let streams = inner.group(&key.group).existing(&which)?;
            streams
                .first()
                .map_or_else(|| Ok(StreamStats::default()), |stream| stream.stats())
        })
        .await
    }

    /// The stored bytes of a group: messages and 26 for each event.
    ///
    /// # Errors
    /// [`LogError::Io`].
    pub async fn stored_bytes(&self, key: &GroupKey) -> Result<u64, LogError> {
        let key = key.clone();
        self.blocking(move |inner| {
            let streams = inner.group(&key).existing(&Streams::All)?;
            streams
                .iter()
                .map(|stream| Ok(stream.stats()?.stored_bytes))
                .sum()
        })
        .await
    }

    /// Expires a group's events before a time: none of them is shown from now on, and the segments
    /// that hold no others are deleted. After a restart they are hidden again from the first call
    /// on. How many segments went.
    ///
    /// # Errors
    /// [`LogError::Io`].
    pub async fn expire(&self, key: &GroupKey, before_ms: i64) -> Result<usize, LogError> {
        let key = key.clone();
        self.blocking(move |inner| {
            let group = inner.group(&key);
            group.hide_before(before_ms);
            let streams = group.existing(&Streams::All)?;
            streams.iter().map(|stream| stream.expire(before_ms)).sum()
        })
        .await
    }

    /// Deletes a stream's events; whether there were any. Appends that are under way fail.
    ///
    /// # Errors
    /// [`LogError::Io`].
    pub async fn delete_stream(&self, key: &StreamKey) -> Result<bool, LogError> {
        let key = key.clone();
        self.blocking(move |inner| {
            let trash = inner.trash();
            let found = inner.group(&key.group).delete_stream(&key.stream, &trash)?;
            remove_folder(&trash)?;
            Ok(found)
        })
        .await
    }

    /// Deletes a group's events; whether there were any. Appends that are under way fail.
    ///
    /// # Errors
    /// [`LogError::Io`].
    pub async fn delete_group(&self, key: &GroupKey) -> Result<bool, LogError> {
        let key = key.clone();
        self.blocking(move |inner| {
            let trash = inner.trash();
            let found = {
                let mut groups = inner.groups.lock();
                let group = groups
                    .remove(&key)
                    .unwrap_or_else(|| Arc::new(inner.new_group(&key)));
                group.delete(&trash)?
            };
            remove_folder(&trash)?;
            Ok(found)
        })
        .await
    }

    /// Follows a group: every batch of events that is stored from now on, in each stream's order.
    #[must_use]
    pub fn tail(&self, key: &GroupKey) -> Tail {
        self.inner.group(key).tail()
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let inner = Arc::clone(&self.inner);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(done) => done,
            Err(error) => Err(LogError::io("finish the file work")(io::Error::other(
                error,
            ))),
        }
    }
}

impl Inner {
    fn group(&self, key: &GroupKey) -> Arc<Group> {
        let mut groups = self.groups.lock();
        if let Some(group) = groups.get(key) {
            return Arc::clone(group);
        }
        let group = Arc::new(self.new_group(key));
        groups.insert(key.clone(), Arc::clone(&group));
        group
    }

    fn new_group(&self, key: &GroupKey) -> Group {
        Group::new(&self.root, key.clone(), self.options.segment_bytes)
    }

    /// A new name in the trash.
    fn trash(&self) -> PathBuf {
        self.root
            .join(TRASH)
            .join(format!("{:032x}", rand::random::<u128>()))
    }
}

/// The times that were asked for and have not expired.
fn shown(range: TimeRange, group: &Group) -> TimeRange {
    TimeRange {
        start_ms: range.start_ms.max(group.horizon_ms()),
        ..range
    }
}

/// Reads the segments of some streams, nearest first, until no other can hold an event of the page.
fn collect(
    streams: &[Arc<Stream>],
    direction: Direction,
    mut page: PageBuilder,
    label: impl Fn(&Stream) -> Arc<str>,
) -> Result<PageBuilder, LogError> {
    let mut segments: Vec<(&Stream, Segment)> = Vec::new();
    for stream in streams {
        let wanted = |segment: &Segment| page.wants(segment.first_ms, segment.last_ms);
        let found = stream.segments()?.into_iter().filter(wanted);
        segments.extend(found.map(|segment| (&**stream, segment)));
    }
    match direction {
        Direction::Forward => segments.sort_by_key(|(_, segment)| segment.first_ms),
        Direction::Backward => {
            segments.sort_by_key(|(_, segment)| std::cmp::Reverse(segment.last_ms));
        }
    }
    for (stream, segment) in segments {
        if page.wants(segment.first_ms, segment.last_ms) {
            stream.read(&segment, &label(stream), &mut page)?;
        }
    }
    Ok(page)
}

fn remove_folder(path: &std::path::Path) -> Result<(), LogError> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(LogError::io("empty the trash")(error))
        }
        _ => Ok(()),
    }
}
