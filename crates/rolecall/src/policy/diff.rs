//! `rolecall policy diff`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use rolecall::explain::Holder;
use rolecall_advise::diff::{Held, Usage, Verdict, diff};
use rolecall_advise::render;
use serde_json::{Value, json};

use super::args::{DiffArgs, Output};
use super::generate::{observed, whose};

pub(super) async fn run(args: &DiffArgs) -> Result<ExitCode> {
    let seen = observed(&args.whose).await?;
    let api = super::api(&args.whose.data).context("no server was started here yet")?;
    let (what, name, holder) = match whose(&args.whose)? {
        render::Holder::Role(name) => ("Role", name, Holder::role(&api, name).await?),
        render::Holder::User(name) => ("User", name, Holder::user(&api, name).await?),
    };
    let held: Vec<Held<'_>> = holder
        .policies
        .iter()
        .map(|(name, policy)| Held { name, policy })
        .collect();
    let usages = diff(&held, &holder.principal(), &seen.own);
    let text = match args.output {
        Output::Text => {
            let head = format!(
                "{what} {name}: {} statements that allow, {} calls\n",
                usages.len(),
                seen.calls
            );
            head + &usages.iter().map(line).collect::<String>()
        }
        Output::Json => {
            let all: Vec<Value> = usages.iter().map(value).collect();
            serde_json::to_string_pretty(&all).context("encode the difference")? + "\n"
        }
    };
    super::print(&text)?;
    Ok(
        if usages.iter().all(|usage| usage.verdict == Verdict::Used) {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(super::FINDINGS)
        },
    )
}

fn line(usage: &Usage) -> String {
    let sid = usage.sid.as_ref().map(|sid| format!(" ({sid})"));
    let place = format!(
        "statement {}{} of {}",
        usage.statement,
        sid.unwrap_or_default(),
        usage.policy
    );
    match &usage.verdict {
        Verdict::Unused => format!("\nunused  {place}\n"),
        Verdict::Used => format!("\nused    {place}\n"),
        Verdict::Partly {
            unused_actions,
            wider,
        } => {
            let mut text = format!("\npartly  {place}\n");
            for action in unused_actions {
                text.push_str(&format!("          {action} was not used\n"));
            }
            for wide in wider {
                let used = wide.used.join("\n            ");
                text.push_str(&format!(
                    "          {} was used for\n            {used}\n",
                    wide.pattern
                ));
            }
            text
        }
    }
}

fn value(usage: &Usage) -> Value {
    let (verdict, unused_actions, wider) = match &usage.verdict {
        Verdict::Unused => ("unused", json!([]), json!([])),
        Verdict::Used => ("used", json!([]), json!([])),
        Verdict::Partly {
            unused_actions,
            wider,
        } => {
            let wider: Vec<Value> = wider
                .iter()
                .map(|wide| json!({"pattern": wide.pattern, "used": wide.used}))
                .collect();
            ("partly", json!(unused_actions), json!(wider))
        }
    };
    json!({
        "policy": usage.policy,
        "statement": usage.statement,
        "sid": usage.sid,
        "verdict": verdict,
        "unusedActions": unused_actions,
        "wider": wider,
    })
}
