//! Where committed documents go: the interface of the engines, and the memory one.

pub(crate) mod embedded;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::CommitError;
use crate::snapshot::Revision;

/// The rows of one durable commit: the last write of each document.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) rows: BTreeMap<(&'static str, Arc<str>), Option<Row>>,
    /// The newest revision that the batch holds.
    pub(crate) revision: Revision,
}

/// One stored document.
pub(crate) struct Row {
    pub(crate) version: u32,
    pub(crate) created: Revision,
    pub(crate) modified: Revision,
    pub(crate) json: Vec<u8>,
}

/// Makes batches durable, all or nothing.
pub(crate) trait Engine: Send {
    /// Returns after the batch is safe from a crash of the process and of the machine.
    fn commit(&mut self, batch: &Batch) -> Result<(), CommitError>;
}

/// Keeps nothing: the documents live in the published state.
pub(crate) struct MemoryEngine;

impl Engine for MemoryEngine {
    fn commit(&mut self, _batch: &Batch) -> Result<(), CommitError> {
        Ok(())
    }
}
