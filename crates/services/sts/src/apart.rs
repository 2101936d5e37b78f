//! Work that takes a while, beside the threads that serve calls.

use rolecall_base::AwsError;
use tokio::sync::Semaphore;

/// How many such works run at a time; the others wait for their turn.
const AT_A_TIME: usize = 2;

static TURNS: Semaphore = Semaphore::const_new(AT_A_TIME);

/// Does `work` on a thread of its own, where it holds up nobody else's call.
///
/// # Errors
/// An internal failure if the work does not end as it should.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AwsError> {
    let turn = TURNS.acquire().await.map_err(|_| AwsError::internal())?;
    // The turn goes with the work: a caller who hangs up does not make room for another.
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    done.await.map_err(|_| AwsError::internal())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread::yield_now;

    use super::*;

    /// On a runtime of one thread, which would stand still if the work were done there.
    #[tokio::test]
    async fn works_run_beside_the_calls_and_few_at_a_time() {
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let ended = Arc::new(std::sync::Mutex::new(ended));
        let mut works = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            let ended = Arc::clone(&ended);
            works.spawn(apart(move || {
                let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                ended.lock().unwrap().recv().unwrap();
                running.fetch_sub(1, Ordering::SeqCst);
            }));
        }
        while running.load(Ordering::SeqCst) < AT_A_TIME {
            yield_now();
            tokio::task::yield_now().await;
        }
        for _ in 0..6 {
            end.send(()).unwrap();
        }
        while let Some(work) = works.join_next().await {
            work.unwrap().unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), AT_A_TIME);
    }
}
