//! Durable commits per second at 1 and 64 writers, beside what `fdatasync` of the same disk allows.
//!
//! `cargo run --release -p rolecall-store --example store_bench [FOLDER] [SECONDS]`

#![expect(clippy::print_stdout, reason = "it prints its results")]

use std::convert::Infallible;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rolecall_store::{Document, KindInfo, Store};
use serde::{Deserialize, Serialize};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// About 1 KB of JSON.
#[derive(Serialize, Deserialize)]
struct Sample {
    name: String,
    numbers: Vec<u64>,
    text: String,
}

impl Document for Sample {
    const KIND: &'static str = "bench.sample";
    const VERSION: u32 = 1;
}

/// The latencies of some writers.
struct Measured {
    wall: Duration,
    latencies: Vec<Duration>,
}

impl Measured {
    fn print(mut self, what: &str) -> f64 {
        self.latencies.sort_unstable();
        let at = |share: usize| {
            let index = self.latencies.len().saturating_sub(1) * share / 100;
            self.latencies.get(index).copied().unwrap_or_default()
        };
        let per_second = self.latencies.len() as f64 / self.wall.as_secs_f64();
        println!(
            "{what:<34} {per_second:>10.0}/s   p50 {:>9.1?}   p99 {:>9.1?}",
            at(50),
            at(99)
        );
        per_second
    }
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let seconds = arguments.next().map_or(Ok(3), |seconds| seconds.parse())?;
    let time = Duration::from_secs(seconds);
    let folder = folder.join(format!("rolecall-store-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let result = bench(&folder, time);
    std::fs::remove_dir_all(&folder)?;
    result
}

fn bench(folder: &Path, time: Duration) -> Result<(), Error> {
    let disk = syncs(&folder.join("raw"), time)?.print("append 1 KB + fdatasync, 1 thread");
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    for (engine, writers) in [("redb", 1), ("redb", 64), ("memory", 1), ("memory", 64)] {
        let path = folder.join(writers.to_string());
        let open = || Store::open(&path, &[KindInfo::of::<Sample>()]);
        let store = if engine == "redb" {
            open()?
        } else {
            Store::memory()
        };
        let what = format!("{engine}, read + put 1 KB, {writers} writers");
        let rate = runtime
            .block_on(commits(&store, writers, time))?
            .print(&what);
        if engine == "redb" {
            println!(
                "{:<34} {:>10.2} commits per fdatasync of the disk",
                "",
                rate / disk
            );
            drop(store);
            let start = Instant::now();
            let documents = open()?.snapshot().len::<Sample>();
            let took = start.elapsed();
            println!("{:<34} {took:>12.1?} to open {documents} documents", "");
        }
    }
    Ok(())
}

fn syncs(path: &Path, time: Duration) -> Result<Measured, Error> {
    let mut file = File::create(path)?;
    let (start, block) = (Instant::now(), [7_u8; 1024]);
    let mut latencies = Vec::new();
    while start.elapsed() < time {
        let before = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        latencies.push(before.elapsed());
    }
    Ok(Measured {
        wall: start.elapsed(),
        latencies,
    })
}

async fn commits(store: &Store, writers: usize, time: Duration) -> Result<Measured, Error> {
    let start = Instant::now();
    let mut tasks = Vec::new();
    for writer in 0..writers {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut latencies = Vec::new();
            while start.elapsed() < time {
                let before = Instant::now();
                // A thousand documents per writer, read and replaced in turn.
                let key = format!("{writer}/{}", latencies.len() % 1000);
                store.transact(move |tx| sample(tx, &key)).await?;
                latencies.push(before.elapsed());
            }
            Ok::<_, Error>(latencies)
        }));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    Ok(Measured {
        wall: start.elapsed(),
        latencies,
    })
}

fn sample(tx: &mut rolecall_store::Txn, key: &str) -> Result<(), Infallible> {
    let next = tx
        .get::<Sample>(key)
        .map_or(0, |old| old.numbers.len() as u64 + 1);
    let numbers = (0..next % 10).collect();
    tx.put(
        key,
        Sample {
            name: key.to_owned(),
            numbers,
            text: "x".repeat(900),
        },
    );
    Ok(())
}
