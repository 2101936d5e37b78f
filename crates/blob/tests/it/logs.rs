//! Log streams: order, pages, following, deletion, and what a crash leaves.

use std::path::{Path, PathBuf};

use rolecall_blob::{
    Cursor, Direction, GroupCursor, GroupKey, Limits, LogError, LogOptions, LogStore, NewEvent,
    Page, StreamKey, StreamStats, Streams, TailError, TimeRange,
};

pub(crate) fn group() -> GroupKey {
    GroupKey::new("123456789012/us-east-1", "/ecs/web \u{1f980}/../x")
}

fn event(timestamp_ms: i64, message: impl Into<String>) -> NewEvent {
    NewEvent {
        timestamp_ms,
        message: message.into(),
    }
}

async fn open(folder: &Path) -> LogStore {
    LogStore::open_with(folder, LogOptions { segment_bytes: 300 })
        .await
        .unwrap()
}

async fn page(store: &LogStore, key: &StreamKey, from: Cursor, direction: Direction) -> Page {
    let limits = Limits {
        events: 3,
        ..Limits::default()
    };
    store
        .read(key, from, direction, TimeRange::default(), limits)
        .await
        .unwrap()
}

fn texts(page: &Page) -> Vec<&str> {
    page.events
        .iter()
        .map(|event| event.message.as_str())
        .collect()
}

#[tokio::test]
async fn pages_forward_and_backward() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let key = group().stream("a");
    // Out of order across batches, and two at one time.
    for (time, text) in [
        (10, "a"),
        (20, "b"),
        (20, "c"),
        (5, "0"),
        (40, "e"),
        (30, "d"),
    ] {
        store
            .append(&key, 100 + time, vec![event(time, text)])
            .await
            .unwrap();
    }
    let one = page(&store, &key, Cursor::HEAD, Direction::Forward).await;
    assert_eq!((texts(&one), one.more), (vec!["0", "a", "b"], true));
    let two = page(&store, &key, one.forward, Direction::Forward).await;
    assert_eq!((texts(&two), two.more), (vec!["c", "d", "e"], false));
    let end = page(&store, &key, two.forward, Direction::Forward).await;
    assert_eq!(
        (texts(&end), end.forward),
        (vec![], two.forward),
        "stable at the end"
    );
    assert_eq!(
        texts(&page(&store, &key, end.backward, Direction::Backward).await),
        ["c", "d", "e"]
    );

    let last = page(&store, &key, Cursor::TAIL, Direction::Backward).await;
    assert_eq!((texts(&last), last.more), (vec!["c", "d", "e"], true));
    let first = page(&store, &key, last.backward, Direction::Backward).await;
    assert_eq!(texts(&first), ["0", "a", "b"]);
    let start = page(&store, &key, first.backward, Direction::Backward).await;
    assert_eq!((texts(&start), start.backward), (vec![], first.backward));

    store.append(&key, 200, vec![event(40, "f")]).await.unwrap();
    let new = page(&store, &key, end.forward, Direction::Forward).await;
    assert_eq!(texts(&new), ["f"]);
    assert_eq!(
        (new.events[0].ingestion_ms, new.events[0].sequence),
        (200, 6)
    );
}

#[tokio::test]
async fn an_empty_stream_can_be_followed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let key = group().stream("a");
    let empty = page(&store, &key, Cursor::TAIL, Direction::Backward).await;
    assert_eq!((texts(&empty), empty.forward), (vec![], Cursor::HEAD));
    assert_eq!(store.stats(&key).await.unwrap(), StreamStats::default());
    store.append(&key, 1, Vec::new()).await.unwrap();
    store
        .append(&key, 1, vec![event(7, "first")])
        .await
        .unwrap();
    let next = page(&store, &key, empty.forward, Direction::Forward).await;
    assert_eq!(texts(&next), ["first"]);
}

#[tokio::test]
async fn times_and_bytes_limit_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let key = group().stream("a");
    let events = (0..100).map(|n| event(n, format!("{n:04}"))).collect();
    store.append(&key, 1, events).await.unwrap();
    let range = TimeRange {
        start_ms: 20,
        end_ms: 30,
    };
    let read = |limits| store.read(&key, Cursor::HEAD, Direction::Forward, range, limits);
    let all = read(Limits::default()).await.unwrap();
    assert_eq!(
        (all.events[0].timestamp_ms, all.events.len(), all.more),
        (20, 10, false)
    );
    let two = read(Limits {
        events: 10,
        bytes: 60,
    })
    .await
    .unwrap();
    assert_eq!((two.events.len(), two.more), (2, true));
    let one = read(Limits {
        events: 10,
        bytes: 0,
    })
    .await
    .unwrap();
    assert_eq!(
        (one.events.len(), one.more),
        (1, true),
        "a page is never empty for its limits"
    );
}

