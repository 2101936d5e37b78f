//! One group: its streams by name, and those who follow it live.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast;

use super::LogError;
use super::event::{Event, GroupKey, Streams};
use super::stream::{NAME_FILE, Stream, move_away};
use crate::files::{private_folder, write_whole};

/// How many batches a follower may fall behind.
const TAIL_BATCHES: usize = 1024;

/// Events of one stream that were just stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailBatch {
    /// The stream's name.
    pub stream: Arc<str>,
    /// In the order of arrival.
    pub events: Vec<Event>,
}

/// Why following has nothing to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TailError {
    /// The follower was too slow; so many batches are only on the disk. It can go on.
    #[error("{0} batches were missed")]
    Missed(u64),
    /// The group was deleted or the store closed.
    #[error("the group is gone")]
    Closed,
}

/// Follows a group live.
pub struct Tail(broadcast::Receiver<Arc<TailBatch>>);

impl Tail {
    /// The next batch that is stored. Cancel-safe.
    ///
    /// # Errors
    /// [`TailError`].
    pub async fn next(&mut self) -> Result<Arc<TailBatch>, TailError> {
        self.0.recv().await.map_err(|error| match error {
            broadcast::error::RecvError::Lagged(missed) => TailError::Missed(missed),
            broadcast::error::RecvError::Closed => TailError::Closed,
        })
    }
}

/// A group.
pub(crate) struct Group {
    folder: PathBuf,
    key: GroupKey,
    segment_bytes: u64,
    state: Mutex<State>,
    tail: Mutex<Option<broadcast::Sender<Arc<TailBatch>>>>,
}

#[derive(Default)]
struct State {
    /// None until first used.
    streams: Option<BTreeMap<Arc<str>, Arc<Stream>>>,
    named: bool,
    deleted: bool,
    /// Events before this time are not shown.
    horizon_ms: Option<i64>,
}

/// A folder's name for any text: 32 digits of its hash. The text itself is in the file `name`
/// inside.
pub(crate) fn folder_name(text: &str) -> String {
    let digits = hex::encode(Sha256::digest(text.as_bytes()));
    digits.chars().take(32).collect()
}

impl Group {
    pub(crate) fn new(root: &Path, key: GroupKey, segment_bytes: u64) -> Self {
        let folder = root.join(folder_name(&format!("{}\0{}", key.scope, key.group)));
        let (state, tail) = Default::default();
        Self {
            folder,
            segment_bytes,
            key,
            state,
            tail,
        }
    }

    /// A stream to be written, whether it exists or not.
    pub(crate) fn stream(&self, name: &Arc<str>) -> Result<Arc<Stream>, LogError> {
        let mut state = self.loaded()?;
        if !state.named {
            let text = format!("{}\n{}", self.key.scope, self.key.group);
            let write = || {
                private_folder(&self.folder)?;
                write_whole(&self.folder.join(NAME_FILE), text.as_bytes())
            };
            write().map_err(LogError::io("make a log group's folder"))?;
            state.named = true;
        }
        let fresh = || {
            let folder = self.folder.join(folder_name(name));
            Arc::new(Stream::new(Arc::clone(name), folder, self.segment_bytes))
        };
        let streams = state.streams.get_or_insert_default();
        Ok(Arc::clone(
            streams.entry(Arc::clone(name)).or_insert_with(fresh),
        ))
    }

    /// The streams that exist, by name.
    pub(crate) fn existing(&self, which: &Streams) -> Result<Vec<Arc<Stream>>, LogError> {
        let state = self.loaded()?;
        let Some(streams) = &state.streams else {
            return Ok(Vec::new());
        };
        Ok(match which {
            Streams::Named(names) => {
                let mut names: Vec<_> = names.iter().collect();
                names.sort_unstable();
                names.dedup();
                names
                    .into_iter()
                    .filter_map(|name| streams.get(name))
                    .map(Arc::clone)
                    .collect()
            }
            which => {
                let named = streams.iter().filter(|(name, _)| which.include(name));
                named.map(|(_, stream)| Arc::clone(stream)).collect()
            }
        })
    }

    /// The streams, read from the folder when this is the first use.
    fn loaded(&self) -> Result<parking_lot::MutexGuard<'_, State>, LogError> {
        let mut state = self.state.lock();
        if state.deleted {
            return Err(LogError::Deleted);
        }
        if state.streams.is_none() {
            let streams = self
                .list()
                .map_err(LogError::io("read a log group's folder"))?
                .into_iter();
            state.streams = Some(streams.collect());
            state.named = self.folder.join(NAME_FILE).exists();
        }
        Ok(state)
    }

    fn list(&self) -> io::Result<Vec<(Arc<str>, Arc<Stream>)>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut streams = Vec::new();
        for entry in entries {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                continue;
            }
            match fs::read_to_string(entry.path().join(NAME_FILE)) {
                Ok(name) => {
                    let name: Arc<str> = name.into();
                    let stream = Stream::new(Arc::clone(&name), entry.path(), self.segment_bytes);
                    streams.push((name, Arc::new(stream)));
                }
                // Its first events were not written to the end.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(streams)
    }

    /// Deletes a stream; whether it existed. The trash is emptied by the caller.
    pub(crate) fn delete_stream(&self, name: &str, trash: &Path) -> Result<bool, LogError> {
        let mut state = self.loaded()?;
        let Some(stream) = state
            .streams
            .as_mut()
            .and_then(|streams| streams.remove(name))
        else {
            return Ok(false);
        };
        stream
            .delete(trash)
            .map_err(LogError::io("delete a log stream"))
    }

    /// Deletes the group; whether it existed.
    pub(crate) fn delete(&self, trash: &Path) -> Result<bool, LogError> {
        let mut state = self.state.lock();
        for stream in state.streams.take().unwrap_or_default().values() {
            stream.forget();
        }
        let moved = move_away(&self.folder, trash).map_err(LogError::io("delete a log group"))?;
        state.deleted = true;
        *self.tail.lock() = None;
        Ok(moved)
    }

    /// Hides the events before a time from now on; they never come back.
    pub(crate) fn hide_before(&self, before_ms: i64) {
        let horizon = &mut self.state.lock().horizon_ms;
        *horizon = Some(horizon.map_or(before_ms, |horizon| horizon.max(before_ms)));
    }

    pub(crate) fn horizon_ms(&self) -> i64 {
        self.state.lock().horizon_ms.unwrap_or(i64::MIN)
    }

    pub(crate) fn tail(&self) -> Tail {
        let mut tail = self.tail.lock();
        let sender = tail.get_or_insert_with(|| broadcast::channel(TAIL_BATCHES).0);
        Tail(sender.subscribe())
    }

    /// Tells the followers, if there are any.
    pub(crate) fn announce(&self, stream: &Arc<str>, events: &[Event]) {
        let mut tail = self.tail.lock();
        if let Some(sender) = &*tail {
            let batch = TailBatch {
                stream: Arc::clone(stream),
                events: events.to_vec(),
            };
            if sender.send(Arc::new(batch)).is_err() {
                // Nobody listens any more.
                *tail = None;
            }
        }
    }
}
