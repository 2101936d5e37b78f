//! The thread that writes the record, and the segments that it writes.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use rolecall_base::Timestamp;

use super::{FLUSH, QUEUE_BYTES, SYNC, Shared};
use crate::call::Lost;
use crate::segment::{self, MAGIC};

/// The record is dropped in pieces of about this part of the whole.
const PARTS: u64 = 32;
const SEGMENT_MIN: u64 = 32 * 1024;
const SEGMENT_MAX: u64 = 16 * 1024 * 1024;
const TOTAL_MIN: u64 = 1024 * 1024;

/// How many bytes of memory are kept for the next batch.
const FRAMES_KEPT: usize = 4 * 1024 * 1024;

/// The files of the record.
pub(super) struct Segments {
    folder: PathBuf,
    total_max: u64,
    segment_max: u64,
    /// Number and size of the finished ones, the oldest first.
    sealed: VecDeque<(u64, u64)>,
    next: u64,
    open: Option<Open>,
}

struct Open {
    number: u64,
    file: File,
    bytes: u64,
}

impl Segments {
    /// Those in `folder`. Nothing is added to a segment of an earlier run: its end may be torn.
    pub(super) fn open(folder: &Path, total_max: u64) -> io::Result<Self> {
        let total_max = total_max.max(TOTAL_MIN);
        let mut segments = Self {
            folder: folder.to_owned(),
            total_max,
            segment_max: (total_max / PARTS).clamp(SEGMENT_MIN, SEGMENT_MAX),
            sealed: VecDeque::new(),
            next: 1,
            open: None,
        };
        for (number, bytes) in segment::list(folder)? {
            segments.next = number + 1;
            segments.sealed.push_back((number, bytes));
        }
        segments.make_room(0);
        Ok(segments)
    }

    /// Drops the oldest segments until `wanted` more bytes fit.
    fn make_room(&mut self, wanted: u64) {
        let open = self.open.as_ref().map_or(0, |open| open.bytes);
        let mut total = open + self.sealed.iter().map(|(_, bytes)| bytes).sum::<u64>();
        while total + wanted > self.total_max {
            let Some(bytes) = self.drop_oldest() else {
                return;
            };
            total -= bytes;
        }
    }

