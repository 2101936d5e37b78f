//! Organizations through the pipeline: the tree, accounts, and policies that really limit.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod accounts;
mod common;
mod limits;
mod policies;
mod tree;
