//! One container's output, shipped while it runs.
//!
//! What is acknowledged by PutLogEvents is written down (an offset and a token per container), so
//! that after a restart shipping goes on there: no gap. A batch whose acknowledgement was lost, or
//! not written down before the end of the process, is put again; by the token the service knows
//! that it has it. What is refused stays in the container's log on disk and is tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rolecall_api::logs::{PutLogEvents, PutLogEventsRequest};
use rolecall_engine::{LogItem, LogReader};
use tokio::sync::watch;
use tokio::time::Instant;

use super::LogTarget;
use super::batch::Batch;
use crate::aws::{self, Failure};
use crate::records::Shipped;
use crate::shared::Shared;

/// Lines are gathered for this long after a put, so that busy containers make fewer calls.
const GATHER: Duration = Duration::from_millis(150);
/// An event of several lines is ended when nothing follows for this long.
const OPEN_EVENT: Duration = Duration::from_millis(1000);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Before the token of the last answer: what comes may be there already. AWS ignores tokens.
const RESUMED: &str = "resume:";

/// What is wanted of a shipper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The container may write more.
    Follow,
    /// It will not: end when everything is shipped.
    Drain,
    /// The process ends: end now, between two calls.
    Stop,
}

/// Ships one container's output. Dropping it ends it at once.
pub(crate) struct Shipper {
    mode: watch::Sender<Mode>,
    failing: Arc<AtomicBool>,
    done: watch::Receiver<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Shipper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whose output goes where.
pub(crate) struct Source {
    pub(crate) task_arn: String,
    pub(crate) task_id: String,
    pub(crate) container: String,
    pub(crate) target: LogTarget,
    /// The token of the last answer that was written down; empty if there is none.
    pub(crate) token: String,
}

impl Shipper {
    pub(crate) fn start(shared: Arc<Shared>, source: Source, reader: LogReader) -> Self {
        let mode = watch::Sender::new(Mode::Follow);
        let failing = Arc::new(AtomicBool::new(false));
        let (finished, done) = watch::channel(false);
        let work = Work {
            batch: Batch::at(reader.offset()),
            kept: reader.offset(),
            token: source.token.clone(),
            shared,
            source,
            reader,
            mode: mode.subscribe(),
            failing: failing.clone(),
        };
        let task = tokio::spawn(async move {
            work.run().await;
            finished.send_replace(true);
        });
        Self {
            mode,
            failing,
            done,
            task,
        }
    }

    /// The container will write no more: ends when everything is shipped.
    pub(crate) fn drain(&self) {
        self.mode.send_if_modified(|mode| {
            let follows = *mode == Mode::Follow;
            if follows {
                *mode = Mode::Drain;
            }
            follows
        });
    }

    /// The process ends: no further call is made.
    pub(crate) fn stop(&self) {
        self.mode.send_replace(Mode::Stop);
    }

    /// Whether the last call was refused.
    pub(crate) fn failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Whether everything is shipped.
    pub(crate) fn has_ended(&self) -> bool {
        *self.done.borrow()
    }

    /// Returns when it has ended.
    pub(crate) async fn ended(&self) {
        let mut done = self.done.clone();
        let _ = done.wait_for(|done| *done).await;
    }
}

struct Work {
    shared: Arc<Shared>,
    source: Source,
    reader: LogReader,
    batch: Batch,
    /// The offset that stands on disk.
    kept: u64,
    /// The token of the last answer.
    token: String,
    mode: watch::Receiver<Mode>,
    failing: Arc<AtomicBool>,
}

impl Work {
    async fn run(mut self) {
        let mut not_before = Instant::now();
        loop {
            let mode = *self.mode.borrow_and_update();
            if mode == Mode::Stop {
                return;
            }
            match self.gather() {
                Ok(()) => {}
                Err(error) => {
                    self.warn(&aws::chain(&error));
                    if !self.pause(LONGEST_PAUSE).await {
                        return;
                    }
                    continue;
                }
            }
            if mode == Mode::Drain && !self.batch.full() {
                self.batch.close();
            }
            let due = self.batch.full() || mode == Mode::Drain || Instant::now() >= not_before;
            if !self.batch.is_empty() && due {
                if !self.put().await {
                    return;
                }
                not_before = Instant::now() + GATHER;
                continue;
            }
            if self.batch.is_empty() {
                // Marks and empty lines need no call.
                self.keep();
                if mode == Mode::Drain {
                    return;
                }
            }
            self.wait(not_before).await;
        }
    }

    /// Takes what is there, as far as the batch has room.
    fn gather(&mut self) -> rolecall_engine::Result<()> {
        while !self.batch.full() {
            let Some(item) = self.reader.try_next()? else {
                break;
            };
            self.take(&item);
        }
        Ok(())
    }

