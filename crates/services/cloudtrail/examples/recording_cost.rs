//! What recording costs: the same calls through the pipeline with and without a recorder, in turns,
//! in one process. Run with `cargo run --release -p rolecall-cloudtrail --example recording_cost`.
//!
//! What is counted is the processor time of all threads, the one that writes the record among them,
//! until the record is written: other processes on the machine do not change it much. Without the
//! wire: the signature, HTTP and encoding come on top of both, so that the share of recording in a
//! whole request is smaller than what this prints.

use std::io::Write;
use std::time::{Duration, Instant};

use rolecall_api::ecs::DescribeClusters;
use rolecall_api::iam::{GetRole, TagRole};
use rolecall_api::typed::{ApiOperation, FromValue};
use rolecall_identity::Caller;
use rolecall_op::{Ports, Registry};
use rolecall_record::{BYTES_MAX, Query, Reader, Recorder};
use rolecall_testkit::{World, from_json};
use serde_json::{Value, json};

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failed = Box<dyn std::error::Error>;

/// How many calls of one kind are measured at once, and how often.
const CALLS: u32 = 10_000;
const ROUNDS: usize = 5;

fn main() -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()?;
    runtime.block_on(run())
}

async fn run() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let recorder = Recorder::open(folder.path(), BYTES_MAX)?;
    let (plain, plain_caller) = world(None).await?;
    let (kept, kept_caller) = world(Some(recorder.clone())).await?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "best of {ROUNDS} rounds of {CALLS} calls, us of processor time per call"
    )?;
    writeln!(
        out,
        "{:<20} {:>8} {:>8} {:>8} {:>10}",
        "", "without", "with", "ratio", "disk bytes"
    )?;
    let get = json!({ "RoleName": "ci" });
    let tag = json!({ "RoleName": "ci", "Tags": [{ "Key": "team", "Value": "web" }] });
    let clusters = json!({ "clusters": ["web"] });
    for (name, input) in [
        ("GetRole", get),
        ("TagRole", tag),
        ("DescribeClusters", clusters),
    ] {
        let (mut without, mut with) = (Duration::MAX, Duration::MAX);
        let before = written(folder.path())?;
        for _ in 0..ROUNDS {
            without = without.min(measure(&plain, &plain_caller, name, &input).await?);
            with = with.min(measure(&kept, &kept_caller, name, &input).await?);
        }
        let bytes =
            written(folder.path())?.saturating_sub(before) / (u64::from(CALLS) * ROUNDS as u64);
        let (without, with) = (without.as_nanos() as f64, with.as_nanos() as f64);
        let per = f64::from(CALLS) * 1_000.0;
        writeln!(
            out,
            "{name:<20} {:>8.2} {:>8.2} {:>8.2} {bytes:>10}",
            without / per,
            with / per,
            with / without
        )?;
    }
    let (took, calls) = read_all(folder.path())?;
    let bytes = written(folder.path())? / (1024 * 1024);
    writeln!(
        out,
        "reading {calls} calls, {bytes} MiB: {} ms",
        took.as_millis()
    )?;
    Ok(())
}

/// How long it takes to look at every call that the record has.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn read_all(folder: &std::path::Path) -> Result<(Duration, usize), Failed> {
    let start = Instant::now();
    let mut calls = 0;
    for entry in Reader::new(folder).calls(Query::default()) {
        entry?;
        calls += 1;
    }
    Ok((start.elapsed(), calls))
}

/// A world with a role and its session, which may do what is measured.
async fn world(recorder: Option<Recorder>) -> Result<(World, Caller), Failed> {
    let registry = rolecall_iam::register(Registry::default());
    let registry = rolecall_ecs::register(registry);
    let world = World::recorded(registry, Ports::default(), recorder)?;
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["iam:*","ecs:*"],"Resource":"*"}]}"#;
    let caller = world.role_session("ci", "build-7", Some(policy)).await?;
    Ok((world, caller))
}

async fn measure(
    world: &World,
    caller: &Caller,
    name: &str,
    input: &Value,
) -> Result<Duration, Failed> {
    match name {
        "GetRole" => timed::<GetRole>(world, caller, input).await,
        "TagRole" => timed::<TagRole>(world, caller, input).await,
        _ => timed::<DescribeClusters>(world, caller, input).await,
    }
}

async fn timed<A: ApiOperation>(
    world: &World,
    caller: &Caller,
    input: &Value,
) -> Result<Duration, Failed> {
    let shape = A::shape().input.ok_or("the operation takes nothing")?;
    let value = from_json(A::SERVICE, shape, input)?;
    let input = A::Input::from_value(value)?;
    let start = processor_time()?;
    for _ in 0..CALLS {
        let (caller, input) = (caller.clone(), input.clone());
        world.pipeline.invoke::<A>(caller, input).await?;
    }
    if let Some(recorder) = world.pipeline.recorder() {
        recorder.flushed().await;
    }
    Ok(processor_time()?.saturating_sub(start))
}

/// The time that the threads of this process have run (Linux, `proc/pid/schedstat`).
fn processor_time() -> Result<Duration, Failed> {
    let mut total_ns = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let mut text = String::new();
        let mut file = std::fs::OpenOptions::new();
        let path = task?.path().join("schedstat");
        std::io::Read::read_to_string(&mut file.read(true).open(path)?, &mut text)?;
        let ran = text.split(' ').next().unwrap_or_default();
        total_ns += ran.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(total_ns))
}

/// How many bytes the record ever took: those that are there and those of dropped segments.
fn written(folder: &std::path::Path) -> Result<u64, Failed> {
    let mut total = 0;
    for file in std::fs::read_dir(folder)? {
        total += file?.metadata()?.len();
    }
    Ok(total)
}
