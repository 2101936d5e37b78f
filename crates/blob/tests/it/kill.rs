//! Acknowledged log events survive kill -9: the test executable runs itself again as the writer and
//! is killed after a number of acknowledgements that a seeded generator picks.
//! `ROLECALL_KILL_ROUNDS` sets how often.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use rolecall_blob::{GroupCursor, Limits, LogOptions, LogStore, NewEvent, Streams, TimeRange};

use crate::logs::group;

const FOLDER: &str = "ROLECALL_KILL_FOLDER";

#[tokio::test]
async fn acknowledged_events_survive_kill() {
    let rounds: u64 =
        std::env::var("ROLECALL_KILL_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..rounds {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(round | 1);
        acknowledged.extend(write_until_killed(
            folder.path(),
            round,
            (random >> 33) % 300,
        ));
        let stored = stored(folder.path()).await;
        assert_eq!(acknowledged.difference(&stored).next(), None);
    }
}

async fn open(folder: &Path) -> LogStore {
    LogStore::open_with(
        folder,
        LogOptions {
            segment_bytes: 2_000,
        },
    )
    .await
    .unwrap()
}

async fn stored(folder: &Path) -> BTreeSet<String> {
    let store = open(folder).await;
    let (mut from, mut all, range) = (GroupCursor::head(), BTreeSet::new(), TimeRange::default());
    loop {
        let group = group();
        let page = store.read_group(&group, Streams::All, from, range, Limits::default());
        let page = page.await.unwrap();
        for found in page.events {
            assert!(all.insert(found.event.message), "an event is there twice");
        }
        from = page.next;
        if !page.more {
            return all;
        }
    }
}

fn write_until_killed(folder: &Path, round: u64, lines: u64) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::writer", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env("ROLECALL_KILL_ROUND", round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let ack = |line: std::io::Result<String>| Some(line.ok()?.strip_prefix("ack ")?.to_owned());
    let mut seen = Vec::new();
    while (seen.len() as u64) < lines {
        seen.extend(ack(output.next().expect("the writer stopped by itself")));
    }
    child.kill().unwrap();
    seen.extend(output.filter_map(ack));
    child.wait().unwrap();
    seen
}

/// The child's side: 8 writers on 4 streams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by acknowledged_events_survive_kill"]
async fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let round = std::env::var("ROLECALL_KILL_ROUND").unwrap();
    let store = open(Path::new(&folder)).await;
    let mut writers = Vec::new();
    for writer in 0..8 {
        let (store, prefix) = (store.clone(), format!("{round}/{writer}"));
        writers.push(tokio::spawn(async move {
            let key = group().stream(format!("s{}", writer % 4));
            for n in 0_i64.. {
                let message = format!("{prefix}/{n}");
                let line = format!("\nack {message}\n");
                store
                    .append(
                        &key,
                        n,
                        vec![NewEvent {
                            timestamp_ms: n,
                            message,
                        }],
                    )
                    .await
                    .unwrap();
                if std::io::stdout().write_all(line.as_bytes()).is_err() {
                    return;
                }
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
}
