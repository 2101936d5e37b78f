//! `rolecall doctor`: what this machine lacks to run tasks, and how to get it.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::cli::DoctorArgs;

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| {
        use std::os::unix::fs::MetadataExt;
        meta.uid() == 0
    })
}

pub(crate) fn run(args: &DoctorArgs) -> Result<ExitCode> {
    let checks = rolecall_engine::doctor::host_report();
    let can_run = checks.iter().all(|check| check.ok || !check.required);
    let text = if args.json {
        let rows: Vec<_> = checks
            .iter()
            .map(|c| {
                serde_json::json!({
                    "name": c.name, "ok": c.ok, "required": c.required,
                    "found": c.found, "fix": c.how_to_fix,
                })
            })
            .collect();
        format!("{}\n", serde_json::Value::from(rows))
    } else {
        let width = checks.iter().map(|c| c.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for check in &checks {
            let mark = match (check.ok, check.required) {
                (true, _) => "ok      ",
                (false, true) => "MISSING ",
                (false, false) => "optional",
            };
            text.push_str(&format!("{mark}  {:width$}  {}\n", check.name, check.found));
            if !check.ok {
                text.push_str(&format!(
                    "          {:width$}  fix: {}\n",
                    "", check.how_to_fix
                ));
            }
        }
        text.push_str(if can_run {
            "\nThis machine can run tasks.\n"
        } else {
            "\nThis machine cannot run tasks yet; `rolecall up --no-tasks` serves the APIs alone.\n"
        });
        text
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("print")?;
    Ok(if can_run {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