    fn take(&mut self, item: &LogItem) {
        match item {
            LogItem::Line(record) => {
                self.batch
                    .push(record, self.source.target.multiline.as_ref());
            }
            LogItem::End { next_offset } => self.batch.skip_to(*next_offset),
            LogItem::Gap { bytes, next_offset } => {
                self.warn(&format!(
                    "{bytes} bytes of its log were dropped before they were shipped"
                ));
                self.batch.skip_to(*next_offset);
            }
        }
    }

    /// Waits for more output, for the time of the next call, or for another mode.
    async fn wait(&mut self, not_before: Instant) {
        let held = !self.batch.is_empty();
        let open = self.batch.has_open();
        let limit = if held {
            not_before
        } else {
            Instant::now() + OPEN_EVENT
        };
        let timed_out = tokio::select! {
            item = self.reader.next() => {
                match item {
                    Ok(item) => self.take(&item),
                    Err(error) => {
                        self.warn(&aws::chain(&error));
                        tokio::time::sleep(FIRST_PAUSE).await;
                    }
                }
                false
            }
            _ = self.mode.changed() => false,
            () = tokio::time::sleep_until(limit), if held || open => true,
        };
        if timed_out && !held {
            self.batch.close();
        }
    }

    /// Puts the batch, again and again until it is acknowledged. False: ended meanwhile.
    async fn put(&mut self) -> bool {
        let events = self.batch.events();
        let mut pause = FIRST_PAUSE;
        loop {
            if *self.mode.borrow() == Mode::Stop {
                return false;
            }
            let error = match self.call(events.clone()).await {
                Ok(token) => {
                    self.token = token;
                    break;
                }
                Err(error) => error,
            };
            if error.is("DataAlreadyAcceptedException") {
                break;
            }
            if error.is("InvalidParameterException") {
                self.warn(&format!(
                    "{} events were refused for good: {error}",
                    events.len()
                ));
                break;
            }
            self.warn(&error.to_string());
            if error.is("ResourceNotFoundException") {
                self.make_stream().await;
            }
            if !self.pause(pause).await {
                return false;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        if self.failing.swap(false, Ordering::Relaxed) {
            let Source {
                task_id, container, ..
            } = &self.source;
            tracing::info!(task = task_id, container, "its log events are taken again");
        }
        self.batch.next();
        self.keep();
        true
    }

    /// Puts a batch that may have been put before; the token of the answer.
    async fn call(
        &self,
        events: Vec<rolecall_api::logs::InputLogEvent>,
    ) -> Result<String, Failure> {
        let Source {
            task_arn, target, ..
        } = &self.source;
        let credentials = self.shared.credentials.execution(task_arn);
        let credentials = credentials
            .ok_or_else(|| Failure::other("the execution role's credentials are not here"))?;
        let input = PutLogEventsRequest {
            log_group_name: Some(target.group.clone()),
            log_stream_name: Some(target.stream.clone()),
            log_events: Some(events),
            sequence_token: Some(format!("{RESUMED}{}", self.token)),
            ..PutLogEventsRequest::default()
        };
        let client = target.client(&self.shared.clients);
        let output = aws::call::<PutLogEvents>(&client, &credentials, input).await?;
        if output.rejected_log_events_info.is_some() {
            self.warn("some events are outside the time that CloudWatch Logs takes");
        }
        Ok(output.next_sequence_token.unwrap_or_default())
    }

    /// Somebody deleted the stream while the container runs.
    async fn make_stream(&self) {
        let Source {
            task_arn, target, ..
        } = &self.source;
        if let Some(credentials) = self.shared.credentials.execution(task_arn)
            && let Err(error) = target.ensure(&self.shared.clients, &credentials).await
        {
            tracing::debug!(error, "the log stream is not made again");
        }
    }

    /// Writes down how far everything is shipped, and frees what lies before.
    fn keep(&mut self) {
        let offset = self.batch.offset();
        if offset == self.kept {
            return;
        }
        let Source {
            task_id, container, ..
        } = &self.source;
        let shipped = Shipped {
            offset,
            token: self.token.clone(),
        };
        let records = &self.shared.records;
        if let Err(error) = records.set_shipped(task_id, container, &shipped) {
            tracing::warn!(task = task_id, container, %error, "its log position cannot be kept");
            return;
        }
        self.kept = offset;
        if let Err(error) = self.reader.discard_before(offset) {
            tracing::warn!(task = task_id, container, error = %aws::chain(&error), "its log grows");
        }
    }

    /// Sleeps, but not over the end of the process. False: it ends.
    async fn pause(&mut self, pause: Duration) -> bool {
        let stopped = self.mode.wait_for(|mode| *mode == Mode::Stop);
        tokio::time::timeout(pause, stopped).await.is_err()
    }

    /// Says what is wrong once, until it is right again.
    fn warn(&self, error: &str) {
        let Source {
            task_id, container, ..
        } = &self.source;
        if self.failing.swap(true, Ordering::Relaxed) {
            tracing::debug!(
                task = task_id,
                container,
                error,
                "its log events are not taken"
            );
        } else {
            tracing::warn!(
                task = task_id,
                container,
                error,
                "its log events are not taken"
            );
        }
    }
}
