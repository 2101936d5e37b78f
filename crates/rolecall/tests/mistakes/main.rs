//! Mistakes that users of ECS make: each is denied, `rolecall explain` names the cause, and what it
//! proposes makes the very same call pass.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod lab;
mod organization;
mod others;
mod own;
