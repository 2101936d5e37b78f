//! Tests of `apply`.

use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};

use super::*;

/// A tar in the making.
struct Layer(tar::Builder<Vec<u8>>);

impl Layer {
    fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    fn entry(
        mut self,
        path: &str,
        kind: tar::EntryType,
        mode: u32,
        link: &str,
        data: &[u8],
    ) -> Self {
        let mut h = tar::Header::new_gnu();
        // Written raw: the builder refuses the paths that an attacker would write.
        let name = &mut h.as_old_mut().name;
        name[..path.len()].copy_from_slice(path.as_bytes());
        h.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        h.set_entry_type(kind);
        h.set_mode(mode);
        h.set_uid(1000);
        h.set_gid(1001);
        h.set_mtime(1_600_000_000);
        h.set_size(data.len() as u64);
        h.set_cksum();
        self.0.append(&h, data).unwrap();
        self
    }

    fn file(self, path: &str, data: &str) -> Self {
        self.entry(path, tar::EntryType::Regular, 0o644, "", data.as_bytes())
    }

    fn dir(self, path: &str) -> Self {
        self.entry(path, tar::EntryType::Directory, 0o755, "", b"")
    }

    fn symlink(self, path: &str, to: &str) -> Self {
        self.entry(path, tar::EntryType::Symlink, 0o777, to, b"")
    }

    fn link(self, path: &str, to: &str) -> Self {
        self.entry(path, tar::EntryType::Link, 0o644, to, b"")
    }

    fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

fn root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Unpacks into `<temp>/root`; beside it lies `<temp>/secret`, which must never change.
fn unpacked(
    layer: Layer,
) -> (
    tempfile::TempDir,
    std::path::PathBuf,
    Result<Digest, ImageError>,
) {
    let dir = tempfile::tempdir().unwrap();
    let into = dir.path().join("root");
    std::fs::create_dir(&into).unwrap();
    std::fs::write(dir.path().join("secret"), "secret").unwrap();
    let result = apply(layer.bytes().as_slice(), &into);
    assert_eq!(
        std::fs::read_to_string(dir.path().join("secret")).unwrap(),
        "secret"
    );
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        2,
        "nothing beside the root"
    );
    (dir, into, result)
}

#[test]
fn entries_keep_their_looks() {
    if !root() {
        println!("SKIPPED: owners can be set by root only");
        return;
    }
    let layer = Layer::new()
        .dir("./")
        .dir("bin/")
        .entry("bin/su", tar::EntryType::Regular, 0o4755, "", b"#!")
        .link("bin/su2", "bin/su")
        .symlink("bin/sh", "/bin/su")
        .entry("pipe", tar::EntryType::Fifo, 0o640, "", b"")
        .file("deep/down/file", "x");
    let (_dir, root, result) = unpacked(layer);
    result.unwrap();
    let su = std::fs::metadata(root.join("bin/su")).unwrap();
    assert_eq!(
        (su.mode() & 0o7777, su.uid(), su.gid()),
        (0o4755, 1000, 1001)
    );
    assert_eq!((su.mtime(), su.nlink()), (1_600_000_000, 2));
    let link = std::fs::symlink_metadata(root.join("bin/sh")).unwrap();
    assert_eq!((link.uid(), link.mtime()), (1000, 1_600_000_000));
    assert_eq!(
        std::fs::metadata(root.join("bin")).unwrap().mtime(),
        1_600_000_000
    );
    let pipe = std::fs::metadata(root.join("pipe")).unwrap();
    assert!(pipe.file_type().is_fifo() && pipe.permissions().mode() & 0o777 == 0o640);
    assert!(root.join("deep/down/file").exists());
}

#[test]
fn removals_are_overlayfs_removals() {
    if !root() {
        println!("SKIPPED: device files can be made by root only");
        return;
    }
    let layer = Layer::new()
        .file("gone/.wh.file", "")
        .dir("fresh/")
        .file("fresh/.wh..wh..opq", "")
        .file("fresh/new", "n")
        .file(".wh.remade", "")
        .file("remade/inner", "i")
        .file("kept", "k")
        .file(".wh.kept", "")
        .dir("dir/")
        .file(".wh.dir", "")
        .file(".wh..wh.plnk", "");
    let (_dir, root, result) = unpacked(layer);
    result.unwrap();
    let gone = std::fs::symlink_metadata(root.join("gone/file")).unwrap();
    assert!(gone.file_type().is_char_device() && gone.rdev() == 0);
    let opaque = |path: &str| {
        let mut value = [0_u8; 8];
        let got = rustix::fs::getxattr(root.join(path), "trusted.overlay.opaque", &mut value);
        got.is_ok_and(|n| &value[..n] == b"y")
    };
    assert!(opaque("fresh") && root.join("fresh/new").exists());
    assert!(opaque("remade") && root.join("remade/inner").exists());
    assert!(opaque("dir") && !opaque("gone"));
    assert_eq!(std::fs::read_to_string(root.join("kept")).unwrap(), "k");
    assert!(!root.join(".wh..wh.plnk").exists() && !root.join(".wh.plnk").exists());
}

