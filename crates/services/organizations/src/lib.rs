//! The organizations service: one file per operation.
//!
//! The documents are those of [`rolecall_identity::organization`], since every call of every
//! service is decided under them. The account that the server was started with is the management
//! account; an account made here is served by the same server, and its administrator is the role
//! that the management account may assume in it.
//!
//! # Invariants
//! - Only the management account changes anything; a member may ask what organization it is in.
//! - A new root, unit or account gets AWS's own policy of each enabled type.
//! - A refused caller does not learn what is there: ARNs follow from what was asked.

pub mod account;
pub mod organization;
pub mod policy;
pub mod service_access;
pub mod tagging;
pub mod unit;

mod access;
mod errors;
mod find;
mod listing;
mod shapes;
mod tags;

use rolecall_op::Registry;
use rolecall_store::KindInfo;

/// The kinds of document that this crate defines, for opening a store.
pub fn kinds() -> Vec<KindInfo> {
    vec![KindInfo::of::<account::Creation>()]
}

/// `registry` with the operations of this service.
pub fn register(registry: Registry) -> Registry {
    let registry = organization::register(registry);
    let registry = unit::register(registry);
    let registry = account::register(registry);
    let registry = policy::register(registry);
    let registry = service_access::register(registry);
    tagging::register(registry)
}
