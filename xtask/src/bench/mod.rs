//! `cargo xtask bench`: what Rolecall does in a second, beside what others do in the same minute.

mod api;
mod decision;
mod examples;
mod record;
mod servers;
mod start;
mod table;
mod task;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use table::Table;

/// What a benchmark found: for people, and for programs.
pub(crate) struct Outcome {
    pub(crate) tables: Vec<Table>,
    pub(crate) json: Value,
}

/// What the benchmarks run with.
pub(crate) struct Setting {
    /// The release binaries.
    pub(crate) bin: PathBuf,
    /// A folder for data, on the disk of the build.
    pub(crate) data: PathBuf,
    /// The Python environment of the other servers; none when it cannot be made.
    pub(crate) venv: Option<PathBuf>,
    /// How long one measurement takes.
    pub(crate) seconds: f64,
    /// How often a start is measured.
    pub(crate) runs: usize,
}

type Bench = (&'static str, fn(&Setting) -> Result<Outcome>);

const BENCHES: &[Bench] = &[
    ("api", api::run),
    ("decision", decision::run),
    ("record", record::run),
    ("start", start::run),
    ("task", task::run),
    ("store", examples::store),
];

/// `cargo xtask bench [NAME]... [--json] [--seconds N] [--runs N]`.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut names: Vec<&str> = Vec::new();
    let (mut json, mut seconds, mut runs) = (false, 3.0, 20);
    let mut rest = args.iter().map(String::as_str);
    while let Some(arg) = rest.next() {
        match arg {
            "--json" => json = true,
            "--seconds" => seconds = number(rest.next())?,
            "--runs" => runs = number(rest.next())?,
            "all" => names.extend(BENCHES.iter().map(|bench| bench.0)),
            name if BENCHES.iter().any(|bench| bench.0 == name) => names.push(name),
            other => bail!("{other:?} is none of api, decision, record, start, task, store, all"),
        }
    }
    if names.is_empty() {
        names.extend(BENCHES.iter().map(|bench| bench.0));
    }
    let root = crate::models::root();
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |dir| root.join(dir));
    // The others are examples of their crates, built where they are run.
    let binary = |name: &&str| !matches!(*name, "decision" | "store");
    if names.iter().any(binary) {
        build(&root)?;
    }
    let peers = names.iter().any(|name| matches!(*name, "api" | "start"));
    let setting = Setting {
        bin: target.join("release"),
        data: target.join("bench-data"),
        venv: peers.then(|| servers::venv(&target)).flatten(),
        seconds,
        runs,
    };
    let mut all = serde_json::Map::new();
    all.insert("machine".to_owned(), machine().into());
    if !json {
        crate::say(&machine());
    }
    for (name, bench) in BENCHES.iter().filter(|bench| names.contains(&bench.0)) {
        let outcome = bench(&setting).with_context(|| format!("bench {name}"))?;
        if json {
            all.insert((*name).to_owned(), outcome.json);
        } else {
            for table in outcome.tables {
                crate::say(&format!("\n{table}"));
            }
        }
    }
    if json {
        crate::say(&serde_json::to_string_pretty(&all).context("print JSON")?);
    }
    // What a benchmark left; a failed one leaves its data to be looked at.
    let _ = std::fs::remove_dir_all(&setting.data);
    Ok(())
}

fn number<T: std::str::FromStr>(text: Option<&str>) -> Result<T> {
    text.and_then(|text| text.parse().ok())
        .context("a number is missing after --seconds or --runs")
}

fn build(root: &Path) -> Result<()> {
    let mut cargo = cargo(root);
    cargo.args(["build", "--release", "--quiet"]);
    cargo.args([
        "--package",
        "rolecall",
        "--package",
        "rolecall-load",
        "--bins",
    ]);
    if !cargo.status().context("start cargo")?.success() {
        bail!("the build failed");
    }
    Ok(())
}

pub(crate) fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    cargo
}

/// The machine in words: figures of different machines do not compare, nor those of a busy one.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = memory.lines().find_map(|line| {
        let rest = line.strip_prefix("MemTotal:")?;
        rest.split_whitespace().next()?.parse::<u64>().ok()
    });
    let gib = kib.unwrap_or(0) as f64 / 1_048_576.0;
    format!("{cores} CPUs, {gib:.0} GiB, load before: {load}")
}

/// Runs `rolecall-load` and reads the object that it prints.
pub(crate) fn load(setting: &Setting, args: &[&str], key: Option<&servers::Key>) -> Result<Value> {
    let mut command = Command::new(setting.bin.join("rolecall-load"));
    command
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    command.env_remove("AWS_ACCESS_KEY_ID");
    command.env_remove("AWS_SECRET_ACCESS_KEY");
    if let Some(key) = key {
        command.env("AWS_ACCESS_KEY_ID", &key.id);
        command.env("AWS_SECRET_ACCESS_KEY", &key.secret);
    }
    let output = command.output().context("start rolecall-load")?;
    if !output.status.success() {
        bail!("rolecall-load {} failed", args.join(" "));
    }
    serde_json::from_slice(&output.stdout).context("read what rolecall-load printed")
}

/// A number of an object; 0 when it is not there.
pub(crate) fn field(value: &Value, name: &str) -> f64 {
    value.get(name).and_then(Value::as_f64).unwrap_or(0.0)
}
