//! Steps that may fail by a panic: it ends the step, not the driver.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// Runs a step; whether it came to its end. What a driver remembers between steps is only what it
/// may forget, so that a step that was cut short leaves nothing that the next one would trip over.
pub(crate) async fn guarded(what: &'static str, step: impl Future<Output = ()>) -> bool {
    let ended = AssertUnwindSafe(step).catch_unwind().await;
    if ended.is_err() {
        tracing::error!(what, "a step panicked; it is tried again");
    }
    ended.is_ok()
}
