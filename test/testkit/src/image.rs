//! Container images for tests, made from the machine's static busybox: no registry, no network.
//!
//! The same description always gives the same bytes and so the same digests: entries are sorted,
//! owned by root and dated 1970.
//!
//! Formats: OCI Image Layout and Image Specification 1.1; the archive that `docker load` reads.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

const BUSYBOX: &str = "/bin/busybox";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What tests run in their containers; all of these are links to busybox.
const APPLETS: &[&str] = &[
    "[",
    "ash",
    "awk",
    "cat",
    "chmod",
    "cp",
    "cut",
    "date",
    "dd",
    "df",
    "echo",
    "env",
    "expr",
    "false",
    "find",
    "free",
    "grep",
    "head",
    "hostname",
    "id",
    "ifconfig",
    "ip",
    "kill",
    "ls",
    "mkdir",
    "mount",
    "mv",
    "nc",
    "nproc",
    "nslookup",
    "od",
    "ping",
    "printf",
    "ps",
    "pwd",
    "rm",
    "sed",
    "seq",
    "sh",
    "sha256sum",
    "sleep",
    "sort",
    "stat",
    "tail",
    "tee",
    "test",
    "timeout",
    "touch",
    "tr",
    "true",
    "uname",
    "usleep",
    "wc",
    "wget",
    "which",
    "whoami",
    "xargs",
    "yes",
];

enum Entry {
    Directory(u32),
    File(u32, Vec<u8>),
    Link(String),
}

/// What an image is to contain, and how it starts.
pub struct Image {
    entries: BTreeMap<String, Entry>,
    config: BTreeMap<&'static str, Value>,
}

