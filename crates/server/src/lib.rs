//! The HTTP server: connections, limits, drain, and the way of each request to whoever serves it.
//!
//! Everything goes to the pipeline, but for path prefixes that other handlers were put under (the
//! image registry's `/v2/`, the health check).

mod connection;
mod limits;
mod serve;
mod sources;

pub use connection::{Body, Handler, Peer, full, text};
pub use limits::{Limits, TooLarge, read_body};
pub use serve::{Server, ServerError};
