//! `cargo xtask demo` and `cargo xtask test`: from a fresh machine to the story, or to the tests.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::setup;

/// Installs what is missing, builds, and runs `rolecall demo`.
pub(crate) fn demo(args: &[String]) -> Result<()> {
    setup::for_running()?;
    let mut command = cargo();
    command.args([
        "run",
        "--release",
        "--quiet",
        "--package",
        "rolecall",
        "--",
        "demo",
    ]);
    finish(command.args(args), "the demo")
}

/// Installs what is missing, builds, and runs every test.
pub(crate) fn test(args: &[String]) -> Result<()> {
    setup::for_testing()?;
    // The protocol and signature cases of the public SDK sources; the tests that need them say so
    // when they are not there.
    let cases = crate::models::unit_tests().ok();
    // The clients' tests start the real binary.
    finish(
        cargo().args(["build", "--package", "rolecall", "--bins"]),
        "the build",
    )?;
    let nextest = cargo()
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|o| o.status.success());
    let mut command = cargo();
    command.args(if nextest {
        &["nextest", "run", "--workspace"][..]
    } else {
        &["test", "--workspace", "--no-fail-fast"]
    });
    if let Some(cases) = cases {
        command.env("ROLECALL_BOTOCORE_TESTS", cases);
    }
    // Taken by npm, which not every machine has.
    if let Ok(data) = crate::authorization_data::folder() {
        command.env("ROLECALL_IAM_DATA", data);
    }
    finish(command.args(args), "the tests")
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn finish(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("start {what}"))?;
    if !status.success() {
        bail!("{what} failed");
    }
    Ok(())
}