/// A busybox image that runs `sh`.
///
/// # Errors
/// When the machine has no static `/bin/busybox` (Debian: `apt-get install busybox-static`).
pub fn busybox() -> io::Result<Image> {
    let program = fs::read(BUSYBOX)
        .map_err(|e| io::Error::new(e.kind(), format!("{BUSYBOX}: {e}; install busybox-static")))?;
    if !is_static(&program) {
        let text = format!("{BUSYBOX} is not static: install busybox-static");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    let mut image = Image {
        entries: BTreeMap::new(),
        config: BTreeMap::new(),
    };
    for (path, mode) in [
        ("bin", 0o755),
        ("dev", 0o755),
        ("etc", 0o755),
        ("home", 0o755),
        ("proc", 0o555),
        ("root", 0o700),
        ("sys", 0o555),
        ("tmp", 0o1777),
        ("var", 0o755),
    ] {
        image
            .entries
            .insert(path.to_owned(), Entry::Directory(mode));
    }
    for applet in APPLETS {
        image
            .entries
            .insert(format!("bin/{applet}"), Entry::Link("busybox".to_owned()));
    }
    image.config.insert("Env", json!(["PATH=/bin"]));
    image.config.insert("Cmd", json!(["sh"]));
    let users = "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home:/bin/sh\n";
    Ok(image
        .file("bin/busybox", 0o755, program)
        .file("etc/passwd", 0o644, users)
        .file("etc/group", 0o644, "root:x:0:\nuser:x:1000:\n"))
}

impl Image {
    /// Adds a file; the folders above it are made with mode 755.
    #[must_use]
    pub fn file(mut self, path: &str, mode: u32, content: impl Into<Vec<u8>>) -> Self {
        let path = path.trim_start_matches('/');
        for (slash, _) in path.match_indices('/') {
            let folder = path.get(..slash).unwrap_or_default().to_owned();
            self.entries
                .entry(folder)
                .or_insert(Entry::Directory(0o755));
        }
        self.entries
            .insert(path.to_owned(), Entry::File(mode, content.into()));
        self
    }

    /// The entry point.
    #[must_use]
    pub fn entrypoint(self, words: &[&str]) -> Self {
        self.config("Entrypoint", json!(words))
    }

    /// The command.
    #[must_use]
    pub fn cmd(self, words: &[&str]) -> Self {
        self.config("Cmd", json!(words))
    }

    /// The environment, `NAME=value` each, instead of `PATH=/bin` alone.
    #[must_use]
    pub fn env(self, pairs: &[&str]) -> Self {
        self.config("Env", json!(pairs))
    }

    /// `user`, `1000`, `1000:1000`.
    #[must_use]
    pub fn user(self, user: &str) -> Self {
        self.config("User", json!(user))
    }

    /// The working directory.
    #[must_use]
    pub fn workdir(self, path: &str) -> Self {
        self.config("WorkingDir", json!(path))
    }

    /// Any other field of the image configuration, by its own name (`StopSignal`, `Labels`).
    #[must_use]
    pub fn config(mut self, field: &'static str, value: Value) -> Self {
        self.config.insert(field, value);
        self
    }

    /// Writes an OCI image layout with one image under `tag` into `dir`.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub fn write_layout(&self, dir: &Path, tag: &str) -> io::Result<OciLayout> {
        let built = self.build()?;
        let blobs = dir.join("blobs").join("sha256");
        fs::create_dir_all(&blobs)?;
        for (digest, content) in [
            (&built.layer_digest, &built.layer),
            (&built.config_digest, &built.config),
        ] {
            fs::write(blobs.join(hex_of(digest)), content)?;
        }
        let manifest = built.manifest();
        let digest = digest_of(&manifest);
        fs::write(blobs.join(hex_of(&digest)), &manifest)?;
        let index = json!({
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [{
                "mediaType": MANIFEST,
                "digest": digest,
                "size": manifest.len(),
                "annotations": { "org.opencontainers.image.ref.name": tag },
            }],
        });
        fs::write(dir.join("index.json"), index.to_string())?;
        fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
        Ok(OciLayout {
            dir: dir.to_owned(),
            tag: tag.to_owned(),
            manifest: Blob {
                media_type: MANIFEST,
                digest,
                size: manifest.len(),
            },
            config: Blob {
                media_type: CONFIG,
                digest: built.config_digest.clone(),
                size: built.config.len(),
            },
            layer: Blob {
                media_type: LAYER,
                digest: built.layer_digest.clone(),
                size: built.layer.len(),
            },
        })
    }

    /// Writes the archive that `docker load` and `skopeo copy docker-archive:` read, with one
    /// image of the given name (`demo/hello:1`).
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_docker_archive(&self, file: &Path, reference: &str) -> io::Result<()> {
        let built = self.build()?;
        let config = format!("{}.json", hex_of(&built.config_digest));
        let manifest = json!([{
            "Config": config,
            "RepoTags": [reference],
            "Layers": ["layer.tar"],
        }]);
        let mut tar = tar::Builder::new(fs::File::create(file)?);
        append(&mut tar, &config, &Entry::File(0o644, built.config))?;
        append(&mut tar, "layer.tar", &Entry::File(0o644, built.diff))?;
        append(
            &mut tar,
            "manifest.json",
            &Entry::File(0o644, manifest.to_string().into_bytes()),
        )?;
        tar.into_inner()?.flush()
    }

    fn build(&self) -> io::Result<Built> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, entry) in &self.entries {
            append(&mut tar, path, entry)?;
        }
        let diff = tar.into_inner()?;
        let mut gzip = GzBuilder::new()
            .mtime(0)
            .write(Vec::new(), Compression::new(6));
        gzip.write_all(&diff)?;
        let layer = gzip.finish()?;
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let config = json!({
            "created": "1970-01-01T00:00:00Z",
            "architecture": architecture,
            "os": "linux",
            "config": self.config,
            "rootfs": { "type": "layers", "diff_ids": [digest_of(&diff)] },
            "history": [{ "created": "1970-01-01T00:00:00Z", "created_by": "busybox" }],
        })
        .to_string()
        .into_bytes();
        Ok(Built {
            layer_digest: digest_of(&layer),
            config_digest: digest_of(&config),
            diff,
            layer,
            config,
        })
    }
}

struct Built {
    diff: Vec<u8>,
    layer: Vec<u8>,
    config: Vec<u8>,
    layer_digest: String,
    config_digest: String,
}

impl Built {
    fn manifest(&self) -> Vec<u8> {
        json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {
                "mediaType": CONFIG,
                "digest": self.config_digest,
                "size": self.config.len(),
            },
            "layers": [{
                "mediaType": LAYER,
                "digest": self.layer_digest,
                "size": self.layer.len(),
            }],
        })
        .to_string()
        .into_bytes()
    }
}

/// One blob of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Its media type.
    pub media_type: &'static str,
    /// `sha256:...`.
    pub digest: String,
    /// Bytes.
    pub size: usize,
}

/// An OCI image layout on disk, with one image of one layer.
#[derive(Clone, Debug)]
pub struct OciLayout {
    /// The folder.
    pub dir: PathBuf,
    /// The tag of the image.
    pub tag: String,
    /// The manifest; its digest is the image's.
    pub manifest: Blob,
    /// The configuration.
    pub config: Blob,
    /// The one layer, compressed.
    pub layer: Blob,
}

impl OciLayout {
    /// Reads one of the blobs.
    ///
    /// # Errors
    /// When it is gone.
    pub fn read(&self, blob: &Blob) -> io::Result<Vec<u8>> {
        fs::read(
            self.dir
                .join("blobs")
                .join("sha256")
                .join(hex_of(&blob.digest)),
        )
    }

