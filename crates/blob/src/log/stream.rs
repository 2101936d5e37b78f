//! One stream: its segments on the disk, writing with one fdatasync for all who wait, reading.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use tokio::sync::oneshot;

use super::LogError;
use super::event::{Event, NewEvent, StreamStats};
use super::page::PageBuilder;
use super::record::{self, MAGIC, Records};
use super::segment::Segment;
use crate::files::{private_file, private_folder, remove_file, sync_folder, write_whole};

/// The file that holds a group's or a stream's name.
pub(crate) const NAME_FILE: &str = "name";

/// A stream. Nothing is read before it is first used, and no file stays open.
pub(crate) struct Stream {
    pub(crate) name: Arc<str>,
    folder: PathBuf,
    segment_bytes: u64,
    /// None until first used.
    index: RwLock<Option<Index>>,
    /// Held by the one who writes, repairs or deletes; taken before `index`. True after deletion.
    deleted: Mutex<bool>,
    /// What waits to be written, in order.
    pending: Mutex<Vec<Append>>,
}

/// The segments by their first number.
#[derive(Default)]
struct Index {
    segments: Vec<Segment>,
    next_sequence: u64,
}

/// Events that wait to be written.
pub(crate) struct Append {
    pub(crate) ingestion_ms: i64,
    pub(crate) events: Vec<NewEvent>,
    /// The events from this number on may be the first ones of these, whose answer was lost.
    pub(crate) resumed_at: Option<u64>,
    /// The number after that of the last event.
    pub(crate) reply: oneshot::Sender<Result<u64, LogError>>,
}

impl Stream {
    pub(crate) fn new(name: Arc<str>, folder: PathBuf, segment_bytes: u64) -> Self {
        let (index, deleted, pending) = Default::default();
        Self {
            name,
            folder,
            segment_bytes,
            index,
            deleted,
            pending,
        }
    }

    /// Queues events; [`drain`](Self::drain) writes them.
    pub(crate) fn submit(&self, append: Append) {
        self.pending.lock().push(append);
    }

    /// Writes everything that waits, durably, and answers. `written` sees the events before the
    /// answer. When another thread is writing, this waits, and then writes what gathered meanwhile.
    pub(crate) fn drain(&self, written: impl FnOnce(&[Event])) {
        let deleted = self.deleted.lock();
        let waiting = std::mem::take(&mut *self.pending.lock());
        if waiting.is_empty() {
            return;
        }
        let outcome = if *deleted {
            Err(LogError::Deleted)
        } else {
            self.write(&waiting)
        };
        match outcome {
            Ok((events, ends)) => {
                written(&events);
                for (append, end) in waiting.into_iter().zip(ends) {
                    // The caller may have gone away.
                    let _ = append.reply.send(Ok(end));
                }
            }
            Err(error) => {
                for append in waiting {
                    let _ = append.reply.send(Err(error.clone()));
                }
            }
        }
    }

    /// How many of the first events of an append stand in the stream already. Under the lock.
    fn repeated(&self, append: &Append) -> Result<u64, LogError> {
        let Some(from) = append.resumed_at else {
            return Ok(0);
        };
        let mut number = from;
        let mut fresh = append.events.iter();
        for segment in self.segments()? {
            if segment.first_sequence + segment.events <= from {
                continue;
            }
            let bytes =
                fs::read(segment.path(&self.folder)).map_err(LogError::io("read log events"))?;
            let known = usize::try_from(segment.bytes).unwrap_or(usize::MAX);
            let bytes = bytes.get(..known).unwrap_or(&bytes);
            for event in Records::new(bytes).filter(|event| event.sequence >= from) {
                let Some(fresh) = fresh.next() else {
                    return Ok(number - from);
                };
                let same =
                    event.timestamp_ms == fresh.timestamp_ms && event.message == fresh.message;
                if !same || event.sequence != number {
                    // Others write here, too: which of them are these nobody knows.
                    return Ok(0);
                }
                number += 1;
            }
        }
        Ok(number - from)
    }

