//! What is kept of a provider, with answers that the tests give in its place.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn keys(id: &str) -> Arc<KeySet> {
    let (x, y) = ("A".repeat(43), "A".repeat(43));
    let text =
        format!(r#"{{"keys":[{{"kty":"EC","crv":"P-256","kid":"{id}","x":"{x}","y":"{y}"}}]}}"#);
    Arc::new(KeySet::parse(text.as_bytes()).unwrap())
}

fn down() -> Fetched {
    Err(FetchError::Unreachable("503".to_owned()))
}

async fn with_good() -> Kept {
    let kept = Kept::default();
    let first = kept.keys(Some("good"), || async { Ok(keys("good")) }).await;
    assert!(first.unwrap().has(Some("good")));
    kept
}

#[tokio::test]
async fn a_failure_does_not_take_the_place_of_good_keys() {
    let kept = with_good().await;
    let later = Instant::now() + AGAIN;
    assert!(kept.state().answer(Some("evil"), later).is_none(), "asked");
    kept.state().fetched(&down(), later);
    let answer = kept.state().answer(Some("good"), later).unwrap();
    assert!(answer.unwrap().has(Some("good")));
    // Another unknown key is answered from what is known, until it is time to ask again.
    let almost = later + AGAIN - Duration::from_millis(1);
    let answer = kept.state().answer(Some("evil"), almost).unwrap();
    assert!(!answer.unwrap().has(Some("evil")));
    assert!(kept.state().answer(Some("evil"), later + AGAIN).is_none());
}

#[tokio::test]
async fn known_keys_do_not_wait_for_the_provider() {
    let kept = Arc::new(with_good().await);
    let asked = Arc::new(AtomicUsize::new(0));
    // So long ago that an unknown key makes the provider be asked.
    kept.state().asked = None;
    let (begin, begun) = tokio::sync::oneshot::channel::<()>();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let (of_evil, count) = (Arc::clone(&kept), Arc::clone(&asked));
    let mut evil = tokio::task::JoinSet::new();
    evil.spawn(async move {
        let fetch = || async move {
            count.fetch_add(1, Ordering::SeqCst);
            begin.send(()).unwrap();
            ended.await.unwrap();
            down()
        };
        of_evil.keys(Some("evil"), fetch).await
    });
    begun.await.unwrap();
    let never = || async { unreachable!("the key is known") };
    let good = kept.keys(Some("good"), never).await;
    assert!(good.unwrap().has(Some("good")));
    end.send(()).unwrap();
    assert_eq!(evil.join_next().await.unwrap().unwrap(), down());
    let again = kept.keys(Some("evil"), never).await.unwrap();
    assert!(!again.has(Some("evil")), "not asked again so soon");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn keys_are_asked_for_again_when_they_are_old_and_failures_stand_for_a_moment() {
    let kept = with_good().await;
    let old = Instant::now() + FRESH;
    assert!(kept.state().answer(Some("good"), old).is_none());
    kept.state().fetched(&down(), old);
    assert_eq!(kept.state().answer(Some("good"), old), Some(down()));
    let later = old + AFTER_FAILURE;
    assert!(kept.state().answer(Some("good"), later).is_none());
    kept.state().fetched(&Ok(keys("new")), later);
    let answer = kept.state().answer(Some("new"), later).unwrap();
    assert!(answer.unwrap().has(Some("new")));
}