#[test]
fn nothing_leads_out() {
    if !root() {
        println!("SKIPPED: owners can be set by root only");
        return;
    }
    let refused = [
        Layer::new().file("../secret", "x"),
        Layer::new().file("a/../../secret", "x"),
        Layer::new().link("mine", "../secret"),
        Layer::new().file("f", "").file("f/below", "x"),
        Layer::new().entry("dev", tar::EntryType::Char, 0o600, "", b""),
    ];
    for layer in refused {
        assert!(unpacked(layer).2.is_err());
    }
    // Links lead inside, as in a container; the last part is replaced, not followed.
    let tricks = Layer::new()
        .symlink("up", "../../..")
        .file("up/secret", "x")
        .symlink("abs", "/")
        .file("abs/secret2", "y")
        .symlink("last", "../secret")
        .file("last", "z")
        .symlink("dir", "..")
        .dir("dir/")
        .file("dir/inner", "i");
    let (_dir, root, result) = unpacked(tricks);
    result.unwrap();
    assert_eq!(std::fs::read_to_string(root.join("secret")).unwrap(), "x");
    assert_eq!(std::fs::read_to_string(root.join("secret2")).unwrap(), "y");
    assert!(
        std::fs::symlink_metadata(root.join("last"))
            .unwrap()
            .is_file()
    );
    assert!(
        std::fs::symlink_metadata(root.join("dir"))
            .unwrap()
            .is_dir()
    );
    // A hard link through a link stays inside too.
    let linked = Layer::new()
        .symlink("up", "..")
        .file("real", "r")
        .link("name", "up/real");
    let (_dir, root, result) = unpacked(linked);
    result.unwrap();
    assert_eq!(std::fs::metadata(root.join("name")).unwrap().nlink(), 2);
}

#[test]
fn digests_are_of_the_plain_tar_whatever_the_compression() {
    if !root() {
        println!("SKIPPED: owners can be set by root only");
        return;
    }
    let tar = Layer::new().file("f", "data").bytes();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gz, &tar).unwrap();
    let forms = [
        tar.clone(),
        gz.finish().unwrap(),
        zstd::stream::encode_all(tar.as_slice(), 1).unwrap(),
    ];
    for form in forms {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(
            apply(form.as_slice(), dir.path()).unwrap(),
            Digest::of(&tar)
        );
        assert_eq!(
            std::fs::read_to_string(dir.path().join("f")).unwrap(),
            "data"
        );
    }
    let dir = tempfile::tempdir().unwrap();
    assert!(apply(&tar[..700], dir.path()).is_err(), "cut off");
}

#[test]
fn attributes_and_long_names_come_through() {
    if !root() {
        println!("SKIPPED: attributes can be set by root only");
        return;
    }
    let long = format!("{}/{}", "d".repeat(150), "f".repeat(150));
    let mut builder = tar::Builder::new(Vec::new());
    let pax = [
        ("SCHILY.xattr.user.note", b"hi".as_slice()),
        ("SCHILY.xattr.trusted.overlay.redirect", b"/etc".as_slice()),
        ("mtime", b"1500000000.5".as_slice()),
        ("uid", b"70000".as_slice()),
    ];
    builder.append_pax_extensions(pax).unwrap();
    let mut h = tar::Header::new_ustar();
    h.set_size(0);
    h.set_mode(0o600);
    h.set_uid(0);
    h.set_gid(0);
    h.set_cksum();
    builder
        .append_data(&mut h, "short", std::io::empty())
        .unwrap();
    let mut h = tar::Header::new_gnu();
    h.set_size(0);
    h.set_mode(0o600);
    h.set_uid(0);
    h.set_gid(0);
    builder
        .append_data(&mut h, &long, std::io::empty())
        .unwrap();
    let (_dir, root, result) = unpacked(Layer(builder));
    result.unwrap();
    assert!(root.join(long).exists());
    let short = std::fs::metadata(root.join("short")).unwrap();
    assert_eq!(
        (short.uid(), short.mtime(), short.mtime_nsec()),
        (70000, 1_500_000_000, 500_000_000)
    );
    let mut value = [0_u8; 16];
    let n = rustix::fs::getxattr(root.join("short"), "user.note", &mut value).unwrap();
    assert_eq!(&value[..n], b"hi");
    let redirect = rustix::fs::getxattr(root.join("short"), "trusted.overlay.redirect", &mut value);
    assert!(redirect.is_err());
}
