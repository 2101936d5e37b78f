//! The second source: releases of `moto` (Apache-2.0) since 2017 hold the AWS-managed policies as
//! they were at the time: each policy's default version, its document and `UpdateDate`.
//!
//! A document counts for the version that `DefaultVersionId` names and for no other. Policies that
//! the main source does not list, and versions newer than its newest, are left out: the catalogue
//! is that of one day.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Policy, Version, minify, seconds};
use crate::models::Zip;

/// The first release of each state of the policies.
const RELEASES: [&str; 40] = [
    "1.1.12", "1.3.10", "2.0.0", "2.0.9", "2.2.18", "3.0.0", "3.1.0", "3.1.16", "4.0.0", "4.2.14",
    "5.0.1", "5.0.3", "5.0.5", "5.0.7", "5.0.10", "5.0.11", "5.0.12", "5.0.14", "5.0.17", "5.0.19",
    "5.0.22", "5.0.26", "5.0.28", "5.1.1", "5.1.3", "5.1.5", "5.1.6", "5.1.8", "5.1.10", "5.1.12",
    "5.1.14", "5.1.16", "5.1.19", "5.1.20", "5.1.21", "5.1.22", "5.2.0", "5.2.2", "5.2.3", "5.2.4",
];
const DATA: &str = "moto/iam/aws_managed_policies.py";
/// Names a folder that has the wheels, or gets them.
const WHEELS_ENV: &str = "ROLECALL_MOTO_WHEELS";

/// What the releases brought.
#[derive(Default)]
pub(super) struct Found {
    /// Documents of a release that are the main source's, counted once per release.
    pub(super) agree: usize,
    /// Those that differ; the main source's is kept.
    pub(super) conflicts: Vec<String>,
    /// Versions that the main source lacks.
    pub(super) added: usize,
    /// Dates of versions that the main source does not tell.
    pub(super) dates: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Snapshot<'a> {
    default_version_id: String,
    update_date: String,
    path: String,
    #[serde(borrow)]
    document: &'a RawValue,
}

/// Adds to the policies what the releases know.
pub(super) fn merge(policies: &mut [Policy]) -> Result<Found> {
    let dir = match std::env::var_os(WHEELS_ENV) {
        Some(dir) => PathBuf::from(dir),
        None => crate::models::root().join("target").join("models"),
    };
    std::fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    let mut found = Found::default();
    for release in RELEASES {
        let zip = Zip::open(&wheel(&dir, release)?)?;
        let text = String::from_utf8(zip.read(DATA)?).context("the data is not UTF-8")?;
        merge_release(policies, &text, release, &mut found)
            .with_context(|| format!("moto {release}"))?;
    }
    Ok(found)
}

/// The wheel of a release, downloaded by pip unless it is already there.
fn wheel(dir: &Path, release: &str) -> Result<PathBuf> {
    let prefix = format!("moto-{release}-");
    let there = || -> Result<Option<PathBuf>> {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(&prefix) && name.ends_with(".whl") {
                return Ok(Some(entry.path()));
            }
        }
        Ok(None)
    };
    if let Some(path) = there()? {
        return Ok(path);
    }
    let done = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps"])
        .args(["--only-binary=:all:", "--dest"])
        .arg(dir)
        .arg(format!("moto=={release}"))
        .status()
        .context("running python3 -m pip")?;
    ensure!(
        done.success(),
        "pip did not bring moto {release}; set {WHEELS_ENV} to a folder with the wheels"
    );
    there()?.with_context(|| format!("pip brought no wheel of moto {release}"))
}

/// The file is Python: one assignment of one long string, which is JSON.
fn json(python: &str) -> Result<&str> {
    let (_, rest) = python.split_once("\"\"\"").context("no string")?;
    let (json, _) = rest.rsplit_once("\"\"\"").context("an open string")?;
    ensure!(!json.contains('\\'), "the string has escapes");
    Ok(json)
}

fn merge_release(
    policies: &mut [Policy],
    python: &str,
    release: &str,
    found: &mut Found,
) -> Result<()> {
    let snapshots: BTreeMap<String, Snapshot<'_>> =
        serde_json::from_str(json(python)?).context("reading the policies")?;
    for (name, snapshot) in snapshots {
        let Ok(at) = policies.binary_search_by(|policy| policy.name.cmp(&name)) else {
            continue;
        };
        let Some(policy) = policies.get_mut(at).filter(|p| p.path == snapshot.path) else {
            continue;
        };
        merge_one(policy, &snapshot, release, found).with_context(|| name.clone())?;
    }
    Ok(())
}

