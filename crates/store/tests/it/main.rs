//! The store's tests: one suite for both engines, the disk, crashes, and a model.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a test"
)]

mod documents;
mod kill;
mod model;
mod reopen;
mod suite;

use std::convert::Infallible;

use rolecall_store::{Committed, Store, Txn};

/// Commits from a thread that has no runtime.
fn commit<T: Send + 'static>(
    store: &Store,
    mut f: impl FnMut(&mut Txn) -> T + Send + 'static,
) -> Committed<T> {
    store
        .transact_blocking(move |tx| Ok::<_, Infallible>(f(tx)))
        .unwrap()
}

/// Commits from a task.
async fn commit_async<T: Send + 'static>(
    store: &Store,
    mut f: impl FnMut(&mut Txn) -> T + Send + 'static,
) -> Committed<T> {
    let done = store.transact(move |tx| Ok::<_, Infallible>(f(tx)));
    done.await.unwrap()
}
