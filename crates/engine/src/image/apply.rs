//! Unpacks one layer into a directory of its own, as overlayfs wants it.
//!
//! A layer is somebody else's data: every path in it is resolved by the kernel inside of the
//! layer's root (`openat2` with `RESOLVE_IN_ROOT`), the last part is never followed, and what is
//! neither a file, directory, link, pipe nor device ends the unpacking. Removals (OCI image
//! specification, "Representing Changes") become overlayfs's own: a 0:0 character device, an opaque
//! directory.

mod entry;

use std::io::{BufReader, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, XattrFlags};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use super::{Digest, ImageError};
use entry::{Entry, Kind};

/// The mark of a removed file, before its name.
const WHITEOUT: &[u8] = b".wh.";
/// The mark, in a directory, that nothing of it is taken from below.
const OPAQUE: &[u8] = b".wh..wh..opq";

/// Unpacks a layer blob (plain, gzip or zstd) into the empty directory `into`; returns the digest
/// of the unpacked tar, its `diff_id`.
pub(super) fn apply(blob: impl Read, into: &Path) -> Result<Digest, ImageError> {
    let mut blob = BufReader::with_capacity(128 * 1024, blob);
    let start = std::io::BufRead::fill_buf(&mut blob).map_err(|e| failed("", &e))?;
    let plain: Box<dyn Read> = match start {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(blob)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let decoder = zstd::stream::read::Decoder::with_buffer(blob);
            Box::new(decoder.map_err(|e| failed("", &e))?)
        }
        _ => Box::new(blob),
    };
    let mut hashed = Hashed {
        inner: plain,
        hasher: Sha256::new(),
    };
    unpack(&mut hashed, into)?;
    // What follows the archive's end belongs to the digest too.
    std::io::copy(&mut hashed, &mut std::io::sink()).map_err(|e| failed("", &e))?;
    Ok(Digest::finish(hashed.hasher))
}

struct Hashed<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..n).unwrap_or_default());
        Ok(n)
    }
}

fn failed(path: &str, error: &dyn std::fmt::Display) -> ImageError {
    ImageError::Entry {
        path: path.to_owned(),
        detail: error.to_string(),
    }
}

fn unpack(tar: impl Read, into: &Path) -> Result<(), ImageError> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::open(into, flags, Mode::empty()).map_err(|e| failed("/", &e))?;
    let tree = Tree { root };
    let mut archive = tar::Archive::new(tar);
    // A directory's time changes with every entry made in it: set last.
    let mut directories = Vec::new();
    for raw in archive.entries().map_err(|e| failed("", &e))? {
        let mut raw = raw.map_err(|e| failed("", &e))?;
        let Some(entry) = entry::read(&mut raw)? else {
            continue;
        };
        tree.place(&entry, &mut raw).map_err(|e| match e {
            Refused::Os(e) => failed(&entry.shown(), &e),
            Refused::Because(text) => failed(&entry.shown(), &text),
        })?;
        if entry.kind == Kind::Directory {
            directories.push((entry.parts.clone(), entry.mtime));
        }
    }
    for (parts, mtime) in directories.into_iter().rev() {
        // It may have been replaced by something else since.
        if let Ok(dir) = tree.open_dir(&parts) {
            let _ = rustix::fs::futimens(&dir, &entry::times(mtime));
        }
    }
    Ok(())
}

/// Why an entry was not placed.
enum Refused {
    Os(std::io::Error),
    Because(&'static str),
}

impl From<Errno> for Refused {
    fn from(e: Errno) -> Self {
        Self::Os(e.into())
    }
}

impl From<std::io::Error> for Refused {
    fn from(e: std::io::Error) -> Self {
        Self::Os(e)
    }
}

type Placed<T = ()> = Result<T, Refused>;

struct Tree {
    root: OwnedFd,
}

impl Tree {
    /// Opens a directory below the root; links on the way lead inside.
    fn open_dir(&self, parts: &[Vec<u8>]) -> Result<OwnedFd, Errno> {
        let mut path = parts.join(&b'/');
        if path.is_empty() {
            path.push(b'.');
        }
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(&self.root, path, flags, Mode::empty(), resolve)
    }

    /// Opens a directory, making what of it is missing.
    fn make_dir(&self, parts: &[Vec<u8>]) -> Placed<OwnedFd> {
        match self.open_dir(parts) {
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            other => return Ok(other?),
        }
        let Some((name, above)) = parts.split_last() else {
            return Err(Refused::Because("the root is no directory"));
        };
        let parent = self.make_dir(above)?;
        let hidden = is_whiteout(&parent, name);
        if hidden {
            rustix::fs::unlinkat(&parent, name.as_slice(), rustix::fs::AtFlags::empty())?;
        }
        match rustix::fs::mkdirat(&parent, name.as_slice(), Mode::from(0o755)) {
            Err(Errno::EXIST) => {
                return Err(Refused::Because("below something that is no directory"));
            }
            other => other?,
        }
        let dir = self.open_dir(parts)?;
        if hidden {
            set_opaque(&dir)?;
        }
        Ok(dir)
    }

