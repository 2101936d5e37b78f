//! The tests of bytes at rest.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod content;
mod kill;
mod logs;
mod model;
#[cfg(test)]
mod resumed;
