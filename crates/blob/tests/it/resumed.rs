//! What is appended again because its answer was lost is not stored twice.

use rolecall_blob::{
    Cursor, Direction, Limits, LogOptions, LogStore, NewEvent, StreamKey, TimeRange,
};

use crate::logs::group;

async fn open(folder: &std::path::Path) -> LogStore {
    // So small that some of what is compared is in a sealed segment.
    let options = LogOptions { segment_bytes: 100 };
    LogStore::open_with(folder, options).await.unwrap()
}

/// Events of these letters, each at its own time.
fn events(letters: &str) -> Vec<NewEvent> {
    let event = |letter: char| NewEvent {
        timestamp_ms: i64::from(u32::from(letter)),
        message: letter.to_string(),
    };
    letters.chars().map(event).collect()
}

async fn text(store: &LogStore, key: &StreamKey) -> String {
    let page = store.read(
        key,
        Cursor::HEAD,
        Direction::Forward,
        TimeRange::default(),
        Limits::default(),
    );
    let events = page.await.unwrap().events;
    let mut numbered: Vec<_> = events.iter().map(|e| (e.sequence, &*e.message)).collect();
    numbered.sort_unstable();
    numbered.into_iter().map(|(_, message)| message).collect()
}

#[tokio::test]
async fn a_batch_whose_answer_was_lost_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let key = group().stream("a");
    assert_eq!(store.append(&key, 1, events("abcd")).await.unwrap(), 4);
    // The one who appended died before it heard; when it comes back there is more to append.
    drop(store);
    let store = open(folder.path()).await;
    let again = store.append_from(&key, 2, events("abcdef"), Some(0)).await;
    assert_eq!(again.unwrap(), 6);
    assert_eq!(text(&store, &key).await, "abcdef");
    // Less than before, and then the rest.
    let less = store.append_from(&key, 3, events("ef"), Some(4)).await;
    assert_eq!(less.unwrap(), 6);
    let less = store.append_from(&key, 3, events("abc"), Some(0)).await;
    assert_eq!(less.unwrap(), 3);
    let rest = store.append_from(&key, 3, events("defg"), Some(3)).await;
    assert_eq!(rest.unwrap(), 7);
    assert_eq!(text(&store, &key).await, "abcdefg");
    // Nothing is lost in the ordinary case.
    let next = store.append_from(&key, 4, events("h"), Some(7)).await;
    assert_eq!(next.unwrap(), 8);
    assert_eq!(text(&store, &key).await, "abcdefgh");
}

#[tokio::test]
async fn what_others_wrote_meanwhile_is_not_taken_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let key = group().stream("a");
    store.append(&key, 1, events("abx")).await.unwrap();
    let mine = store.append_from(&key, 2, events("bc"), Some(1)).await;
    assert_eq!(mine.unwrap(), 5);
    assert_eq!(text(&store, &key).await, "abxbc");
    // Of another stream of that name, which is gone.
    let beyond = store.append_from(&key, 3, events("d"), Some(99)).await;
    assert_eq!(beyond.unwrap(), 6);
    // Without a number the same is stored again: the writer says so.
    store.append(&key, 4, events("d")).await.unwrap();
    assert_eq!(text(&store, &key).await, "abxbcdd");
}
