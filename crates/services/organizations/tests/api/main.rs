//! Organizations through the pipeline: the tree, accounts, and policies that really limit.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod access_report;
mod accounts;
mod common;
mod limits;
mod policies;
mod root_access;
mod simulator;
mod tree;
