//! Errors of opening, transacting and committing.

use std::path::PathBuf;
use std::sync::Arc;

use crate::document::DecodeError;

/// Why the writer could not make a batch durable.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the commit did not become durable")]
pub struct CommitError {
    #[source]
    source: Arc<dyn std::error::Error + Send + Sync>,
}

impl CommitError {
    pub(crate) fn new(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            source: Arc::new(source),
        }
    }
}

/// A mistake of the program inside a transaction; nothing was written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TxnFault {
    /// The store was opened without this kind, so a written document could not be loaded again.
    #[error("kind `{kind}` is not among those that the store was opened with")]
    UnregisteredKind {
        /// The kind of the document.
        kind: &'static str,
    },
    /// Two types carry the same kind name.
    #[error("kind `{kind}` belongs to another type")]
    KindMismatch {
        /// The kind of the document.
        kind: &'static str,
    },
    /// The document does not encode to JSON that decodes to the same type.
    #[error("the {kind} `{key}` does not encode to JSON that its type reads")]
    Encode {
        /// The kind of the document.
        kind: &'static str,
        /// Its key.
        key: Arc<str>,
        /// What serde said.
        #[source]
        source: Arc<serde_json::Error>,
    },
}

/// Why a transaction wrote nothing.
#[derive(Debug, thiserror::Error)]
pub enum TransactError<E> {
    /// The transaction's own function refused.
    #[error("the transaction was refused")]
    Refused(E),
    /// The function used the store wrongly.
    #[error("the transaction was at fault")]
    Fault(#[source] TxnFault),
    /// The disk refused. Usually nothing was written, but like any failed fsync the outcome is
    /// unknown until the next open.
    #[error("commit")]
    Commit(#[source] CommitError),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

impl<E> TransactError<E> {
    /// The function's own error, if it is one.
    pub fn into_refused(self) -> Result<E, TransactError<std::convert::Infallible>> {
        match self {
            Self::Refused(e) => Ok(e),
            Self::Fault(e) => Err(TransactError::Fault(e)),
            Self::Commit(e) => Err(TransactError::Commit(e)),
            Self::Closed => Err(TransactError::Closed),
        }
    }
}

/// Why a data directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory could not be made or its permissions not set.
    #[error("prepare the data directory `{}`", path.display())]
    Directory {
        /// The data directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The lock file could not be made.
    #[error("lock the data directory `{}`", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Somebody else has it open.
    #[error("data directory `{}` is in use by {}", path.display(), holder(*process_id))]
    InUse {
        /// The data directory.
        path: PathBuf,
        /// The process that holds the lock, when it said so.
        process_id: Option<u32>,
    },
    /// The database file could not be opened.
    #[error("open the database `{}`", path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Two kinds of the list carry the same name, or a name holds a NUL byte.
    #[error("kind `{kind}` is listed twice or has an unusable name")]
    BadKind {
        /// The kind.
        kind: &'static str,
    },
    /// A stored document is of a kind that is not in the list.
    #[error("document `{key}` is of kind `{kind}`, which this program does not know")]
    UnknownKind {
        /// The stored kind.
        kind: String,
        /// Its key.
        key: String,
    },
    /// A stored row is not a document at all.
    #[error("a stored row is damaged: {reason}")]
    CorruptRow {
        /// What is wrong with it.
        reason: String,
    },
    /// A stored document does not decode.
    #[error("the {kind} `{key}` does not decode")]
    CorruptDocument {
        /// The kind.
        kind: &'static str,
        /// Its key.
        key: String,
        /// Why.
        #[source]
        source: DecodeError,
    },
    /// Upgraded documents could not be written back.
    #[error("write upgraded documents")]
    Upgrade(#[source] CommitError),
    /// The writer thread could not be started.
    #[error("start the writer thread")]
    Thread(#[source] std::io::Error),
}

fn holder(process_id: Option<u32>) -> String {
    process_id.map_or_else(
        || "another process".to_owned(),
        |id| format!("process {id}"),
    )
}
