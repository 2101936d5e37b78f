//! An acknowledged write survives kill -9.
//!
//! The test executable runs itself again as the writer: 8 threads commit and print each
//! acknowledgement. The parent kills it after a number of lines that a seeded generator picks (none
//! at all, sometimes: during the open), and checks the directory. `ROLECALL_KILL_ROUNDS` sets how
//! often; each round goes on with the directory of the last.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use rolecall_store::Store;

use crate::commit;
use crate::documents::{Counter, Note, kinds};

const FOLDER: &str = "ROLECALL_KILL_FOLDER";
const WRITERS: usize = 8;

#[test]
fn acknowledged_writes_survive_kill() {
    let rounds: u64 =
        std::env::var("ROLECALL_KILL_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..rounds {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(round | 1);
        let lines = if round % 5 == 4 {
            0
        } else {
            (random >> 33) % 400
        };
        acknowledged.extend(write_until_killed(folder.path(), round, lines));
        check(folder.path(), &acknowledged);
    }
    println!(
        "{rounds} kills, {} acknowledged writes, all there",
        acknowledged.len()
    );
}

/// The keys that the child acknowledged before it died.
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
    // What was acknowledged between the last line and the kill counts too.
    seen.extend(output.filter_map(ack));
    child.wait().unwrap();
    seen
}

fn check(folder: &Path, acknowledged: &BTreeSet<String>) {
    let store = Store::open(folder, &kinds()).unwrap();
    let snapshot = store.snapshot();
    for key in acknowledged {
        assert_eq!(snapshot.get::<Note>(key).expect(key).text, *key);
    }
    // Each transaction wrote a note and counted it: both or neither.
    let counted = snapshot.get::<Counter>("written").map_or(0, |n| n.value);
    assert_eq!(counted, snapshot.len::<Note>() as u64);
    assert_eq!(counted, snapshot.revision().get());
}

/// The child's side.
#[test]
#[ignore = "run by acknowledged_writes_survive_kill"]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let round = std::env::var("ROLECALL_KILL_ROUND").unwrap();
    let store = Store::open(Path::new(&folder), &kinds()).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (store, round) = (&store, &round);
            scope.spawn(move || write_forever(store, &format!("{round}/{writer}")));
        }
    });
}

fn write_forever(store: &Store, prefix: &str) {
    for n in 0_u64.. {
        let key = format!("{prefix}/{n}");
        let text = key.clone();
        commit(store, move |tx| {
            let written = tx.get::<Counter>("written").map_or(0, |n| n.value);
            tx.put("written", Counter { value: written + 1 });
            tx.put(text.as_str(), Note { text: text.clone() });
        });
        let line = format!("\nack {key}\n");
        if std::io::stdout().write_all(line.as_bytes()).is_err() {
            return;
        }
    }
}