    /// `oci:DIR:TAG`, as skopeo names it.
    #[must_use]
    pub fn skopeo_name(&self) -> String {
        format!("oci:{}:{}", self.dir.display(), self.tag)
    }
}

fn append<W: Write>(tar: &mut tar::Builder<W>, path: &str, entry: &Entry) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    let (kind, mode, content): (_, _, &[u8]) = match entry {
        Entry::Directory(mode) => (tar::EntryType::Directory, *mode, &[]),
        Entry::File(mode, content) => (tar::EntryType::Regular, *mode, content),
        Entry::Link(_) => (tar::EntryType::Symlink, 0o777, &[]),
    };
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(u64::try_from(content.len()).map_err(io::Error::other)?);
    match entry {
        Entry::Link(target) => tar.append_link(&mut header, path, target),
        Entry::Directory(_) => tar.append_data(&mut header, format!("{path}/"), content),
        Entry::File(..) => tar.append_data(&mut header, path, content),
    }
}

/// `sha256:` and the hash in hexadecimal.
#[must_use]
pub fn digest_of(content: &[u8]) -> String {
    format!("sha256:{}", hex::encode(rolecall_sigv4::sha256(content)))
}

fn hex_of(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap_or(digest)
}

/// An ELF-64 little-endian program without an interpreter (`PT_INTERP`).
fn is_static(program: &[u8]) -> bool {
    let number = |at: usize, length: usize| -> Option<usize> {
        let bytes = program.get(at..at.checked_add(length)?)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        )
    };
    let header = || Some((number(32, 8)?, number(54, 2)?, number(56, 2)?));
    let Some((start, size, count)) = header() else {
        return false;
    };
    program.starts_with(b"\x7fELF\x02\x01")
        && (0..count).all(|i| number(start + i * size, 4).is_some_and(|kind| kind != 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Image {
        busybox()
            .unwrap()
            .file("/app/run", 0o755, "#!/bin/sh\necho hello\n")
            .entrypoint(&["/app/run"])
            .env(&["PATH=/bin", "GREETING=hello"])
    }

    #[test]
    fn the_same_description_gives_the_same_digests() {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [one, two] = dirs
            .each_ref()
            .map(|d| image().write_layout(d.path(), "1").unwrap());
        assert_eq!(one.manifest, two.manifest);
        let other = tempfile::tempdir().unwrap();
        let other = image().cmd(&["x"]).write_layout(other.path(), "1").unwrap();
        assert_ne!(one.manifest.digest, other.manifest.digest);
        assert_eq!(one.layer, other.layer);
    }

    #[test]
    fn a_layout_holds_together() {
        let dir = tempfile::tempdir().unwrap();
        let layout = image().write_layout(dir.path(), "v1").unwrap();
        for blob in [&layout.manifest, &layout.config, &layout.layer] {
            let content = layout.read(blob).unwrap();
            assert_eq!(
                (digest_of(&content), content.len()),
                (blob.digest.clone(), blob.size)
            );
        }
        let manifest: Value =
            serde_json::from_slice(&layout.read(&layout.manifest).unwrap()).unwrap();
        assert_eq!(manifest["config"]["digest"], layout.config.digest);
        let config: Value = serde_json::from_slice(&layout.read(&layout.config).unwrap()).unwrap();
        assert_eq!(config["config"]["Entrypoint"], json!(["/app/run"]));
        let layer = layout.read(&layout.layer).unwrap();
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(layer.as_slice()));
        let paths: Vec<String> = tar
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        for path in ["app/", "app/run", "bin/busybox", "bin/sh", "tmp/"] {
            assert!(
                paths.iter().any(|p| p == path),
                "{path} is not in {paths:?}"
            );
        }
    }

    #[test]
    fn skopeo_reads_both_forms() {
        let run = |name: &str| {
            std::process::Command::new("skopeo")
                .args(["inspect", name])
                .output()
        };
        let dir = tempfile::tempdir().unwrap();
        let layout = image()
            .write_layout(&dir.path().join("layout"), "v1")
            .unwrap();
        let Ok(output) = run(&layout.skopeo_name()) else {
            println!("SKIPPED: skopeo is not installed");
            return;
        };
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(seen["Digest"], layout.manifest.digest);
        let archive = dir.path().join("image.tar");
        image()
            .write_docker_archive(&archive, "demo/hello:1")
            .unwrap();
        let output = run(&format!("docker-archive:{}", archive.display())).unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    #[test]
    fn only_programs_without_an_interpreter_are_static() {
        assert!(is_static(&fs::read(BUSYBOX).unwrap()));
        assert!(!is_static(&fs::read("/proc/self/exe").unwrap()));
        assert!(!is_static(b"#!/bin/sh"));
        assert!(!is_static(b""));
    }
}
