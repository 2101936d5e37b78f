//! Bytes at rest: image layers and log events in a local folder.
//!
//! [`ContentStore`] keeps content-addressed blobs, with uploads that resume. [`LogStore`] keeps the
//! events of log streams in append-only segments, found by time. Both do their file work on tokio's
//! blocking threads, acknowledge only what is on the disk, and keep no file open for what is idle.
//! Neither locks its folder: the data directory is already locked by the store of documents.
//!
//! Folders are made with mode 0700 and files with 0600.

mod content;
mod digest;
mod files;
mod log;

pub use content::{BlobReader, ContentError, ContentStore, StoredBlob, UploadId};
pub use digest::{Digest, ParseDigestError};
pub use log::{
    Cursor, Direction, Event, GroupCursor, GroupEvent, GroupKey, GroupPage, Limits, LogError,
    LogOptions, LogStore, NewEvent, Page, StreamKey, StreamStats, Streams, Tail, TailBatch,
    TailError, TimeRange,
};
