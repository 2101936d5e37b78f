//! What the record of calls costs: two servers, one that keeps it and one that does not, in turns.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::servers::{self, Key, Server};
use super::table::{Table, thousands};
use super::{Outcome, Setting, field, load};

const OPERATIONS: &[&str] = &[
    "GetCallerIdentity",
    "ListTaskDefinitions",
    "RegisterTaskDefinition",
    "CreateRole",
];

/// How often each server is measured for each operation; the median counts.
const ROUNDS: usize = 5;

struct Measured {
    server: Server,
    user: Key,
}

pub(crate) fn run(setting: &Setting) -> Result<Outcome> {
    let without = start(setting, "record-without", &["--record-mib", "0"])?;
    let with = start(setting, "record-with", &[])?;
    let mut table = Table::new(
        format!("The record of calls, 8 connections, median of {ROUNDS}"),
        &[
            "operation",
            "us without",
            "us with",
            "cost",
            "requests/s without",
            "with",
            "aim",
        ],
    );
    let mut json = Vec::new();
    for operation in OPERATIONS {
        let (mut plain, mut kept) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            plain.push(measure(setting, &without, operation)?);
            kept.push(measure(setting, &with, operation)?);
        }
        let (plain, kept) = (median(&plain), median(&kept));
        let cost = kept.processor_us / plain.processor_us - 1.0;
        table.row(vec![
            (*operation).to_owned(),
            format!("{:.1}", plain.processor_us),
            format!("{:.1}", kept.processor_us),
            format!("{:+.0}%", cost * 100.0),
            thousands(plain.rate),
            thousands(kept.rate),
            "10%".to_owned(),
        ]);
        json.push(json!({
            "operation": operation,
            "without": { "processor_us": plain.processor_us, "rate": plain.rate },
            "with": { "processor_us": kept.processor_us, "rate": kept.rate },
            "cost": cost,
        }));
    }
    Ok(Outcome {
        tables: vec![table],
        json: json.into(),
    })
}

fn start(setting: &Setting, name: &str, args: &[&str]) -> Result<Measured> {
    let quota = ["--no-tasks", "--quota", "RolesPerAccount=10000000"];
    let server = servers::rolecall(setting, name, &[&quota, args].concat())?;
    let prepare = ["prepare", "--address", &server.address, "--user"];
    let user = load(setting, &prepare, server.key.as_ref()).context("prepare Rolecall")?;
    let user = Key::of(&user)?;
    Ok(Measured { server, user })
}

/// One measurement: processor time of the server for a request, and requests a second.
struct Found {
    processor_us: f64,
    rate: f64,
}

fn measure(setting: &Setting, measured: &Measured, operation: &str) -> Result<Found> {
    let seconds = setting.seconds.to_string();
    let args = [
        "api",
        "--address",
        &measured.server.address,
        "--operation",
        operation,
        "--connections",
        "8",
        "--seconds",
        &seconds,
        "--warm-up",
        "0",
    ];
    let before = measured.server.processor_time()?;
    let result: Value = load(setting, &args, Some(&measured.user))?;
    // What was answered is written within this time, and belongs to it.
    std::thread::sleep(std::time::Duration::from_millis(100));
    let spent = measured.server.processor_time()?.saturating_sub(before);
    let requests = field(&result, "requests").max(1.0);
    Ok(Found {
        processor_us: spent.as_secs_f64() * 1e6 / requests,
        rate: field(&result, "rate"),
    })
}

/// The median of each figure.
fn median(all: &[Found]) -> Found {
    let middle = |of: fn(&Found) -> f64| {
        let mut values: Vec<f64> = all.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    };
    Found {
        processor_us: middle(|found| found.processor_us),
        rate: middle(|found| found.rate),
    }
}
