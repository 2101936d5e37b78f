//! Where the public service models come from: the pinned `botocore` wheel, and for the protocol
//! tests its source distribution (both Apache-2.0, neither copied into the repository).

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use flate2::read::{DeflateDecoder, GzDecoder};

/// The version whose models the generated code shows.
pub(crate) const BOTOCORE_WHEEL: &str = "1.43.127";
/// The version whose source distribution holds the protocol test cases.
const BOTOCORE_SDIST: &str = "1.43.62";
/// The environment variable that names a wheel to use instead of downloading one.
const WHEEL_ENV: &str = "ROLECALL_BOTOCORE";

/// `cargo xtask fetch-models`.
pub(crate) fn run(_args: &[String]) -> Result<()> {
    crate::say(&format!("wheel: {}", wheel()?.display()));
    let tests = unit_tests()?;
    crate::say(&format!("ROLECALL_BOTOCORE_TESTS={}", tests.display()));
    Ok(())
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

fn download_dir() -> Result<PathBuf> {
    let dir = root().join("target").join("models");
    fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    Ok(dir)
}

/// The wheel of the pinned version, downloaded by pip unless it is already there.
pub(crate) fn wheel() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(WHEEL_ENV) {
        return Ok(PathBuf::from(path));
    }
    let dir = download_dir()?;
    let file = dir.join(format!("botocore-{BOTOCORE_WHEEL}-py3-none-any.whl"));
    if !file.exists() {
        pip(
            &dir,
            &[
                "--only-binary=:all:",
                &format!("botocore=={BOTOCORE_WHEEL}"),
            ],
        )?;
    }
    if !file.exists() {
        bail!(
            "pip did not bring {}; set {WHEEL_ENV} to a wheel",
            file.display()
        );
    }
    Ok(file)
}

/// The folder `tests/unit` of the source distribution: the protocol cases are in its
/// `protocols`, the signature vectors in its `auth/aws4_testsuite`.
pub(crate) fn unit_tests() -> Result<PathBuf> {
    let dir = download_dir()?;
    let tests = dir.join(format!("botocore-{BOTOCORE_SDIST}/tests/unit"));
    if tests.exists() {
        return Ok(tests);
    }
    let file = dir.join(format!("botocore-{BOTOCORE_SDIST}.tar.gz"));
    if !file.exists() {
        pip(
            &dir,
            &[
                "--no-binary=botocore",
                &format!("botocore=={BOTOCORE_SDIST}"),
            ],
        )?;
    }
    let inside = format!("botocore-{BOTOCORE_SDIST}/tests/unit");
    let done = Command::new("tar")
        .arg("-xzf")
        .arg(&file)
        .arg("-C")
        .arg(&dir)
        .arg(inside)
        .status()
        .context("running tar")?;
    if !done.success() {
        bail!("tar could not unpack {}", file.display());
    }
    Ok(tests)
}

fn pip(dir: &Path, what: &[&str]) -> Result<()> {
    let done = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"])
        .arg(dir)
        .args(what)
        .status()
        .context("running python3 -m pip")?;
    if !done.success() {
        bail!("pip download failed; set {WHEEL_ENV} to a botocore wheel");
    }
    Ok(())
}

/// A zip archive held in memory, as much of the format as wheels use.
///
/// Format: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
pub(crate) struct Zip {
    bytes: Vec<u8>,
    /// Name, method, compressed size, offset of the local header.
    entries: Vec<(String, u16, usize, usize)>,
}

impl Zip {
    /// Opens the archive at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let entries = directory(&bytes).context("not a zip archive")?;
        Ok(Self { bytes, entries })
    }

    /// The names inside.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|e| e.0.as_str())
    }

    /// The contents of `name`, also unpacked if it is itself a `.gz`.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let entry = self.entries.iter().find(|e| e.0 == name);
        let (_, method, size, offset) = entry.with_context(|| format!("no {name} inside"))?;
        let packed = self
            .packed(*size, *offset)
            .with_context(|| format!("{name} is cut off"))?;
        let mut out = Vec::new();
        match method {
            0 => out.extend_from_slice(packed),
            8 => {
                DeflateDecoder::new(packed).read_to_end(&mut out)?;
            }
            other => bail!("{name} is packed with method {other}"),
        }
        if name.ends_with(".gz") {
            let mut plain = Vec::new();
            GzDecoder::new(out.as_slice()).read_to_end(&mut plain)?;
            return Ok(plain);
        }
        Ok(out)
    }

    fn packed(&self, size: usize, offset: usize) -> Option<&[u8]> {
        let header = offset + 30;
        let start = header
            + usize::from(u16_at(&self.bytes, offset + 26)?)
            + usize::from(u16_at(&self.bytes, offset + 28)?);
        self.bytes.get(start..start + size)
    }
}

fn directory(bytes: &[u8]) -> Option<Vec<(String, u16, usize, usize)>> {
    let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let count = u16_at(bytes, end + 10)?;
    let mut at = usize::try_from(u32_at(bytes, end + 16)?).ok()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let name_len = usize::from(u16_at(bytes, at + 28)?);
        let extra = usize::from(u16_at(bytes, at + 30)?) + usize::from(u16_at(bytes, at + 32)?);
        let name = bytes.get(at + 46..at + 46 + name_len)?;
        entries.push((
            String::from_utf8_lossy(name).into_owned(),
            u16_at(bytes, at + 10)?,
            usize::try_from(u32_at(bytes, at + 20)?).ok()?,
            usize::try_from(u32_at(bytes, at + 42)?).ok()?,
        ));
        at += 46 + name_len + extra;
    }
    Some(entries)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