    /// What was written, and the number after the last event of each append. Under the lock.
    fn write(&self, waiting: &[Append]) -> Result<(Vec<Event>, Vec<u64>), LogError> {
        self.load()?;
        let (mut segment, mut sequence) = {
            let index = self.index.read();
            let index = index.as_ref();
            let sequence = index.map_or(0, |index| index.next_sequence);
            let last = index.and_then(|index| index.segments.last()).copied();
            let active = last.filter(|last| !last.sealed && last.bytes < self.segment_bytes);
            (active.unwrap_or_else(|| Segment::empty(sequence)), sequence)
        };
        let (start, mut bytes, mut events) = (segment, Vec::new(), Vec::new());
        let mut ends = Vec::with_capacity(waiting.len());
        for append in waiting {
            let repeated = self.repeated(append)?;
            let fresh = append.events.iter();
            let fresh = fresh.skip(usize::try_from(repeated).unwrap_or(usize::MAX));
            if fresh.len() == 0 {
                ends.push(append.resumed_at.map_or(sequence, |from| from + repeated));
                continue;
            }
            for NewEvent {
                timestamp_ms,
                message,
            } in fresh
            {
                let (timestamp_ms, message) = (*timestamp_ms, message.clone());
                let event = Event {
                    timestamp_ms,
                    ingestion_ms: append.ingestion_ms,
                    sequence,
                    message,
                };
                record::encode(&event, &mut bytes);
                segment.add_event(&event);
                events.push(event);
                sequence += 1;
            }
            ends.push(sequence);
        }
        if events.is_empty() {
            return Ok((events, ends));
        }
        self.write_bytes(&start, &bytes)
            .map_err(LogError::io("write log events"))?;
        let mut index = self.index.write();
        let index = index.get_or_insert_default();
        index.next_sequence = sequence;
        if start.events > 0 {
            index.segments.pop();
        }
        if segment.bytes >= self.segment_bytes {
            seal(&self.folder, &mut segment);
        }
        index.segments.push(segment);
        Ok((events, ends))
    }

    /// Appends to a segment's file, durably; on failure the file is as before, as far as possible.
    fn write_bytes(&self, segment: &Segment, bytes: &[u8]) -> io::Result<()> {
        let path = segment.path(&self.folder);
        if segment.events > 0 {
            let file = OpenOptions::new().write(true).open(&path)?;
            let written = file
                .write_all_at(bytes, segment.bytes)
                .and_then(|()| file.sync_data());
            if written.is_err() {
                let _ = file.set_len(segment.bytes);
            }
            return written;
        }
        private_folder(&self.folder)?;
        if !self.folder.join(NAME_FILE).exists() {
            write_whole(&self.folder.join(NAME_FILE), self.name.as_bytes())?;
        }
        let create = || {
            let file = private_file(&path)?;
            file.set_len(0)?;
            file.write_all_at(&[&MAGIC, bytes].concat(), 0)?;
            file.sync_all()?;
            sync_folder(&self.folder)
        };
        let created = create();
        if created.is_err() {
            let _ = remove_file(&path);
        }
        created
    }

    /// Reads the folder, once, and repairs what a crash left. Under the lock.
    fn load(&self) -> Result<(), LogError> {
        if self.index.read().is_some() {
            return Ok(());
        }
        let loaded =
            Index::load(&self.folder).map_err(LogError::io("read a log stream's folder"))?;
        *self.index.write() = Some(loaded);
        Ok(())
    }

    fn ensure_loaded(&self) -> Result<(), LogError> {
        if self.index.read().is_some() {
            return Ok(());
        }
        let _lock = self.deleted.lock();
        self.load()
    }

    /// All segments.
    pub(crate) fn segments(&self) -> Result<Vec<Segment>, LogError> {
        self.ensure_loaded()?;
        let index = self.index.read();
        Ok(index
            .as_ref()
            .map(|index| index.segments.clone())
            .unwrap_or_default())
    }

    /// Offers a segment's events to a page, named `label`.
    pub(crate) fn read(
        &self,
        segment: &Segment,
        label: &Arc<str>,
        page: &mut PageBuilder,
    ) -> Result<(), LogError> {
        let Some(file) = self
            .open_segment(segment)
            .map_err(LogError::io("open a log segment"))?
        else {
            return Ok(());
        };
        // Not beyond what was durable when the segment was looked up.
        let mut bytes = Vec::with_capacity(usize::try_from(segment.bytes).unwrap_or_default());
        file.take(segment.bytes)
            .read_to_end(&mut bytes)
            .map_err(LogError::io("read log events"))?;
        let mut records = Records::new(&bytes);
        for event in records.by_ref() {
            page.offer(label, event);
        }
        if records.good as u64 != segment.bytes {
            let (path, good) = (segment.path(&self.folder), records.good as u64);
            return Err(LogError::Damaged {
                path,
                good,
                bytes: segment.bytes,
            });
        }
        Ok(())
    }

    /// A segment may have been sealed, that is renamed, since it was looked up, or may have
    /// expired.
    fn open_segment(&self, segment: &Segment) -> io::Result<Option<File>> {
        let index = self.index.read();
        let segments = index
            .as_ref()
            .map(|index| index.segments.as_slice())
            .unwrap_or_default();
        let first = segment.first_sequence;
        let now = segments
            .binary_search_by_key(&first, |segment| segment.first_sequence)
            .ok();
        match now.and_then(|at| segments.get(at)) {
            Some(now) => File::open(now.path(&self.folder)).map(Some),
            None => Ok(None),
        }
    }

