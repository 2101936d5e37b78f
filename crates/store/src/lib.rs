//! Typed, versioned documents: snapshots, transactions, watch; embedded and memory engines.
//!
//! Every resource is a [`Document`]: a serde type with a `KIND`, a stored `VERSION` and, when the
//! version grew, an [`upgrade`](Document::upgrade) from the one before. A [`Store`] holds all
//! documents in memory as typed values in persistent ordered maps, so that a [`Snapshot`] (one
//! revision of everything) costs one pointer. Writes go through [`Store::transact`]: a pure
//! function over a [`Txn`] that records what it read; one writer checks those reads against the
//! newest revision, runs the function again when they changed, and makes the writes of everyone who
//! waits durable in one commit. [`Watch`] and [`KindWatch`] tell what changed.
//!
//! # Documents that cannot be decoded
//!
//! `get` answers `Option`, never `Result`, and "absent" is always true: [`Store::open`] is given
//! the list of kinds ([`KindInfo`]) and decodes every stored document before it returns. A document
//! of an unknown kind, of a newer version, or that its type refuses makes the open fail, naming the
//! document. In the other direction a document is decoded once from its own encoding before it is
//! written, and a kind that the store was not opened with cannot be written; so what is on the disk
//! can always be opened again by the program that wrote it.
//!
//! # Invariants
//!
//! - Revisions are consecutive: each transaction that writes makes exactly one, and `modified` of a
//!   document is the revision of the transaction that wrote it last.
//! - A snapshot is published only after its writes are durable; a transaction is answered only
//!   after that.
//! - A transaction's function may run several times, on any thread, and sees one consistent
//!   revision each time.
//! - The memory engine uses no thread and no clock: the caller's thread does the commit.

mod document;
mod engine;
mod error;
mod open;
mod snapshot;
mod store;
mod txn;
mod watch;
mod writer;

pub use document::{DecodeError, Document, KindInfo, UpgradeError};
pub use error::{CommitError, OpenError, TransactError, TxnFault};
pub use snapshot::{Doc, Revision, Snapshot};
pub use store::{Committed, Options, Store};
pub use txn::Txn;
pub use watch::{Change, Commit, KindWatch, Watch, WatchError};
