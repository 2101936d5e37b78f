//! `cargo xtask tidy`: the rules of the house that no compiler checks.

mod layers;
mod sources;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// One broken rule: where, and what to do about it.
pub(crate) struct Finding {
    pub(crate) at: String,
    pub(crate) what: String,
}

/// Runs every check and prints what is broken.
pub(crate) fn run(args: &[String]) -> Result<()> {
    if !args.is_empty() {
        bail!("tidy takes no arguments");
    }
    let root = root();
    let mut findings = layers::check(&root)?;
    for file in tracked(&root)? {
        findings.extend(sources::check(&root, &file)?);
        findings.extend(words::check(&root, &file)?);
    }
    for finding in &findings {
        crate::say(&format!("{}: {}", finding.at, finding.what));
    }
    if findings.is_empty() {
        crate::say("tidy: nothing to mend");
        return Ok(());
    }
    bail!("{} to mend", findings.len())
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .map_or_else(|| here.to_owned(), Path::to_owned)
}

/// The files that git knows or would add, relative to the root.
fn tracked(root: &Path) -> Result<Vec<PathBuf>> {
    let output = std::process::Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("list the files with git")?;
    let text = String::from_utf8(output.stdout).context("read the names of the files")?;
    Ok(text
        .lines()
        .map(PathBuf::from)
        .filter(|file| root.join(file).is_file())
        .collect())
}
