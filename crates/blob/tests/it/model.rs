//! The log store against a model: all events in a vector.

use proptest::prelude::*;
use rolecall_blob::{
    Cursor, Direction, GroupCursor, Limits, LogOptions, LogStore, NewEvent, Streams, TimeRange,
};

use crate::logs::group;

const STREAMS: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
enum Step {
    Append(usize, Vec<(i64, usize)>),
    Reopen,
    Expire(i64),
    Delete(usize),
    Forward(usize, TimeRange, usize),
    Backward(usize, TimeRange, usize),
    Merged(TimeRange, usize),
}

/// Time, stream, number, message.
type Stored = (i64, usize, u64, String);

#[derive(Default)]
struct Model {
    events: Vec<Stored>,
    next: [u64; 3],
    horizon_ms: i64,
}

impl Model {
    fn visible(&self, range: TimeRange) -> Vec<Stored> {
        let start = range.start_ms.max(self.horizon_ms);
        let within = |event: &&Stored| event.0 >= start && event.0 < range.end_ms;
        let mut events: Vec<_> = self.events.iter().filter(within).cloned().collect();
        events.sort();
        events
    }
}

fn step() -> impl Strategy<Value = Step> {
    let events = prop::collection::vec((0..50_i64, 0..60_usize), 0..6);
    let range = (0..50_i64, 1..50_i64).prop_map(|(start_ms, length)| TimeRange {
        start_ms,
        end_ms: start_ms + length,
    });
    prop_oneof![
        8 => (0..3_usize, events).prop_map(|(stream, events)| Step::Append(stream, events)),
        1 => Just(Step::Reopen),
        1 => (0..20_i64).prop_map(Step::Expire),
        1 => (0..3_usize).prop_map(Step::Delete),
        2 => (0..3_usize, range.clone(), 1..5_usize).prop_map(|(s, r, n)| Step::Forward(s, r, n)),
        2 => (0..3_usize, range.clone(), 1..5_usize).prop_map(|(s, r, n)| Step::Backward(s, r, n)),
        2 => (range, 1..5_usize).prop_map(|(range, n)| Step::Merged(range, n)),
    ]
}

async fn open(folder: &std::path::Path) -> LogStore {
    LogStore::open_with(folder, LogOptions { segment_bytes: 200 })
        .await
        .unwrap()
}

async fn append(store: &LogStore, model: &mut Model, stream: usize, events: Vec<(i64, usize)>) {
    let key = group().stream(STREAMS[stream]);
    let mut new = Vec::new();
    for (timestamp_ms, length) in events {
        let message = "m".repeat(length);
        model
            .events
            .push((timestamp_ms, stream, model.next[stream], message.clone()));
        model.next[stream] += 1;
        new.push(NewEvent {
            timestamp_ms,
            message,
        });
    }
    store.append(&key, 1, new).await.unwrap();
}

/// All pages of a stream, in the order of time.
async fn walk(
    store: &LogStore,
    stream: usize,
    range: TimeRange,
    events: usize,
    direction: Direction,
) -> Vec<Stored> {
    let key = group().stream(STREAMS[stream]);
    let limits = Limits { events, bytes: 120 };
    let mut from = if direction == Direction::Forward {
        Cursor::HEAD
    } else {
        Cursor::TAIL
    };
    let mut all = Vec::new();
    loop {
        let page = store
            .read(&key, from, direction, range, limits)
            .await
            .unwrap();
        assert!(page.events.len() <= events);
        let found = page.events.into_iter();
        let found = found.map(|event| (event.timestamp_ms, stream, event.sequence, event.message));
        match direction {
            Direction::Forward => {
                all.extend(found);
                from = page.forward;
            }
            Direction::Backward => {
                all.splice(0..0, found);
                from = page.backward;
            }
        }
        if !page.more {
            return all;
        }
    }
}

async fn merged(store: &LogStore, range: TimeRange, events: usize) -> Vec<Stored> {
    let limits = Limits { events, bytes: 120 };
    let (mut from, mut all) = (GroupCursor::head(), Vec::new());
    loop {
        let page = store
            .read_group(&group(), Streams::All, from, range, limits)
            .await
            .unwrap();
        for found in page.events {
            let stream = STREAMS
                .iter()
                .position(|name| **name == *found.stream)
                .unwrap();
            let event = found.event;
            all.push((event.timestamp_ms, stream, event.sequence, event.message));
        }
        from = page.next;
        if !page.more {
            return all;
        }
    }
}

async fn run(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path()).await;
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Append(stream, events) => append(&store, &mut model, stream, events).await,
            Step::Reopen => {
                store = open(folder.path()).await;
                store.expire(&group(), model.horizon_ms).await.unwrap();
            }
            Step::Expire(before_ms) => {
                model.horizon_ms = model.horizon_ms.max(before_ms);
                store.expire(&group(), before_ms).await.unwrap();
                let horizon_ms = model.horizon_ms;
                model.events.retain(|event| event.0 >= horizon_ms);
            }
            Step::Delete(stream) => {
                store
                    .delete_stream(&group().stream(STREAMS[stream]))
                    .await
                    .unwrap();
                model.events.retain(|event| event.1 != stream);
                model.next[stream] = 0;
            }
            Step::Forward(stream, range, limit) => {
                let mut expected = model.visible(range);
                expected.retain(|event| event.1 == stream);
                let found = walk(&store, stream, range, limit, Direction::Forward).await;
                assert_eq!(found, expected);
            }
            Step::Backward(stream, range, limit) => {
                let mut expected = model.visible(range);
                expected.retain(|event| event.1 == stream);
                let found = walk(&store, stream, range, limit, Direction::Backward).await;
                assert_eq!(found, expected);
            }
            Step::Merged(range, limit) => {
                assert_eq!(merged(&store, range, limit).await, model.visible(range));
            }
        }
    }
    assert_eq!(
        merged(&store, TimeRange::default(), 7).await,
        model.visible(TimeRange::default())
    );
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..Default::default()
    }
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn reads_are_those_of_the_model(steps in prop::collection::vec(step(), 1..30)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run(steps));
    }
}