    fn drop_oldest(&mut self) -> Option<u64> {
        let (number, bytes) = self.sealed.pop_front()?;
        let path = segment::path(&self.folder, number);
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %path.display(), "drop the oldest calls of the record");
        }
        Some(bytes)
    }

    /// Writes whole frames. On an error nothing of them is left for a reader to find.
    fn write(&mut self, frames: &[u8]) -> io::Result<()> {
        let wanted = frames.len() as u64;
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.bytes + wanted > self.segment_max)
        {
            self.seal()?;
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.start(wanted)?,
        };
        match open.file.write_all(frames) {
            Ok(()) => {
                open.bytes += wanted;
                self.open = Some(open);
                Ok(())
            }
            Err(error) => {
                // Readers stop at a torn frame, so nothing may follow one.
                let _ = open.file.set_len(open.bytes);
                self.sealed.push_back((open.number, open.bytes));
                Err(error)
            }
        }
    }

    fn start(&mut self, wanted: u64) -> io::Result<Open> {
        self.make_room(wanted.max(self.segment_max));
        let number = self.next;
        let path = segment::path(&self.folder, number);
        let mut options = OpenOptions::new();
        // Only its owner reads who did what.
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.append(true).create_new(true).open(&path)?;
        self.next += 1;
        if let Err(error) = file.write_all(&MAGIC) {
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        Ok(Open {
            number,
            file,
            bytes: MAGIC.len() as u64,
        })
    }

    fn seal(&mut self) -> io::Result<()> {
        if let Some(open) = self.open.take() {
            self.sealed.push_back((open.number, open.bytes));
            open.file.sync_data()?;
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        match &self.open {
            Some(open) => open.file.sync_data(),
            None => Ok(()),
        }
    }
}

/// The thread that writes.
pub(super) struct Writer {
    shared: Arc<Shared>,
    segments: Segments,
    frames: Vec<u8>,
    /// When something was first written that the disk was not told to keep.
    unsynced: Option<Instant>,
    lost: Option<Lost>,
}

/// What the thread took from the queue, beside the frames.
struct Batch {
    calls: u64,
    failed: u64,
    why: Option<String>,
    closing: bool,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, segments: Segments) -> Self {
        Self {
            shared,
            segments,
            frames: Vec::new(),
            unsynced: None,
            lost: None,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let batch = self.wait();
            if batch.failed > 0 {
                self.lose(batch.failed, batch.why.unwrap_or_default());
            }
            self.write_all();
            {
                let mut queue = self.shared.queue.lock();
                queue.written += batch.calls;
                self.shared.done.notify_all();
            }
            self.shared.done_async.notify_waiters();
            let due = self.unsynced.is_some_and(|since| since.elapsed() >= SYNC);
            if due || batch.closing {
                self.sync();
            }
            if batch.closing {
                let mut queue = self.shared.queue.lock();
                queue.closed = true;
                queue.frames = Vec::new();
                self.shared.full.store(false, Ordering::Release);
                self.shared.done.notify_all();
                drop(queue);
                self.shared.done_async.notify_waiters();
                return;
            }
        }
    }

    /// Waits for work, and a little more so that many calls are written at once.
    fn wait(&mut self) -> Batch {
        let mut queue = self.shared.queue.lock();
        while queue.is_empty() && !queue.closing && !queue.hurry {
            match self.unsynced {
                None => self.shared.work.wait(&mut queue),
                Some(since) => {
                    let left = SYNC.saturating_sub(since.elapsed());
                    if left.is_zero() {
                        break;
                    }
                    self.shared.work.wait_for(&mut queue, left);
                }
            }
        }
        let until = Instant::now() + FLUSH;
        while !queue.is_empty()
            && queue.frames.len() < QUEUE_BYTES / 2
            && !queue.closing
            && !queue.hurry
        {
            let left = until.saturating_duration_since(Instant::now());
            if left < Duration::from_millis(1) {
                break;
            }
            self.shared.work.wait_for(&mut queue, left);
        }
        queue.hurry = false;
        std::mem::swap(&mut queue.frames, &mut self.frames);
        self.shared.full.store(false, Ordering::Release);
        Batch {
            calls: queue.queued - queue.written,
            failed: std::mem::take(&mut queue.failed),
            why: queue.why.take(),
            closing: queue.closing,
        }
    }

    /// Writes what was taken, in parts that are small beside a segment.
    fn write_all(&mut self) {
        let mut frames = std::mem::take(&mut self.frames);
        let part_max = usize::try_from(self.segments.segment_max / 4).unwrap_or(usize::MAX);
        let mut rest = frames.as_slice();
        loop {
            let (part, after) = rest.split_at(segment::first_frames(rest, part_max));
            self.write(part);
            rest = after;
            if part.is_empty() || rest.is_empty() {
                break;
            }
        }
        frames.clear();
        // One large batch shall not hold its memory forever.
        frames.shrink_to(FRAMES_KEPT);
        self.frames = frames;
    }

    /// Writes some frames, and first the note of those that were lost.
    fn write(&mut self, frames: &[u8]) {
        let mut noted = Vec::new();
        if let Some(lost) = &self.lost
            && let Err(error) = segment::add_lost(lost, &mut noted)
        {
            tracing::error!(%error, "note the lost calls");
        }
        let frames = if noted.is_empty() {
            frames
        } else {
            noted.extend_from_slice(frames);
            &noted
        };
        if frames.is_empty() {
            return;
        }
        let mut written = self.segments.write(frames);
        // A segment that goes makes more room than is needed here. If that does not help, others
        // fill the disk, and no old call shall make place for them.
        if let Err(error) = &written
            && error.kind() == io::ErrorKind::StorageFull
            && self.segments.drop_oldest().is_some()
        {
            written = self.segments.write(frames);
        }
        match written {
            Ok(()) => {
                self.lost = None;
                self.unsynced.get_or_insert_with(Instant::now);
            }
            Err(error) => {
                let calls = segment::Frames::count_calls(frames);
                self.lose(calls, error.to_string());
            }
        }
    }

    fn lose(&mut self, calls: u64, why: String) {
        tracing::error!(calls, why, "calls are not in the record");
        let lost = self.lost.get_or_insert_with(|| Lost {
            at: now(),
            calls: 0,
            why,
        });
        lost.calls += calls;
    }

    fn sync(&mut self) {
        self.unsynced = None;
        if let Err(error) = self.segments.sync() {
            tracing::error!(%error, "the disk does not keep the record");
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    Timestamp::from_epoch_millis(i64::try_from(ms).unwrap_or(i64::MAX))
}
