//! The CloudWatch Logs service: one file per operation.
//!
//! Groups and streams are documents; their events are bytes, reached through the port
//! [`LogEvents`]. A group's events are kept under an id that the group is given when it is made, so
//! that a group made anew under the same name never shows the events of the old one.
//!
//! # Invariants
//! - PutLogEvents answers after the events are on the disk.
//! - A group's or stream's name is never part of a path; the port gets ids.

pub mod event;
pub mod events;
pub mod group;
pub mod stream;

mod access;
mod documents;
mod errors;
mod names;
mod pattern;
mod tokens;

pub use documents::{LogGroup, LogStream};
pub use events::{
    EventPage, EventStore, GroupEvent, GroupPage, GroupPosition, LogEvents, Position, ReadLimits,
    StoreFault, StoredEvent, StreamFigures,
};

use rolecall_op::Registry;
use rolecall_store::KindInfo;

/// The kinds of document that this crate defines, for opening a store.
pub fn kinds() -> Vec<KindInfo> {
    vec![KindInfo::of::<LogGroup>(), KindInfo::of::<LogStream>()]
}

/// `registry` with the operations of this service.
pub fn register(registry: Registry) -> Registry {
    event::register(stream::register(group::register(registry)))
}
