//! The record of every call: who called what, from where, what was decided about it and why.
//!
//! [`Recorder`] keeps [`CallRecord`]s in append-only segments under a folder, bounded by their
//! total size. [`Reader`] reads them, also from another process while the recorder writes.
//!
//! # What survives
//! - A record is written to its file at most [`FLUSH`] after its call was answered, so that it
//!   survives the end of the process; it is on the disk at most [`SYNC`] after that, so that it
//!   survives the end of the machine's power.
//! - A call waits while more than [`QUEUE_BYTES`] are queued; no record is dropped for want of room
//!   in the queue.
//! - What the disk refuses to take is counted, and a [`Lost`] entry tells of it once the disk takes
//!   entries again.
//!
//! # Invariants
//! - No secret is in a record: the parameters that the service models call sensitive stand as
//!   [`HIDDEN`].
//! - Every text in a record is bounded, so that no caller can push out the calls of the others with
//!   a few long ones.

mod call;
mod codec;
mod history;
mod reader;
mod recorder;
mod segment;
mod text;

pub use call::{
    CallKind, CallRecord, Closest, Considered, Decided, Deciding, FURTHER_MAX, Failed, Identity,
    IdentityKind, Key, Lost, Outcome, REQUEST_KEYS, Reason, Relief, Remedy, Text, Touched,
    USER_AGENT_MAX,
};
pub use history::{History, NoHistory, Pending, Recorded, Wanted};
pub use reader::{Entry, Position, Query, ReadError, Reader};
pub use recorder::{FLUSH, QUEUE_BYTES, Recorder, RecorderError, SYNC};
pub use text::{HIDDEN, PARAMETERS_MAX, TEXT_MAX, shorten};

/// The folder of the record in a data directory.
pub const FOLDER: &str = "record";

/// How many bytes the record takes at most unless told otherwise: 256 MiB.
pub const BYTES_MAX: u64 = 256 * 1024 * 1024;
