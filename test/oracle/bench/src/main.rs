//! Prints one JSON object per line: what a decision takes, and what a policy takes in memory, of
//! `rolecall-policy` and of `cedar-policy`, with the same statements and the same questions.
//!
//! Four layers (identity, boundary, session, one level of service control). Cedar has no layers:
//! there each is a policy set, and a question is put to one after the other until one denies, as
//! an application would build it. The context is made for each decision in both.
#![forbid(unsafe_code)]

mod cedar;
mod ours;
mod statements;

use std::error::Error;
use std::time::Instant;

use serde_json::{Value, json};

type Failure = Box<dyn Error>;

/// How many statements the caller's policies have.
const SIZES: &[usize] = &[1, 10, 100, 1_000];

/// How many policies the account has in the last measurement; one of them is the caller's.
const ACCOUNT: usize = 100_000;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        [] => everything(),
        // A fresh process: what an earlier measurement freed would hide what this one takes.
        ["memory", engine, size] => memory(engine, size.parse()?),
        ["account", engine] => account(engine),
        _ => Err("arguments: none, memory ENGINE SIZE, or account ENGINE".into()),
    }
}

fn everything() -> Result<(), Failure> {
    for size in SIZES {
        let ours = ours::Layered::new(*size)?;
        say(&json!({
            "what": "time", "engine": "rolecall", "statements": size,
            "allow_ns": median(*size, || ours.decides(statements::ALLOWED, true))?,
            "deny_ns": median(*size, || ours.decides(statements::UNKNOWN, false))?,
        }));
        let cedar = cedar::Layered::new(*size)?;
        say(&json!({
            "what": "time", "engine": "cedar", "statements": size,
            "allow_ns": median(*size * 50, || cedar.decides(statements::ALLOWED, true))?,
            "deny_ns": median(*size * 50, || cedar.decides(statements::UNKNOWN, false))?,
        }));
    }
    for engine in ["rolecall", "cedar"] {
        for size in SIZES {
            child(&["memory", engine, &size.to_string()])?;
        }
        child(&["account", engine])?;
    }
    Ok(())
}

/// What one policy of `size` statements takes: many of them, divided.
fn memory(engine: &str, size: usize) -> Result<(), Failure> {
    let copies = (200_000 / size).clamp(50, 20_000);
    let texts: Vec<String> = (0..copies).map(|_| text(engine, size)).collect();
    let before = resident()?;
    let held = hold(engine, &texts)?;
    let taken = resident()?.saturating_sub(before);
    let document: usize = texts.first().map_or(0, String::len);
    say(&json!({
        "what": "memory", "engine": engine, "statements": size,
        "bytes": taken / held.len().max(1), "document_bytes": document,
    }));
    Ok(())
}

fn text(engine: &str, size: usize) -> String {
    if engine == "cedar" {
        statements::cedar(size)
    } else {
        statements::iam(size)
    }
}

/// The parsed policies of either engine, kept alive.
enum Held {
    Ours(Vec<rolecall_policy::Policy>),
    Cedar(Vec<cedar_policy::PolicySet>),
}

impl Held {
    fn len(&self) -> usize {
        match self {
            Self::Ours(list) => list.len(),
            Self::Cedar(list) => list.len(),
        }
    }
}

fn hold(engine: &str, texts: &[String]) -> Result<Held, Failure> {
    if engine == "cedar" {
        let parsed: Result<_, _> = texts.iter().map(|text| text.parse()).collect();
        return Ok(Held::Cedar(parsed?));
    }
    let kind = rolecall_policy::PolicyKind::Identity;
    let parse = |text: &String| rolecall_policy::Policy::parse(text, kind);
    Ok(Held::Ours(
        texts.iter().map(parse).collect::<Result<_, _>>()?,
    ))
}

/// A decision in an account of many policies. Ours finds the caller's by its ARN; Cedar's
/// authorizer is given the whole set, since it is the set that says whom a policy is about.
fn account(engine: &str) -> Result<(), Failure> {
    let before = resident()?;
    let (allow, deny, taken) = if engine == "cedar" {
        let cedar = cedar::Account::new(ACCOUNT)?;
        let taken = resident()?.saturating_sub(before);
        (
            few(|| cedar.decides(statements::ALLOWED, true))?,
            few(|| cedar.decides(statements::UNKNOWN, false))?,
            taken,
        )
    } else {
        let ours = ours::Account::new(ACCOUNT)?;
        let taken = resident()?.saturating_sub(before);
        (
            median(1, || ours.decides(statements::ALLOWED, true))?,
            median(1, || ours.decides(statements::UNKNOWN, false))?,
            taken,
        )
    };
    say(&json!({
        "what": "account", "engine": engine, "policies": ACCOUNT,
        "allow_ns": allow, "deny_ns": deny, "bytes": taken / ACCOUNT,
    }));
    Ok(())
}

fn child(args: &[&str]) -> Result<(), Failure> {
    let mut child = std::process::Command::new(std::env::current_exe()?);
    if child.args(args).status()?.success() {
        Ok(())
    } else {
        Err(format!("{args:?} failed").into())
    }
}

/// The median of 301 samples, in nanoseconds for one decision; fewer decisions in a sample where
/// one takes longer.
fn median(weight: usize, mut decide: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    let per_sample = (20_000 / weight.max(20)).max(1);
    sample(301, per_sample, &mut decide)
}

/// The median of five single decisions.
fn few(mut decide: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    sample(5, 1, &mut decide)
}

fn sample(
    samples: usize,
    per_sample: usize,
    decide: &mut dyn FnMut() -> Result<(), Failure>,
) -> Result<f64, Failure> {
    decide()?;
    let mut all = Vec::with_capacity(samples);
    for _ in 0..samples {
        let started = Instant::now();
        for _ in 0..per_sample {
            decide()?;
        }
        all.push(started.elapsed().as_nanos() as f64 / per_sample as f64);
    }
    all.sort_by(f64::total_cmp);
    Ok(all.get(samples / 2).copied().unwrap_or_default())
}

/// Resident memory of this process, in bytes.
fn resident() -> Result<usize, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next());
    Ok(kib.ok_or("no VmRSS")?.parse::<usize>()? * 1024)
}

fn say(value: &Value) {
    println!("{value}");
}
