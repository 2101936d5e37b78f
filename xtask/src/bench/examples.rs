//! The benchmarks that stand beside the code they measure, as examples of their crates.

use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::table::{Table, times};
use super::{Outcome, Setting, cargo};

/// Nanoseconds for one decision.
pub(crate) fn decision(_setting: &Setting) -> Result<Outcome> {
    let text = example("rolecall-policy", "decision_bench", &[])?;
    let mut lines = text.lines();
    let title = lines.next().unwrap_or_default();
    let mut table = Table::new(
        format!("Decision, {title}"),
        &["request", "median ns", "p99 ns", "aim ns", "of the aim"],
    );
    let mut json = Vec::new();
    for line in lines {
        let Some((name, rest)) = line.split_once(" median ") else {
            continue;
        };
        let numbers: Vec<f64> = rest
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [median, p99] = numbers[..] else {
            bail!("not understood: {line:?}");
        };
        let name = name.trim();
        let aim = if name.starts_with("implicit deny") {
            50.0
        } else {
            200.0
        };
        table.row(vec![
            name.to_owned(),
            format!("{median:.1}"),
            format!("{p99:.1}"),
            format!("{aim:.0}"),
            times(median, aim),
        ]);
        json.push(json!({"request": name, "median_ns": median, "p99_ns": p99}));
    }
    Ok(Outcome {
        tables: vec![table],
        json: json.into(),
    })
}

/// Durable commits a second, beside what the disk allows.
pub(crate) fn store(setting: &Setting) -> Result<Outcome> {
    fs::create_dir_all(&setting.data).context("make the data folder")?;
    let folder = setting.data.display().to_string();
    let seconds = format!("{:.0}", setting.seconds.max(1.0));
    let text = example("rolecall-store", "store_bench", &[&folder, &seconds])?;
    let mut table = Table::new(
        "Store",
        &["what", "a second", "p50", "p99", "per fdatasync"],
    );
    let mut json = Vec::new();
    let mut disk = 0.0;
    for line in text.lines() {
        let Some((left, rest)) = line.split_once("/s ") else {
            continue;
        };
        let Some((name, rate)) = left.trim().rsplit_once(' ') else {
            continue;
        };
        let name = name.trim();
        let rate: f64 = rate.parse().with_context(|| format!("read {line:?}"))?;
        if disk == 0.0 {
            // The first line is the disk's own.
            disk = rate;
        }
        let latencies: Vec<&str> = rest.split_whitespace().collect();
        let [_, p50, _, p99] = latencies[..] else {
            bail!("not understood: {line:?}");
        };
        table.row(vec![
            name.to_owned(),
            super::table::thousands(rate),
            p50.to_owned(),
            p99.to_owned(),
            times(rate, disk),
        ]);
        json.push(json!({"what": name, "rate": rate, "p50": p50, "p99": p99}));
    }
    Ok(Outcome {
        tables: vec![table],
        json: Value::Array(json),
    })
}

fn example(package: &str, name: &str, args: &[&str]) -> Result<String> {
    let mut cargo = cargo(&crate::models::root());
    cargo.args(["run", "--release", "--quiet"]);
    cargo.args(["--package", package, "--example", name, "--"]);
    let output = cargo.args(args).output().context("start cargo")?;
    if !output.status.success() {
        bail!("{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).context("read its output")
}