#[tokio::test]
async fn streams_are_merged_by_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    for (stream, times) in [
        ("web/1", [1, 4, 7]),
        ("web/2", [2, 4, 8]),
        ("db", [3, 6, 9]),
    ] {
        for time in times {
            let key = group().stream(stream);
            store
                .append(&key, 1, vec![event(time, format!("{stream} {time}"))])
                .await
                .unwrap();
        }
    }
    let read = async |streams: Streams| {
        let (mut all, mut from) = (Vec::new(), GroupCursor::head());
        loop {
            let limits = Limits {
                events: 2,
                ..Limits::default()
            };
            let range = TimeRange {
                start_ms: 2,
                end_ms: 9,
            };
            let group = group();
            let page = store.read_group(&group, streams.clone(), from, range, limits);
            let page = page.await.unwrap();
            all.extend(page.events.into_iter().map(|event| event.event.message));
            from = page.next;
            if !page.more {
                return all.join(", ");
            }
        }
    };
    let all = "web/2 2, db 3, web/1 4, web/2 4, db 6, web/1 7, web/2 8";
    assert_eq!(read(Streams::All).await, all);
    assert_eq!(
        read(Streams::Prefix("web/".into())).await,
        "web/2 2, web/1 4, web/2 4, web/1 7, web/2 8"
    );
    let named = Streams::Named(vec!["db".into(), "absent".into(), "db".into()]);
    assert_eq!(read(named).await, "db 3, db 6");
    let names = store.streams(&group()).await.unwrap();
    assert_eq!(
        names.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["db", "web/1", "web/2"]
    );
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let key = group().stream("[$LATEST]\u{e9}");
    for n in 0..50 {
        store
            .append(&key, n, vec![event(n, format!("line {n}"))])
            .await
            .unwrap();
    }
    let before = store.stats(&key).await.unwrap();
    assert_eq!(
        (before.first_event_ms, before.last_event_ms),
        (Some(0), Some(49))
    );
    assert_eq!((before.last_ingestion_ms, before.events), (Some(49), 50));
    assert_eq!(before.stored_bytes, 10 * (6 + 26) + 40 * (7 + 26));
    drop(store);
    let store = open(folder.path()).await;
    assert_eq!(store.stats(&key).await.unwrap(), before);
    assert_eq!(
        store.stored_bytes(&group()).await.unwrap(),
        before.stored_bytes
    );
    store
        .append(&key, 50, vec![event(50, "line 50")])
        .await
        .unwrap();
    let limits = Limits::default();
    let range = TimeRange::default();
    let all = store
        .read(&key, Cursor::HEAD, Direction::Forward, range, limits)
        .await
        .unwrap();
    assert!(all.events.iter().map(|event| event.sequence).eq(0..=50));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_of_many_streams() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut tail = store.tail(&group());
    let mut tasks = Vec::new();
    for writer in 0..16 {
        let (store, key) = (store.clone(), group().stream(format!("s{}", writer % 4)));
        tasks.push(tokio::spawn(async move {
            for n in 0..20 {
                let events = vec![event(n, format!("{writer}/{n}")), event(n, "second")];
                store.append(&key, n, events).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let (range, limits) = (TimeRange::default(), Limits::default());
    let from = GroupCursor::head();
    let all = store
        .read_group(&group(), Streams::All, from, range, limits)
        .await
        .unwrap();
    assert_eq!(all.events.len(), 640);
    let mut followed = 0;
    while followed < 640 {
        followed += tail.next().await.unwrap().events.len();
    }
    assert_eq!(followed, 640);
    store.delete_group(&group()).await.unwrap();
    assert_eq!(tail.next().await.unwrap_err(), TailError::Closed);
}

/// Late events can make an earlier segment outlive the last one, which tells the next number.
#[tokio::test]
async fn no_number_is_given_twice_when_the_last_segment_expires_first() {
    let folder = tempfile::tempdir().unwrap();
    let (key, long) = (group().stream("a"), "x".repeat(300));
    let store = open(folder.path()).await;
    for time in [90, 10] {
        let event = event(time, long.clone());
        store.append(&key, time, vec![event]).await.unwrap();
    }
    assert_eq!(store.expire(&group(), 50).await.unwrap(), 1);
    drop(store);
    let store = open(folder.path()).await;
    store
        .append(&key, 99, vec![event(95, "next")])
        .await
        .unwrap();
    let page = page(&store, &key, Cursor::HEAD, Direction::Forward).await;
    let found = page.events.iter();
    let found: Vec<_> = found.map(|e| (e.timestamp_ms, e.sequence)).collect();
    assert_eq!(found, [(90, 0), (95, 2)]);
}

#[tokio::test]
async fn deletion_and_expiry() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let (a, b) = (group().stream("a"), group().stream("b"));
    for key in [&a, &b] {
        for n in 0..40 {
            store
                .append(key, n, vec![event(n, format!("line {n}"))])
                .await
                .unwrap();
        }
    }
    let (range, limits) = (TimeRange::default(), Limits::default());
    assert!(store.expire(&group(), 25).await.unwrap() > 2);
    let left = store
        .read(&a, Cursor::HEAD, Direction::Forward, range, limits)
        .await
        .unwrap();
    assert!(
        left.events
            .iter()
            .map(|event| event.timestamp_ms)
            .eq(25..40)
    );
    assert!(store.stats(&a).await.unwrap().events < 25);
    store.expire(&group(), 10).await.unwrap();
    let left = store
        .read(&a, Cursor::HEAD, Direction::Forward, range, limits)
        .await
        .unwrap();
    assert_eq!(left.events.len(), 15, "what expired stays so");
    store.expire(&group(), 1_000).await.unwrap();
    store
        .append(&a, 1_000, vec![event(1_000, "again")])
        .await
        .unwrap();
    let left = store
        .read(&a, Cursor::HEAD, Direction::Forward, range, limits)
        .await
        .unwrap();
    assert_eq!((left.events.len(), left.events[0].sequence), (1, 40));

    assert!(store.delete_stream(&a).await.unwrap());
    assert!(!store.delete_stream(&a).await.unwrap());
    assert_eq!(
        store.streams(&group()).await.unwrap(),
        std::slice::from_ref(&b.stream)
    );
    store
        .append(&a, 1, vec![event(2_000, "reborn")])
        .await
        .unwrap();
    assert_eq!(
        texts(&page(&store, &a, Cursor::HEAD, Direction::Forward).await),
        ["reborn"]
    );
    assert!(store.delete_group(&group()).await.unwrap());
    assert!(!store.delete_group(&group()).await.unwrap());
    assert!(store.streams(&group()).await.unwrap().is_empty());
    drop(store);
    let store = open(folder.path()).await;
    assert!(store.streams(&group()).await.unwrap().is_empty());
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "only the empty trash");
}

#[tokio::test]
async fn a_message_that_is_too_long_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let key = group().stream("a");
    let events = vec![event(1, "fine"), event(2, "x".repeat((4 << 20) + 1))];
    let refused = store.append(&key, 1, events).await.unwrap_err();
    assert!(matches!(refused, LogError::MessageTooLong { .. }));
    assert!(store.streams(&group()).await.unwrap().is_empty());
}

/// The segments of the only stream, with that extension.
fn segments(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let children = |path: &Path| -> Vec<PathBuf> {
        path.read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    };
    let folders: Vec<_> = children(folder)
        .into_iter()
        .filter(|path| !path.ends_with("trash"))
        .collect();
    let streams = folders
        .iter()
        .flat_map(|group| children(group))
        .filter(|path| path.is_dir());
    let files = streams.flat_map(|stream| children(&stream));
    files
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

#[tokio::test]
async fn a_torn_end_is_cut_and_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let key = group().stream("a");
    let store = open(folder.path()).await;
    for (n, text) in ["one", "two", "three"].into_iter().enumerate() {
        store
            .append(&key, 1, vec![event(n as i64, text)])
            .await
            .unwrap();
    }
    drop(store);
    let [file] = &segments(folder.path(), "active")[..] else {
        panic!("one active segment")
    };
    let whole = std::fs::read(file).unwrap();
    for cut in 0..=whole.len() {
        for garbage in [
            &b""[..],
            b"\x20\0\0\0garbage that is no record of any kind",
            &[0; 64],
        ] {
            std::fs::write(file, [&whole[..cut], garbage].concat()).unwrap();
            let store = open(folder.path()).await;
            let page_now = page(&store, &key, Cursor::HEAD, Direction::Forward).await;
            let left = texts(&page_now);
            assert!(
                ["one", "two", "three"].starts_with(&left[..]),
                "{cut}: {left:?}"
            );
            assert_eq!(left.len() == 3, cut == whole.len());
            store
                .append(&key, 2, vec![event(9, "after")])
                .await
                .unwrap();
            let all = page(
                &open(folder.path()).await,
                &key,
                Cursor::TAIL,
                Direction::Backward,
            )
            .await;
            assert_eq!(texts(&all).last(), Some(&"after"));
            assert_eq!(
                store.stats(&key).await.unwrap().events,
                left.len() as u64 + 1
            );
        }
    }
}

#[tokio::test]
async fn damage_in_a_sealed_segment_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let key = group().stream("a");
    let store = open(folder.path()).await;
    store
        .append(&key, 1, vec![event(1, "x".repeat(400)), event(2, "y")])
        .await
        .unwrap();
    let [file] = &segments(folder.path(), "sealed")[..] else {
        panic!("one sealed segment")
    };
    let mut bytes = std::fs::read(file).unwrap();
    bytes[100] ^= 1;
    std::fs::write(file, bytes).unwrap();
    let (range, limits) = (TimeRange::default(), Limits::default());
    let read = store
        .read(&key, Cursor::HEAD, Direction::Forward, range, limits)
        .await;
    assert!(
        matches!(read, Err(LogError::Damaged { good: 8, .. })),
        "{read:?}"
    );
}
