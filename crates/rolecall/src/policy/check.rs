//! `rolecall policy check`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use rolecall_advise::check::{Finding, Severity};
use serde_json::json;

use super::args::{CheckArgs, Output};
use super::known::check;

pub(super) fn run(args: &CheckArgs) -> Result<ExitCode> {
    let mut text = String::new();
    let mut files = Vec::new();
    let mut worst = Severity::Suggestion;
    for path in &args.files {
        let findings = check(&super::read(path)?, args.kind.into());
        let name = path.display().to_string();
        for finding in &findings {
            worst = worst.min(finding.severity);
            text.push_str(&line(&name, finding));
        }
        if findings.is_empty() {
            text.push_str(&format!("{name}: nothing to say\n"));
        }
        files.push(json!({"file": name, "findings": findings}));
    }
    if args.output == Output::Json {
        text = serde_json::to_string_pretty(&files).context("encode the findings")?;
        text.push('\n');
    }
    super::print(&text)?;
    Ok(if worst < Severity::Suggestion {
        ExitCode::from(super::FINDINGS)
    } else {
        ExitCode::SUCCESS
    })
}

fn line(file: &str, finding: &Finding) -> String {
    let place = match (finding.statement, &finding.sid) {
        (Some(number), Some(sid)) => format!("statement {number} ({sid}): "),
        (Some(number), None) => format!("statement {number}: "),
        _ => String::new(),
    };
    let mut text = format!(
        "{file}: {place}{}: {} [{}]\n",
        finding.severity.name(),
        finding.message,
        finding.rule
    );
    if !finding.help.is_empty() {
        text.push_str(&format!("  {}\n", finding.help));
    }
    text
}
