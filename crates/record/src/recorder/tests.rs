//! What is kept is found again, newest first, within the bound.

use super::*;
use crate::call::tests::{call, denied};
use crate::{Query, Reader};

fn ids(reader: &Reader, query: Query) -> Vec<String> {
    let calls = reader.calls(query).map(|entry| entry.unwrap().call);
    calls.map(|call| call.request_id.into_owned()).collect()
}

#[tokio::test]
async fn what_is_flushed_is_found_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), crate::BYTES_MAX).unwrap();
    for number in 0..5 {
        recorder.keep(if number == 3 {
            denied(number)
        } else {
            call(number)
        });
    }
    recorder.flushed().await;
    let reader = Reader::new(folder.path());
    let all = [
        "request-4",
        "request-3",
        "request-2",
        "request-1",
        "request-0",
    ];
    assert_eq!(ids(&reader, Query::default()), all);
    assert_eq!(ids(&reader, Query::denied()), ["request-3"]);
    assert_eq!(reader.find("request-2").unwrap(), Some(call(2).expanded()));
    assert_eq!(reader.find("request-9").unwrap(), None);
    let denied = denied(3);
    let reason = denied.denial().unwrap().message.clone().unwrap();
    let behind = reader.behind(&format!("task stopped: {reason}.")).unwrap();
    assert_eq!(behind.unwrap().request_id, "request-3");

    let middle = Query {
        since: Some(call(1).at),
        until: Some(call(3).at),
        ..Query::default()
    };
    assert_eq!(
        ids(&reader, middle),
        ["request-3", "request-2", "request-1"]
    );
    for principal in [
        "ci",
        "AROAEXAMPLE",
        "ASIAEXAMPLE",
        "arn:aws:iam::123456789012:role/ci",
    ] {
        let query = Query {
            principal: Some(principal.to_owned()),
            session_name: Some("s1".to_owned()),
            ..Query::default()
        };
        assert_eq!(ids(&reader, query).len(), 5, "{principal}");
    }
    let third = reader.calls(Query::default()).nth(2).unwrap().unwrap();
    let older = Query {
        before: Some(third.position),
        ..Query::default()
    };
    assert_eq!(ids(&reader, older), ["request-1", "request-0"]);
}

#[tokio::test]
async fn a_later_run_goes_on_after_a_torn_end() {
    let folder = tempfile::tempdir().unwrap();
    let first = Recorder::open(folder.path(), crate::BYTES_MAX).unwrap();
    first.keep(call(1));
    first.keep(call(2));
    first.close();
    let path = crate::segment::path(folder.path(), 1);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();

    let second = Recorder::open(folder.path(), crate::BYTES_MAX).unwrap();
    second.keep(call(3));
    second.flushed().await;
    let reader = Reader::new(folder.path());
    assert_eq!(ids(&reader, Query::default()), ["request-3", "request-1"]);
}

#[tokio::test]
async fn the_oldest_calls_go_when_the_bound_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), 0).unwrap();
    for number in 0..4_000 {
        recorder.keep(call(number));
        recorder.room().await;
    }
    recorder.flushed().await;
    let sizes = crate::segment::list(folder.path()).unwrap();
    let total: u64 = sizes.iter().map(|(_, bytes)| bytes).sum();
    assert!(total <= 1024 * 1024, "{total} bytes");
    assert!(total > 900 * 1024, "{total} bytes");
    assert!(sizes.len() > 20);
    let kept = ids(&Reader::new(folder.path()), Query::default());
    assert_eq!(kept[0], "request-3999");
    assert!(kept.len() > 500 && kept.len() < 4_000);
    // The bound holds for a record that was larger before, too.
    drop(recorder);
}

#[tokio::test]
async fn calls_wait_while_the_queue_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), crate::BYTES_MAX).unwrap();
    let mut large = call(0);
    large.parameters = Some("x".repeat(crate::PARAMETERS_MAX).into());
    // Faster than a disk.
    for _ in 0..1_000 {
        recorder.keep(large.clone());
        recorder.room().await;
    }
    recorder.flushed().await;
    let all = ids(&Reader::new(folder.path()), Query::default());
    assert_eq!(all.len(), 1_000);

    // A writer that has ended takes nothing, so that the queue stays full until one does.
    let shared = Arc::clone(&recorder.0.0);
    recorder.close();
    shared.queue.lock().closed = false;
    let frame = vec![0; QUEUE_BYTES / 4];
    for part in 1..=4 {
        assert!(!shared.full.load(Ordering::Acquire), "{part}");
        recorder.queue(&frame, None);
    }
    let waiting = tokio::spawn({
        let recorder = recorder.clone();
        async move { recorder.room().await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    shared.queue.lock().frames.clear();
    shared.full.store(false, Ordering::Release);
    shared.done_async.notify_waiters();
    waiting.await.unwrap();
    recorder.room_blocking();
}

#[tokio::test]
async fn calls_of_many_threads_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), crate::BYTES_MAX).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let recorder = recorder.clone();
            scope.spawn(move || {
                for number in 0..500 {
                    recorder.keep(call(thread * 1_000 + number));
                }
            });
        }
    });
    recorder.close();
    recorder.keep(call(9));
    let mut all = ids(&Reader::new(folder.path()), Query::default());
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 2_000);
}

#[tokio::test]
async fn what_the_disk_does_not_take_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("record");
    let recorder = Recorder::open(&inner, crate::BYTES_MAX).unwrap();
    std::fs::remove_dir(&inner).unwrap();
    recorder.keep(call(1));
    recorder.queue(&[], Some("a record that cannot be made".to_owned()));
    recorder.flushed().await;
    std::fs::create_dir(&inner).unwrap();
    recorder.keep(call(2));
    recorder.flushed().await;
    let reader = Reader::new(&inner);
    assert_eq!(ids(&reader, Query::default()), ["request-2"]);
    let lost = reader.lost().unwrap();
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].calls, 2);
}
