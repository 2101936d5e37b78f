//! `rolecall explain`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use rolecall::explain::{What, find, write};

use super::args::{ExplainArgs, Output};

pub(super) async fn run(args: &ExplainArgs) -> Result<ExitCode> {
    let data = super::recorded(&args.data)?;
    let what = args.what.as_deref().map_or(What::Last, What::of);
    let api = super::api(&args.data);
    let found = find(&data, api.as_ref(), &what).await?;
    let text = match args.output {
        Output::Text => write(&found, args.format.into()),
        Output::Json => {
            let text = serde_json::to_string_pretty(&found).context("encode the answer")?;
            format!("{text}\n")
        }
    };
    super::print(&text)?;
    if !found.reports.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    super::remark(match &what {
        What::Last => "no call was denied that the record still has",
        What::Request(_) => "the record has no call of this id",
        What::Task(_) => "the record has no call of this task's roles that was denied",
        What::Message(_) => "the record has no denial with this message",
    });
    Ok(ExitCode::from(super::FINDINGS))
}
