//! Measures a server from outside, as its clients see it. `cargo xtask bench` runs it beside other
//! servers and prints the tables; each subcommand here prints one JSON object.

mod drive;
mod exchange;
mod operation;
mod prepare;
mod remove;
mod sample;
mod signed;
mod start;
mod task;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::signed::Target;

/// Measures a server of AWS's APIs from outside.
///
/// Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `test` and `test` without them.
#[derive(Debug, Parser)]
#[command(name = "rolecall-load")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Requests a second and latencies of one operation.
    Api(drive::Args),
    /// What the operations need: roles, 1,000 task definitions; with --user also a user whose
    /// policies decide, and its key.
    Prepare(prepare::Args),
    /// From a program's start to its first answer, and its memory when idle.
    Start(start::Args),
    /// From RunTask to the program's first instruction.
    Task(task::Args),
    /// Takes what a server that ran tasks left off the machine.
    Remove(remove::Args),
}

/// Where the server is.
#[derive(Clone, Debug, clap::Args)]
struct ServerArgs {
    /// Host and port.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4566")]
    address: String,
    /// The region that requests are signed for.
    #[arg(long, default_value = "us-east-1")]
    region: String,
}

impl ServerArgs {
    fn target(&self) -> Target {
        let key = |name: &str| std::env::var(name).unwrap_or_else(|_| "test".to_owned());
        Target {
            address: self.address.clone(),
            region: self.region.clone(),
            access_key_id: key("AWS_ACCESS_KEY_ID"),
            secret_access_key: key("AWS_SECRET_ACCESS_KEY"),
        }
    }
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "rolecall-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    // One thread: a second one would take the core that the server needs.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start the runtime")?;
    let result = match cli.command {
        Command::Api(args) => runtime.block_on(drive::run(&args))?,
        Command::Prepare(args) => runtime.block_on(prepare::run(&args))?,
        Command::Start(args) => runtime.block_on(start::run(&args))?,
        Command::Task(args) => runtime.block_on(task::run(&args))?,
        Command::Remove(args) => runtime.block_on(remove::run(&args))?,
    };
    writeln!(std::io::stdout(), "{result}").context("print the result")
}
