//! Keeping the record: a bounded queue of bytes, and a thread that writes it away.
//!
//! A call becomes bytes where it was answered, borrowed from the request: that costs less than to
//! hand the parts of the request to another thread, which would have to free them.

mod writer;

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;

use crate::call::CallRecord;
use crate::segment;
use writer::{Segments, Writer};

/// How long an answered call waits at most until its record is written to its file.
pub const FLUSH: Duration = Duration::from_millis(50);

/// How long a written record waits at most until the disk is told to keep it.
pub const SYNC: Duration = Duration::from_secs(1);

/// How many bytes are queued at most before calls wait.
pub const QUEUE_BYTES: usize = 16 * 1024 * 1024;

/// Why the record could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The folder could not be made.
    #[error("make the folder of the record")]
    Folder(#[source] std::io::Error),
    /// Its segments could not be listed.
    #[error("list the segments of the record")]
    List(#[source] std::io::Error),
    /// The thread that writes could not be started.
    #[error("start the thread that writes the record")]
    Thread(#[source] std::io::Error),
}

/// The most bytes that a thread keeps to write its next call in.
const SCRATCH_MAX: usize = 64 * 1024;

thread_local! {
    /// Where a call becomes bytes, before the queue is locked.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

#[derive(Default)]
struct Queue {
    /// Whole frames of a segment.
    frames: Vec<u8>,
    /// How many were ever queued, and how many of them are in their file (or counted as lost).
    queued: u64,
    written: u64,
    /// How many could not become bytes, and why the first of them could not.
    failed: u64,
    why: Option<String>,
    /// Write what is queued now instead of waiting for more.
    hurry: bool,
    closing: bool,
    closed: bool,
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.failed == 0
    }

    fn is_full(&self) -> bool {
        self.frames.len() >= QUEUE_BYTES
    }
}

struct Shared {
    queue: Mutex<Queue>,
    /// Whether calls wait; says what the queue says, without its lock.
    full: AtomicBool,
    /// Wakes the writer.
    work: Condvar,
    /// Wakes whoever waits for room, or for what is written.
    done: Condvar,
    done_async: Notify,
}

/// Keeps records of calls. Cheap to clone; all clones write the same record.
#[derive(Clone)]
pub struct Recorder(Arc<Handle>);

/// The last one ends the writing thread.
struct Handle(Arc<Shared>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.queue.lock().closing = true;
        self.0.work.notify_one();
    }
}

impl Recorder {
    /// Keeps the record in `folder`, of at most `bytes_max` bytes (at least 1 MiB), and starts the
    /// thread that writes it. One recorder writes a folder at a time.
    ///
    /// # Errors
    /// [`RecorderError`].
    pub fn open(folder: &Path, bytes_max: u64) -> Result<Self, RecorderError> {
        std::fs::create_dir_all(folder).map_err(RecorderError::Folder)?;
        let segments = Segments::open(folder, bytes_max).map_err(RecorderError::List)?;
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            full: AtomicBool::new(false),
            work: Condvar::new(),
            done: Condvar::new(),
            done_async: Notify::new(),
        });
        let writer = Writer::new(Arc::clone(&shared), segments);
        std::thread::Builder::new()
            .name("record".to_owned())
            .spawn(move || writer.run())
            .map_err(RecorderError::Thread)?;
        Ok(Self(Arc::new(Handle(shared))))
    }

    /// Queues a call, its texts shortened to their bounds. Does not wait: a caller that can wait
    /// calls [`Recorder::room`] next.
    pub fn keep(&self, mut call: CallRecord<'_>) {
        call.bound();
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            let added = segment::add_call(&mut call, scratch);
            self.queue(scratch, added.err());
            scratch.shrink_to(SCRATCH_MAX);
        });
    }

    fn queue(&self, frame: &[u8], failed: Option<String>) {
        let shared = &*self.0.0;
        let mut queue = shared.queue.lock();
        if queue.closed {
            return;
        }
        let was_empty = queue.is_empty();
        let half = |queue: &Queue| queue.frames.len() >= QUEUE_BYTES / 2;
        let was_half = half(&queue);
        queue.frames.extend_from_slice(frame);
        queue.queued += 1;
        if let Some(why) = failed {
            queue.failed += 1;
            queue.why.get_or_insert(why);
        }
        // The writer sleeps without an end only while the queue is empty, and wakes for a queue
        // that is half full before its time.
        if was_empty || (!was_half && half(&queue)) {
            shared.work.notify_one();
        }
        if queue.is_full() {
            shared.full.store(true, Ordering::Release);
        }
    }

    /// Waits until the queue has room.
    pub async fn room(&self) {
        while self.0.0.full.load(Ordering::Acquire) {
            let woken = self.0.0.done_async.notified();
            if !self.0.0.full.load(Ordering::Acquire) {
                return;
            }
            woken.await;
        }
    }

    /// Waits until the queue has room, keeping the thread.
    pub fn room_blocking(&self) {
        if !self.0.0.full.load(Ordering::Acquire) {
            return;
        }
        let mut queue = self.0.0.queue.lock();
        while self.0.0.full.load(Ordering::Acquire) && !queue.closed {
            self.0.0.done.wait(&mut queue);
        }
    }

    /// Waits until everything that was queued before is in its file, where a reader finds it.
    pub async fn flushed(&self) {
        let wanted = {
            let mut queue = self.0.0.queue.lock();
            queue.hurry = true;
            self.0.0.work.notify_one();
            queue.queued
        };
        loop {
            let woken = self.0.0.done_async.notified();
            tokio::pin!(woken);
            // From here on a wake is not missed.
            woken.as_mut().enable();
            {
                let queue = self.0.0.queue.lock();
                if queue.written >= wanted || queue.closed {
                    return;
                }
            }
            woken.await;
        }
    }

    /// Writes what is queued, has the disk keep it, and ends the writing thread. What is queued
    /// afterwards is not kept.
    pub fn close(&self) {
        let mut queue = self.0.0.queue.lock();
        queue.closing = true;
        self.0.0.work.notify_one();
        while !queue.closed {
            self.0.0.done.wait(&mut queue);
        }
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.0.0.queue.lock().frames.len();
        write!(f, "Recorder({bytes} bytes queued)")
    }
}

#[cfg(test)]
mod tests;
