//! What every source file keeps to: a doc comment on the module, a size that can be read.

use std::path::Path;

use anyhow::{Context, Result};

use super::Finding;

/// The most lines of a hand-written file.
const LINES_MAX: usize = 800;
/// The most columns of a line of prose or code.
const COLUMNS_MAX: usize = 100;

pub(super) fn check(root: &Path, file: &Path) -> Result<Vec<Finding>> {
    if file.extension().is_none_or(|e| e != "rs") {
        return Ok(Vec::new());
    }
    let path = root.join(file);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    if text.contains("@generated") && file.components().any(|c| c.as_os_str() == "generated") {
        return Ok(Vec::new());
    }
    let mut findings = Vec::new();
    let mut find = |line: usize, what: String| {
        findings.push(Finding {
            at: format!("{}:{line}", file.display()),
            what,
        });
    };
    if !text.trim_start().starts_with("//!") {
        find(
            1,
            "begins without a `//!` that says what the module is".to_owned(),
        );
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        find(
            lines,
            format!("has {lines} lines, more than {LINES_MAX}: split it"),
        );
    }
    for (n, line) in text.lines().enumerate() {
        let columns = line.chars().count();
        // A long string or address that cannot be broken stays whole.
        if columns > COLUMNS_MAX && !line.contains('"') && !line.contains("://") {
            find(
                n + 1,
                format!("has {columns} columns, more than {COLUMNS_MAX}"),
            );
        }
        if line.ends_with([' ', '\t']) {
            find(n + 1, "ends in white space".to_owned());
        }
    }
    Ok(findings)
}
