//! The record as operations read it: a port.

use std::future::Future;
use std::pin::Pin;

use crate::call::CallRecord;
use crate::reader::{Entry, Query, ReadError, Reader};
use crate::recorder::Recorder;

/// Decides whether a call belongs to an answer.
pub type Wanted = Box<dyn FnMut(&CallRecord<'static>) -> bool + Send>;

/// An answer that is waited for.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T, ReadError>> + Send>>;

/// The calls of the past.
pub trait History: Send + Sync {
    /// The calls that `query` looks for and `wanted` takes, the one that ended last first, at most
    /// `limit` of them. All calls that ended before are among those looked at.
    fn select(&self, query: Query, wanted: Wanted, limit: usize) -> Pending<Vec<Entry>>;
}

/// The record that this process writes.
#[derive(Clone, Debug)]
pub struct Recorded {
    recorder: Recorder,
    reader: Reader,
}

impl Recorded {
    /// What `recorder` keeps and `reader` finds.
    pub fn new(recorder: Recorder, reader: Reader) -> Self {
        Self { recorder, reader }
    }
}

impl History for Recorded {
    fn select(&self, query: Query, mut wanted: Wanted, limit: usize) -> Pending<Vec<Entry>> {
        let Self { recorder, reader } = self.clone();
        Box::pin(async move {
            recorder.flushed().await;
            let reading = tokio::task::spawn_blocking(move || {
                let mut found = Vec::new();
                for entry in reader.calls(query) {
                    if found.len() >= limit {
                        break;
                    }
                    let entry = entry?;
                    if wanted(&entry.call) {
                        found.push(entry);
                    }
                }
                Ok(found)
            });
            reading
                .await
                .unwrap_or_else(|stopped| Err(ReadError::Stopped(stopped.to_string())))
        })
    }
}

/// A history of nothing, where no record is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHistory;

impl History for NoHistory {
    fn select(&self, _: Query, _: Wanted, _: usize) -> Pending<Vec<Entry>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
