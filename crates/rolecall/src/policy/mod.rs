//! `rolecall explain` and `rolecall policy`: questions about permissions, answered from the record
//! and from policies in files.

mod args;
mod check;
mod diff;
mod explain;
mod generate;
mod known;
mod simulate;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use rolecall::explain::Api;
use rolecall_base::Timestamp;
use rolecall_client::Client;

pub(crate) use args::{ExplainArgs, PolicyArgs};
use args::{PolicyCommand, Since};

use crate::cli::DataArgs;
use crate::credentials::Credentials;

/// Findings, so that a script can tell them from none.
const FINDINGS: u8 = 1;

/// What was asked for cannot be done, or the question is malformed.
const USAGE: u8 = 2;

pub(crate) async fn explain(args: &ExplainArgs) -> ExitCode {
    explain::run(args).await.unwrap_or_else(failed)
}

pub(crate) async fn run(args: &PolicyArgs) -> ExitCode {
    let outcome = match &args.command {
        PolicyCommand::Check(args) => check::run(args),
        PolicyCommand::Simulate(args) => simulate::run(args),
        PolicyCommand::Generate(args) => generate::run(args).await,
        PolicyCommand::Diff(args) => diff::run(args).await,
    };
    outcome.unwrap_or_else(failed)
}

fn failed(error: anyhow::Error) -> ExitCode {
    crate::complain(&error);
    ExitCode::from(USAGE)
}

/// The server of a data directory; `None` if none was ever started there.
fn api(data: &DataArgs) -> Option<Api> {
    let known = Credentials::load(&data.dir()).ok()?;
    Some(Api {
        client: Client::new(&known.endpoint, &known.region, "rolecall"),
        credentials: rolecall_client::Credentials {
            access_key_id: known.access_key_id,
            secret_access_key: known.secret_access_key,
            session_token: None,
        },
    })
}

/// The data directory, if there is a record in it.
fn recorded(data: &DataArgs) -> Result<PathBuf> {
    let dir = data.dir();
    let record = dir.join(rolecall_record::FOLDER);
    match std::fs::read_dir(&record) {
        Ok(_) => Ok(dir),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let hint = format!(
                "{} belongs to the user who started the server: run this as that user, or with \
                 sudo",
                record.display()
            );
            Err(anyhow::Error::new(error).context(hint))
        }
        Err(_) => anyhow::bail!(
            "there is no record of calls in {}: start a server with `rolecall up`, or name its \
             directory with --data",
            dir.display()
        ),
    }
}

/// The text of a file; `-` is standard input.
fn read(path: &Path) -> Result<String> {
    if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("read standard input")?;
        return Ok(text);
    }
    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).context("print")
}

/// What is not the answer goes to standard error, so that the answer can be piped on.
fn remark(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

impl Since {
    /// The point in time that is meant.
    fn time(self) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::Ago(ago) => crate::entropy::now().minus(ago),
        }
    }
}

#[cfg(test)]
mod tests;