    /// What the stream holds.
    pub(crate) fn stats(&self) -> Result<StreamStats, LogError> {
        let segments = self.segments()?;
        Ok(StreamStats {
            first_event_ms: segments.iter().map(|segment| segment.first_ms).min(),
            last_event_ms: segments.iter().map(|segment| segment.last_ms).max(),
            last_ingestion_ms: segments
                .iter()
                .map(|segment| segment.last_ingestion_ms)
                .max(),
            stored_bytes: segments.iter().map(Segment::counted_bytes).sum(),
            events: segments.iter().map(|segment| segment.events).sum(),
        })
    }

    /// Deletes the segments all of whose events are before a time; how many.
    pub(crate) fn expire(&self, before_ms: i64) -> Result<usize, LogError> {
        let deleted = self.deleted.lock();
        if *deleted {
            return Ok(0);
        }
        self.load()?;
        let mut index = self.index.write();
        let index = index.get_or_insert_default();
        let last = index.segments.last();
        if last.is_some_and(|segment| segment.last_ms < before_ms) {
            // The last segment is what tells the next number, also when earlier ones stay because
            // they hold later times; this keeps it, so that none is given twice.
            let marker = Segment::empty(index.next_sequence).path(&self.folder);
            let mark = || private_file(&marker).and_then(|_| sync_folder(&self.folder));
            mark().map_err(LogError::io("keep the next event's number"))?;
        }
        let (mut expired, mut failed) = (0, None);
        index.segments.retain(|segment| {
            if segment.last_ms >= before_ms || failed.is_some() {
                return true;
            }
            failed = remove_file(&segment.path(&self.folder)).err();
            expired += usize::from(failed.is_none());
            failed.is_some()
        });
        failed.map_or(Ok(expired), |error| {
            Err(LogError::io("expire log events")(error))
        })
    }

    /// Moves the folder away; later appends are refused. Whether there was one.
    pub(crate) fn delete(&self, trash: &Path) -> io::Result<bool> {
        let mut deleted = self.deleted.lock();
        // Readers look a segment up and open it under this lock.
        let mut index = self.index.write();
        let moved = move_away(&self.folder, trash)?;
        *deleted = true;
        *index = Some(Index::default());
        Ok(moved)
    }

    /// The group's folder is about to be moved away: show nothing, refuse later appends.
    pub(crate) fn forget(&self) {
        let mut deleted = self.deleted.lock();
        *deleted = true;
        *self.index.write() = Some(Index::default());
    }
}

/// Renames a folder; whether it was there.
pub(crate) fn move_away(folder: &Path, trash: &Path) -> io::Result<bool> {
    match fs::rename(folder, trash) {
        Ok(()) => folder.parent().map_or(Ok(()), sync_folder).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Gives a full segment its final name. When that fails it stays active, which the next load
/// repairs.
fn seal(folder: &Path, segment: &mut Segment) {
    let sealed = Segment {
        sealed: true,
        ..*segment
    };
    match fs::rename(segment.path(folder), sealed.path(folder)) {
        Ok(()) => *segment = sealed,
        Err(error) => tracing::warn!(%error, "a log segment could not be sealed"),
    }
}

impl Index {
    fn load(folder: &Path) -> io::Result<Self> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            entries => entries?,
        };
        let mut segments = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            segments.extend(name.to_str().and_then(Segment::from_name));
        }
        segments.sort_unstable_by_key(|segment| segment.first_sequence);
        let mut index = Self::default();
        for segment in segments {
            let segment = if segment.sealed {
                segment
            } else {
                repair(folder, segment)?
            };
            index.next_sequence = segment.first_sequence + segment.events;
            if segment.events > 0 {
                index.segments.push(segment);
            }
        }
        // Only one that ends at the next number can be written on.
        let next_sequence = index.next_sequence;
        for segment in index.segments.iter_mut().filter(|segment| {
            !segment.sealed && segment.first_sequence + segment.events < next_sequence
        }) {
            seal(folder, segment);
        }
        Ok(index)
    }
}

/// Reads an active segment and cuts off what was not written to its end. One without events only
/// says what the next number is; its file is written anew then.
fn repair(folder: &Path, segment: Segment) -> io::Result<Segment> {
    let path = segment.path(folder);
    let bytes = fs::read(&path)?;
    let mut segment = Segment::empty(segment.first_sequence);
    let mut records = Records::new(&bytes);
    for event in records.by_ref() {
        segment.add_raw(event);
    }
    if segment.events > 0 && records.good < bytes.len() {
        let cut = bytes.len() - records.good;
        tracing::warn!(path = %path.display(), bytes = cut, "cut the torn end of a log segment");
        let file = OpenOptions::new().write(true).open(&path)?;
        file.set_len(records.good as u64)?;
        file.sync_all()?;
    }
    Ok(segment)
}
