//! Keeping the record: a bounded queue, and a thread that writes it away.

mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;

use crate::call::CallRecord;
use writer::{Segments, Writer};

/// How long an answered call waits at most until its record is written to its file.
pub const FLUSH: Duration = Duration::from_millis(50);

/// How long a written record waits at most until the disk is told to keep it.
pub const SYNC: Duration = Duration::from_secs(1);

/// How many calls are queued at most before others wait.
pub const QUEUE_RECORDS: usize = 16_384;

/// How many bytes of parameters and the like are queued at most before calls wait.
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

/// A record that is not made yet: that is done by the writing thread.
type Pending = Box<dyn FnOnce() -> CallRecord + Send>;

#[derive(Default)]
struct Queue {
    pending: Vec<Pending>,
    bytes: usize,
    /// How many were ever queued, and how many of them are in their file (or counted as lost).
    queued: u64,
    written: u64,
    /// Write what is queued now instead of waiting for more.
    hurry: bool,
    closing: bool,
    closed: bool,
}

impl Queue {
    fn is_full(&self) -> bool {
        self.pending.len() >= QUEUE_RECORDS || self.bytes >= QUEUE_BYTES
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

    /// Queues a record. `bytes` is about how much memory `make` holds; `make` runs in the writing
    /// thread. Does not wait: a caller that can wait calls [`Recorder::room`] next.
    pub fn keep(&self, bytes: usize, make: impl FnOnce() -> CallRecord + Send + 'static) {
        let mut queue = self.0.0.queue.lock();
        if queue.closed {
            return;
        }
        queue.pending.push(Box::new(make));
        queue.bytes += bytes;
        queue.queued += 1;
        // The writer sleeps without an end only while the queue is empty, and wakes for a queue
        // that is half full before its time.
        let count = queue.pending.len();
        if count == 1 || count == QUEUE_RECORDS / 2 || queue.bytes >= QUEUE_BYTES / 2 {
            self.0.0.work.notify_one();
        }
        if queue.is_full() {
            self.0.0.full.store(true, Ordering::Release);
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
        write!(
            f,
            "Recorder({} queued)",
            self.0.0.queue.lock().pending.len()
        )
    }
}

#[cfg(test)]
mod tests;