fn merge_one(
    policy: &mut Policy,
    snapshot: &Snapshot<'_>,
    release: &str,
    found: &mut Found,
) -> Result<()> {
    let id = &snapshot.default_version_id;
    let number: u16 = id
        .strip_prefix('v')
        .context("unexpected version id")?
        .parse()?;
    if number > policy.default.number {
        return Ok(());
    }
    let document = minify(snapshot.document.get());
    let updated_s = seconds(&snapshot.update_date)?;
    let is_default = number == policy.default.number;
    let known = if is_default {
        Some(&mut policy.default)
    } else {
        policy.history.iter_mut().find(|v| v.number == number)
    };
    let Some(known) = known else {
        policy.history.push(Version {
            number,
            created_s: updated_s,
            document,
        });
        policy.history.sort_by_key(|version| version.number);
        found.added += 1;
        return Ok(());
    };
    if same(&known.document, &document)? {
        found.agree += 1;
    } else {
        found
            .conflicts
            .push(format!("{} {id} in {release}", policy.name));
        return Ok(());
    }
    // Only the first version is as old as the policy: of another one with that date, the source
    // does not know the date, and `UpdateDate` is when the version became the default.
    if number > 1 && !is_default && known.created_s == policy.created_s {
        known.created_s = updated_s;
        found.dates += 1;
    }
    Ok(())
}

/// Whether two documents are the same JSON; the order of keys does not count.
pub(super) fn same(one: &str, other: &str) -> Result<bool> {
    if one == other {
        return Ok(true);
    }
    let (one, other): (Value, Value) = (serde_json::from_str(one)?, serde_json::from_str(other)?);
    Ok(one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: u16, created_s: u32, document: &str) -> Version {
        Version {
            number,
            created_s,
            document: document.to_owned(),
        }
    }

    fn policy() -> Policy {
        Policy {
            name: "P".to_owned(),
            path: "/".to_owned(),
            created_s: 100,
            updated_s: 900,
            default: version(5, 900, r#"{"a":5}"#),
            history: vec![
                version(1, 100, r#"{"a":1}"#),
                version(2, 100, r#"{"a":2,"b":2}"#),
                version(4, 400, r#"{"a":4}"#),
            ],
        }
    }

    fn release(id: &str, path: &str, document: &str) -> (Policy, Found) {
        let python = format!(
            "# made\nx = \"\"\"\n{{\"P\":{{\"DefaultVersionId\":\"{id}\",\
             \"UpdateDate\":\"1970-01-01T00:10:00+00:00\",\"Path\":\"{path}\",\
             \"Document\": {document}}},\"Q\":{{\"DefaultVersionId\":\"v1\",\
             \"UpdateDate\":\"\",\"Path\":\"/\",\"Document\":{{}}}}}}\"\"\"\n"
        );
        let (mut policies, mut found) = (vec![policy()], Found::default());
        merge_release(&mut policies, &python, "1.0", &mut found).unwrap();
        (policies.remove(0), found)
    }

    #[test]
    fn a_version_that_lacks_is_added_in_its_place() {
        let (policy, found) = release("v3", "/", r#"{ "a": 3 }"#);
        let numbers: Vec<u16> = policy.history.iter().map(|v| v.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
        assert_eq!(policy.history[2].document, r#"{"a":3}"#);
        assert_eq!((policy.history[2].created_s, found.added), (600, 1));
    }

    #[test]
    fn an_unknown_date_is_told_and_a_known_one_stays() {
        let (policy, found) = release("v2", "/", r#"{"b":2,"a":2}"#);
        assert_eq!((policy.history[1].created_s, found.dates), (600, 1));
        assert_eq!(policy.history[1].document, r#"{"a":2,"b":2}"#);
        let (policy, found) = release("v4", "/", r#"{"a":4}"#);
        assert_eq!((policy.history[2].created_s, found.agree), (400, 1));
        assert_eq!(release("v1", "/", r#"{"a":1}"#).0.history[0].created_s, 100);
        assert_eq!(release("v5", "/", r#"{"a":5}"#).0.default.created_s, 900);
    }

    #[test]
    fn the_main_source_wins_and_nothing_newer_comes() {
        let (policy, found) = release("v2", "/", r#"{"a":0}"#);
        assert_eq!(found.conflicts, ["P v2 in 1.0"]);
        assert_eq!(policy.history[1].created_s, 100);
        let (policy, found) = release("v6", "/", r#"{"a":6}"#);
        assert_eq!((policy.history.len(), found.added), (3, 0));
        assert_eq!(release("v3", "/other/", "{}").1.added, 0);
    }
}
