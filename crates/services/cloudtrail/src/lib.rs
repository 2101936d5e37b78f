//! The CloudTrail service: the record of calls in CloudTrail's shape.
//!
//! `LookupEvents` reads the record of every call through the port
//! [`History`](rolecall_record::History). There are no trails: nothing delivers events to buckets
//! or to CloudWatch Logs, so those of their operations that only read find none, and the others are
//! not built.

pub mod event;
pub mod trail;

mod errors;

use rolecall_op::Registry;
use rolecall_store::KindInfo;

/// The kinds of document that this crate defines, for opening a store: none.
pub fn kinds() -> Vec<KindInfo> {
    Vec::new()
}

/// `registry` with the operations of this service.
pub fn register(registry: Registry) -> Registry {
    trail::register(event::register(registry))
}
