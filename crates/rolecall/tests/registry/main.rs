//! Everything that the binary serves, held to what must be true of all of it: each operation of
//! the models is built or listed as not built, each built one is denied without a policy and
//! passes with the exact one, and what it asks to be allowed is what AWS asks.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests read files and fail by panicking"
)]

mod advice;
mod authorization_data;
mod callers;
mod depth;
mod house;
#[path = "../../src/log_events.rs"]
mod log_events;
mod not_built;
mod organization;
mod policies;
mod sample;
mod server;
mod signatures;
mod trust;
mod walk;
