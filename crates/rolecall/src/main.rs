//! The `rolecall` binary: wiring and command line.

mod cli;
mod control;
mod credentials;
mod demo;
mod doctor;
mod down;
mod entropy;
mod env;
mod first_start;
mod issuers;
mod log_events;
mod node;
mod policy;
mod program;
mod providers;
mod tasks;
mod up;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};

/// Requests take a third less processor time than with the C library's allocator; without huge
/// pages, which would make an idle server half as large again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The container runtime forks, so it runs in a process of its own that never has a second
    // thread: this very program, started again.
    let mut args = std::env::args_os();
    let first = args.nth(1);
    if first
        .as_ref()
        .is_some_and(|first| first == rolecall_engine::SHIM_ARG)
    {
        let code = rolecall_engine::shim_main(args);
        return u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from);
    }
    if first.as_ref().is_some_and(|first| first == program::ARG) {
        return ended(runtime().and_then(|runtime| runtime.block_on(program::run())));
    }
    ended(run(Cli::parse()))
}

fn ended(outcome: Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        complain(&error);
        ExitCode::FAILURE
    })
}

fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Up(args) => {
            logging();
            runtime()?.block_on(up::run(args))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo(args) => {
            quiet();
            runtime()?.block_on(demo::run(&args))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Down(args) => {
            logging();
            runtime()?.block_on(down::run(&args))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Explain(args) => Ok(runtime()?.block_on(policy::explain(&args))),
        Command::Policy(args) => Ok(runtime()?.block_on(policy::run(&args))),
        Command::Env(args) => env::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Doctor(args) => doctor::run(&args),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("start the runtime")
}

/// Logs go to standard error; `ROLECALL_LOG` filters them, such as `rolecall_op=debug`.
fn logging() {
    let filter = EnvFilter::try_from_env("ROLECALL_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,rolecall=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// The demo shows refusals itself: only errors are logged, unless `ROLECALL_LOG` says otherwise.
fn quiet() {
    let filter =
        EnvFilter::try_from_env("ROLECALL_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// An error with its causes, one a line, the nearest first.
fn complain(error: &anyhow::Error) {
    use std::io::Write;
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  because: {cause}\n"));
    }
    let _ = std::io::stderr().write_all(text.as_bytes());
}
