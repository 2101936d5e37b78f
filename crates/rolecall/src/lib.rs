//! What the binary serves, for the tests that walk over all of it.
//!
//! The wiring itself is private to the binary; here is only what can be said without starting
//! anything: the operations, the kinds of document that they store, and what `rolecall explain`
//! says of a record.

pub mod explain;
pub mod operations;

pub use operations::{kinds, operations};