    fn place(&self, entry: &Entry, content: &mut impl Read) -> Placed {
        let Some((name, above)) = entry.parts.split_last() else {
            // The root itself: it is there, only its looks are set.
            return if entry.kind == Kind::Directory {
                entry.dress(&self.open_dir(&[])?)
            } else {
                Err(Refused::Because("the root must be a directory"))
            };
        };
        let parent = self.make_dir(above)?;
        if name == OPAQUE {
            return set_opaque(&parent);
        }
        if let Some(removed) = name.strip_prefix(WHITEOUT) {
            return whiteout(&parent, removed);
        }
        let hidden = is_whiteout(&parent, name);
        if hidden || entry.kind != Kind::Directory || !is_dir(&parent, name) {
            remove(&parent, name)?;
        }
        let name = name.as_slice();
        match &entry.kind {
            Kind::Directory => {
                match rustix::fs::mkdirat(&parent, name, Mode::from(0o700)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(e) => return Err(e.into()),
                }
                let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let dir = rustix::fs::openat(&parent, name, flags, Mode::empty())?;
                if hidden {
                    set_opaque(&dir)?;
                }
                entry.dress(&dir)
            }
            Kind::File => {
                let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
                let fd = rustix::fs::openat(&parent, name, flags, Mode::from(0o600))?;
                let mut file = std::fs::File::from(fd);
                std::io::copy(content, &mut file)?;
                entry.dress(&OwnedFd::from(file))
            }
            Kind::Symlink(target) => {
                rustix::fs::symlinkat(target.as_slice(), &parent, name)?;
                entry.dress_link(&parent, name)
            }
            Kind::HardLink(target) => self.hard_link(target, &parent, name),
            Kind::Node(file_type, device) => {
                if *file_type == FileType::CharacterDevice && *device == 0 {
                    return Err(Refused::Because("a device with overlayfs's own meaning"));
                }
                rustix::fs::mknodat(&parent, name, *file_type, Mode::from(0o600), *device)?;
                entry.dress_node(&parent, name)
            }
        }
    }

    fn hard_link(&self, target: &[Vec<u8>], parent: &OwnedFd, name: &[u8]) -> Placed {
        let Some((target_name, above)) = target.split_last() else {
            return Err(Refused::Because("a hard link to the root"));
        };
        let from = self.open_dir(above)?;
        if is_whiteout(&from, target_name) {
            return Err(Refused::Because("a hard link to a removed file"));
        }
        let flags = rustix::fs::AtFlags::empty();
        Ok(rustix::fs::linkat(
            &from,
            target_name.as_slice(),
            parent,
            name,
            flags,
        )?)
    }
}

fn stat(parent: &OwnedFd, name: &[u8]) -> Option<rustix::fs::Stat> {
    rustix::fs::statat(parent, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).ok()
}

fn is_dir(parent: &OwnedFd, name: &[u8]) -> bool {
    stat(parent, name).is_some_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::Directory)
}

fn is_whiteout(parent: &OwnedFd, name: &[u8]) -> bool {
    stat(parent, name).is_some_and(|s| {
        FileType::from_raw_mode(s.st_mode) == FileType::CharacterDevice && s.st_rdev == 0
    })
}

/// Marks `name` as removed from the layers below. What this layer has of that name stays: the mark
/// is about the layers below only, whichever of both comes first in the archive.
fn whiteout(parent: &OwnedFd, name: &[u8]) -> Placed {
    if name.is_empty() || name == b"." || name == b".." {
        return Err(Refused::Because("a removal of nothing"));
    }
    if name.starts_with(WHITEOUT) {
        // Bookkeeping of aufs; nothing of the image's.
        return Ok(());
    }
    if is_dir(parent, name) {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        return set_opaque(&rustix::fs::openat(parent, name, flags, Mode::empty())?);
    }
    if stat(parent, name).is_some() {
        return Ok(());
    }
    let kind = FileType::CharacterDevice;
    Ok(rustix::fs::mknodat(parent, name, kind, Mode::empty(), 0)?)
}

fn set_opaque(dir: &OwnedFd) -> Placed {
    Ok(rustix::fs::fsetxattr(
        dir,
        "trusted.overlay.opaque",
        b"y",
        XattrFlags::empty(),
    )?)
}

/// Removes what stands in the way of an entry, whatever it is.
fn remove(parent: &OwnedFd, name: &[u8]) -> Placed {
    use std::os::fd::AsRawFd;
    use std::os::unix::ffi::OsStrExt;
    if is_dir(parent, name) {
        // Follows no link on its way down.
        let dir = Path::new("/proc/self/fd").join(parent.as_raw_fd().to_string());
        std::fs::remove_dir_all(dir.join(std::ffi::OsStr::from_bytes(name)))?;
        return Ok(());
    }
    match rustix::fs::unlinkat(parent, name, rustix::fs::AtFlags::empty()) {
        Err(Errno::NOENT) => Ok(()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests;
