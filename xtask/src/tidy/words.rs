//! What the project's files must not say: paths of the machine that they were written on, and
//! marks of unfinished work.

use std::path::Path;

use anyhow::Result;

use super::Finding;

/// Words, each split so that this file does not find itself, and what is wrong with them.
const WORDS: &[(&[&str], &str)] = &[
    (&["/wo", "rk/"], "a path of somebody's machine"),
    (&["/ro", "ot/."], "a path of somebody's machine"),
    (&["FIX", "ME"], "unfinished work belongs in an issue"),
    (&["XX", "X:"], "unfinished work belongs in an issue"),
    (&["TO", "DO:"], "unfinished work belongs in an issue"),
];

pub(super) fn check(root: &Path, file: &Path) -> Result<Vec<Finding>> {
    let Ok(text) = std::fs::read_to_string(root.join(file)) else {
        // Not text: nothing to read.
        return Ok(Vec::new());
    };
    let mut findings = Vec::new();
    for (parts, why) in WORDS {
        let word = parts.concat();
        for (n, line) in text.lines().enumerate() {
            if line.contains(&word) {
                let at = format!("{}:{}", file.display(), n + 1);
                findings.push(Finding {
                    at,
                    what: format!("says `{word}`: {why}"),
                });
            }
        }
    }
    Ok(findings)
}
