//! Dependencies point downwards only.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;

/// The floors of the house from the bottom up; a crate may depend on crates of lower floors only,
/// and so never on one of its own.
const FLOORS: &[&[&str]] = &[
    &[
        "rolecall-base",
        "rolecall-policy",
        "rolecall-sigv4",
        "rolecall-federation",
    ],
    &[
        "rolecall-api",
        "rolecall-store",
        "rolecall-record",
        "rolecall-advise",
    ],
    &["rolecall-wire", "rolecall-acs", "rolecall-identity"],
    &["rolecall-op", "rolecall-client"],
    &[
        "rolecall-iam",
        "rolecall-sts",
        "rolecall-ecs",
        "rolecall-ecr",
        "rolecall-logs",
        "rolecall-organizations",
        "rolecall-cloudtrail",
    ],
    &["rolecall-engine", "rolecall-blob", "rolecall-server"],
    &["rolecall-agent", "rolecall-registry", "rolecall-reconcile"],
    &["rolecall"],
    &["rolecall-testkit"],
    &[
        "rolecall-clients",
        "rolecall-load",
        "rolecall-oracle",
        "rolecall-sim",
    ],
    &["xtask"],
];

/// Crates that take no clock, thread, file or socket: they may not depend on these.
const PURE: &[&str] = &[
    "rolecall-base",
    "rolecall-policy",
    "rolecall-advise",
    "rolecall-sigv4",
    "rolecall-federation",
    "rolecall-api",
    "rolecall-wire",
    "rolecall-acs",
];
const IMPURE: &[&str] = &["tokio", "hyper", "rand", "redb", "tracing", "nix", "libc"];

pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let output = std::process::Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root)
        .output()
        .context("run cargo metadata")?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("read cargo metadata")?;
    let floor: BTreeMap<&str, usize> = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(n, crates)| crates.iter().map(move |name| (*name, n)))
        .collect();
    let mut findings = Vec::new();
    for package in array(&metadata, "packages") {
        let name = text(package, "name");
        let at = format!("crate {name}");
        let Some(own) = floor.get(name) else {
            let what = "stands on no floor: add it to xtask/src/tidy/layers.rs".to_owned();
            findings.push(Finding { at, what });
            continue;
        };
        for dependency in array(package, "dependencies") {
            // What only tests use may come from above.
            if text(dependency, "kind") == "dev" {
                continue;
            }
            let wanted = text(dependency, "name");
            if floor.get(wanted).is_some_and(|theirs| theirs >= own) {
                let what = format!("depends on {wanted}, which stands beside or above it");
                findings.push(Finding {
                    at: at.clone(),
                    what,
                });
            }
            if PURE.contains(&name) && IMPURE.contains(&wanted) {
                let what = format!("is pure and depends on {wanted}");
                findings.push(Finding {
                    at: at.clone(),
                    what,
                });
            }
        }
    }
    Ok(findings)
}

fn array<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
