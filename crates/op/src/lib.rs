//! Operations and the one path that every call takes.
//!
//! [`Pipeline::serve`] is the request path, readable top to bottom: route, authenticate, decode,
//! validate, authorize, handle, commit, encode, record. [`Pipeline::invoke`] is the same path for
//! a call from inside Rolecall, which skips only the wire and the signature: the principal is
//! named by the code that calls, and is authorized like everyone else.
//!
//! # Invariants
//! - A handler takes [`Authorized`], and only the authorize step can make one.
//! - An operation that declares no access check is denied.
//! - A handler of an [`Operation`] has no clock, no randomness of its own, no I/O and no `await`;
//!   the store may run it again on newer documents, with the same ids drawn.

pub mod access;
pub mod audit;
mod authenticate;
mod authorize;
mod core;
mod events;
mod last_uses;
pub mod operation;
mod owner;
mod parameters;
mod pipeline;
pub mod ports;
mod record;
pub mod registry;
pub mod request;
mod ruling;
pub mod stored;

pub use access::{Access, AccessCheck, AccessRequest};
pub use authorize::condition_context;
pub use core::Settings;
pub use operation::{Authorized, DataContext, DataOperation, Operation, TokenOperation};
pub use pipeline::{Inbound, Pipeline};
pub use ports::Ports;
pub use registry::{Built, Registry};
pub use request::{Ids, RequestInfo, Transport};
pub use stored::Stored;
