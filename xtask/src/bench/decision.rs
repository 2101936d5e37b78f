//! What a decision takes: by the number of attached statements, by the policies in the account, and
//! beside `cedar-policy` on the same questions in the same run.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::table::{Table, thousands, times};
use super::{Outcome, Setting, cargo, examples, field};

/// The figures of `crates/policy/examples/decision_bench.rs`, then those of `test/oracle/bench`,
/// which is built for this alone, since it compiles Cedar.
pub(crate) fn run(setting: &Setting) -> Result<Outcome> {
    let aims = examples::decision(setting)?;
    let lines = measure(setting)?;
    let mut tables = aims.tables;
    tables.push(time(&lines));
    tables.push(account(&lines));
    tables.push(memory(&lines));
    Ok(Outcome {
        tables,
        json: json!({"aims": aims.json, "beside_cedar": lines}),
    })
}

/// Builds and runs the measurement: one object per line.
fn measure(setting: &Setting) -> Result<Vec<Value>> {
    let target = setting.bin.parent().unwrap_or_else(|| Path::new("target"));
    let mut cargo = cargo(&crate::models::root());
    cargo.args(["run", "--release", "--quiet"]);
    cargo.args(["--manifest-path", "test/oracle/bench/Cargo.toml"]);
    cargo.arg("--target-dir").arg(target.join("decision-bench"));
    let output = cargo.output().context("start cargo")?;
    if !output.status.success() {
        bail!(
            "the measurement beside cedar-policy: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let text = String::from_utf8(output.stdout).context("read its output")?;
    text.lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("read {line:?}")))
        .collect()
}

/// The lines about one thing, Rolecall's each with Cedar's of the same size.
fn pairs<'l>(lines: &'l [Value], what: &str, size: &str) -> Vec<(&'l Value, &'l Value)> {
    let of = |line: &Value, name: &str| line.get(name).cloned().unwrap_or_default();
    let such = |engine: &str| -> Vec<&'l Value> {
        let chosen = lines.iter();
        chosen
            .filter(|line| of(line, "what") == what && of(line, "engine") == engine)
            .collect()
    };
    let cedar = such("cedar");
    let same = |ours: &&'l Value| {
        let mut all = cedar.iter().copied();
        all.find(|theirs| of(theirs, size) == of(ours, size))
    };
    such("rolecall")
        .into_iter()
        .filter_map(|ours| Some((ours, same(&ours)?)))
        .collect()
}

fn time(lines: &[Value]) -> Table {
    let mut table = Table::new(
        "Decision through four layers by the caller's statements, beside cedar-policy",
        &[
            "statements",
            "question",
            "Rolecall ns",
            "Cedar ns",
            "faster",
        ],
    );
    for (ours, theirs) in pairs(lines, "time", "statements") {
        let size = thousands(field(ours, "statements"));
        answers(&mut table, &size, ours, theirs);
    }
    table
}

fn account(lines: &[Value]) -> Table {
    let mut table = Table::new(
        "Decision in an account of many policies, one of them the caller's",
        &["policies", "question", "Rolecall ns", "Cedar ns", "faster"],
    );
    for (ours, theirs) in pairs(lines, "account", "policies") {
        let size = thousands(field(ours, "policies"));
        answers(&mut table, &size, ours, theirs);
    }
    table
}

fn answers(table: &mut Table, size: &str, ours: &Value, theirs: &Value) {
    for (question, name) in [("allow", "allow_ns"), ("implicit deny", "deny_ns")] {
        let (own, other) = (field(ours, name), field(theirs, name));
        table.row(vec![
            size.to_owned(),
            question.to_owned(),
            format!("{own:.0}"),
            thousands(other),
            times(other, own),
        ]);
    }
}

fn memory(lines: &[Value]) -> Table {
    let mut table = Table::new(
        "Memory of one parsed policy, in bytes (resident, over many of them)",
        &["statements", "document", "Rolecall", "Cedar", "smaller"],
    );
    let mut row = |label: String, document: f64, ours: &Value, theirs: &Value| {
        let (own, other) = (field(ours, "bytes"), field(theirs, "bytes"));
        let document = if document > 0.0 {
            thousands(document)
        } else {
            "-".to_owned()
        };
        table.row(vec![
            label,
            document,
            thousands(own),
            thousands(other),
            times(other, own),
        ]);
    };
    for (ours, theirs) in pairs(lines, "memory", "statements") {
        let size = thousands(field(ours, "statements"));
        row(size, field(ours, "document_bytes"), ours, theirs);
    }
    for (ours, theirs) in pairs(lines, "account", "policies") {
        let size = format!("1, of {} policies", thousands(field(ours, "policies")));
        row(size, 0.0, ours, theirs);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_paired_by_size() {
        let line = |engine: &str, size: u64, ns: u64| {
            json!({"what": "time", "engine": engine, "statements": size, "allow_ns": ns,
                "deny_ns": ns})
        };
        let lines = [
            line("rolecall", 1, 10),
            line("rolecall", 10, 20),
            line("cedar", 10, 400),
            line("cedar", 1, 100),
        ];
        let text = time(&lines).to_string();
        assert!(text.contains("10.0x") && text.contains("20.0x"), "{text}");
        assert_eq!(pairs(&lines, "memory", "statements"), vec![]);
    }
}
