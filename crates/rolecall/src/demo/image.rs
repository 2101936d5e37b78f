//! The demo's image: this very program and the libraries that it is linked with.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

/// An image in memory: one layer, its configuration, its manifest.
pub(crate) struct DemoImage {
    pub(crate) layer: Blob,
    pub(crate) config: Blob,
    pub(crate) manifest: Bytes,
}

/// Bytes and their digest, `sha256:…`.
pub(crate) struct Blob {
    pub(crate) bytes: Bytes,
    pub(crate) digest: String,
}

impl Blob {
    fn new(bytes: Vec<u8>) -> Self {
        let digest = digest(&bytes);
        Self {
            bytes: bytes.into(),
            digest,
        }
    }
}

/// The media type of the manifest.
pub(crate) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// Builds the image (OCI Image Specification 1.1).
pub(crate) fn build() -> Result<DemoImage> {
    let tar = layer().context("put this program into an image layer")?;
    let diff_id = digest(&tar);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&tar).context("compress the layer")?;
    let layer = Blob::new(packed.finish().context("compress the layer")?);
    let architecture = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "amd64"
    };
    let config = json!({
        "architecture": architecture,
        "os": "linux",
        "config": { "Entrypoint": ["/bin/rolecall", crate::program::ARG] },
        "rootfs": { "type": "layers", "diff_ids": [diff_id] },
    });
    let config = Blob::new(config.to_string().into_bytes());
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "size": config.bytes.len(),
            "digest": config.digest,
        },
        "layers": [{
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "size": layer.bytes.len(),
            "digest": layer.digest,
        }],
    });
    Ok(DemoImage {
        layer,
        config,
        manifest: manifest.to_string().into(),
    })
}

fn layer() -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let program = fs::read("/proc/self/exe").context("read this program")?;
    append(&mut tar, Path::new("/bin/rolecall"), &program)?;
    for library in libraries()? {
        let bytes = fs::read(&library).with_context(|| format!("read {}", library.display()))?;
        append(&mut tar, &library, &bytes)?;
    }
    // The loader looks for libraries in these folders; on Debian they are one.
    tar.into_inner().context("finish the layer")
}

/// The shared libraries that this process has loaded, the loader among them.
fn libraries() -> Result<Vec<PathBuf>> {
    let maps = fs::read_to_string("/proc/self/maps").context("read /proc/self/maps")?;
    let mut found: Vec<PathBuf> = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .filter(|path| path.starts_with('/') && path.contains(".so"))
        .map(PathBuf::from)
        .collect();
    found.sort();
    found.dedup();
    // What is loaded is the file itself; programs name it by a link beside it, its soname.
    let links: Vec<PathBuf> = found.iter().flat_map(|library| links_to(library)).collect();
    found.extend(links);
    // The program names its loader by a path that is a link to what is loaded.
    for loader in ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"] {
        if Path::new(loader).exists() {
            found.push(PathBuf::from(loader));
        }
    }
    Ok(found)
}

/// The names beside a library that are links to it.
fn links_to(library: &Path) -> Vec<PathBuf> {
    let Some(folder) = library.parent() else {
        return Vec::new();
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()))
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().contains(".so."))
        .filter(|path| fs::canonicalize(path).is_ok_and(|target| target == *library))
        .collect()
}

fn append(tar: &mut tar::Builder<Vec<u8>>, path: &Path, bytes: &[u8]) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    header.set_mode(0o755);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    let inside = path.strip_prefix("/").unwrap_or(path);
    tar.append_data(&mut header, inside, bytes)
        .with_context(|| format!("add {}", path.display()))
}

fn digest(bytes: &[u8]) -> String {
    let hash = rolecall_sigv4::sha256(bytes);
    hash.iter().fold(String::from("sha256:"), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}
