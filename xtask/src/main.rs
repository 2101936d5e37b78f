//! `cargo xtask`: the one entry point for codegen, tidy and bench.

mod authorization_data;
mod bench;
mod codegen;
mod managed_policies;
mod models;
mod run;
mod setup;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

/// The subcommands: name, what it does, how to run it.
type Command = (&'static str, &'static str, fn(&[String]) -> Result<()>);

/// Every subcommand. Adding one is a line here and a module beside this file.
const COMMANDS: &[Command] = &[
    (
        "setup",
        "install what building, running and testing take",
        setup::run,
    ),
    (
        "demo",
        "install what is missing, build, and run `rolecall demo`",
        run::demo,
    ),
    (
        "test",
        "install what is missing, build, and run every test (arguments go to the runner)",
        run::test,
    ),
    (
        "codegen",
        "write crates/api/src/generated from the service models (--check: only compare)",
        codegen::run,
    ),
    (
        "fetch-models",
        "download the service models and the protocol test cases, print where they are",
        models::run,
    ),
    (
        "authorization-data",
        "download the service authorization data, print where it is",
        authorization_data::run,
    ),
    (
        "managed-policies",
        "write crates/identity/data/managed-policies.bin (--check: only compare)",
        managed_policies::run,
    ),
    (
        "bench",
        "measure beside others: api, decision, start, task, store (--json, --seconds, --runs)",
        bench::run,
    ),
    (
        "tidy",
        "check the rules of the house: layers, sizes, doc comments, words",
        tidy::run,
    ),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let Some((name, rest)) = args.split_first() else {
        bail!("which command?\n{}", usage());
    };
    match COMMANDS.iter().find(|c| c.0 == name) {
        Some((_, _, run)) => run(rest),
        None => bail!("there is no command {name:?}\n{}", usage()),
    }
}

fn usage() -> String {
    let mut text = String::from("cargo xtask COMMAND, one of:");
    for (name, about, _) in COMMANDS {
        text.push_str(&format!("\n  {name:18} {about}"));
    }
    text
}

/// Prints a line for the person who runs the command.
#[expect(clippy::print_stdout, reason = "a command-line tool talks on stdout")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

#[expect(
    clippy::print_stderr,
    reason = "errors of a command-line tool go to stderr"
)]
fn say_error(line: &str) {
    eprintln!("{line}");
}
