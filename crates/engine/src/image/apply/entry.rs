//! One entry of a layer's archive: what it is, and its looks.

use std::io::Read;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::Errno;
use tar::EntryType;

use super::{ImageError, Placed, failed};

/// What an entry is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    File,
    /// Its text.
    Symlink(Vec<u8>),
    /// The parts of the path that it is another name of.
    HardLink(Vec<Vec<u8>>),
    /// Pipe or device, and the device's number.
    Node(FileType, u64),
}

/// An entry without its content.
pub(super) struct Entry {
    /// The names on the way from the root; empty for the root itself.
    pub(super) parts: Vec<Vec<u8>>,
    pub(super) kind: Kind,
    pub(super) mtime: Timespec,
    mode: u32,
    uid: u32,
    gid: u32,
    xattrs: Vec<(String, Vec<u8>)>,
}

/// The prefix of extended attributes in PAX headers (star's, GNU tar's, Docker's).
const XATTR: &str = "SCHILY.xattr.";

/// Reads an entry's headers. None for headers that are no entry of their own.
pub(super) fn read<R: Read>(raw: &mut tar::Entry<'_, R>) -> Result<Option<Entry>, ImageError> {
    let shown = String::from_utf8_lossy(&raw.path_bytes()).into_owned();
    let wrong = |detail: &'static str| failed(&shown, &detail);
    let parts = parts(&raw.path_bytes()).ok_or_else(|| wrong("leads out of the root"))?;
    let header = raw.header();
    let number = |n: std::io::Result<u64>| {
        n.ok()
            .and_then(|n| u32::try_from(n).ok())
            .ok_or_else(|| wrong("owner out of range"))
    };
    let (mut uid, mut gid) = (number(header.uid())?, number(header.gid())?);
    let mode = header.mode().map_err(|e| failed(&shown, &e))? & 0o7777;
    let seconds = header
        .mtime()
        .ok()
        .and_then(|t| i64::try_from(t).ok())
        .unwrap_or(0);
    let mut mtime = Timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    };
    let Some(kind) = kind(raw).map_err(wrong)? else {
        return Ok(None);
    };
    let mut xattrs = Vec::new();
    for extension in raw
        .pax_extensions()
        .ok()
        .flatten()
        .into_iter()
        .flatten()
        .flatten()
    {
        let (Ok(key), value) = (extension.key(), extension.value_bytes()) else {
            continue;
        };
        let text = || String::from_utf8_lossy(value).into_owned();
        match key {
            "uid" => uid = text().parse().map_err(|_| wrong("owner out of range"))?,
            "gid" => gid = text().parse().map_err(|_| wrong("owner out of range"))?,
            "mtime" => mtime = pax_time(&text()).unwrap_or(mtime),
            _ => {
                // Overlayfs's own are the engine's to set.
                let name = key
                    .strip_prefix(XATTR)
                    .filter(|n| !n.starts_with("trusted."));
                xattrs.extend(name.map(|n| (n.to_owned(), value.to_vec())));
            }
        }
    }
    Ok(Some(Entry {
        parts,
        kind,
        mtime,
        mode,
        uid,
        gid,
        xattrs,
    }))
}

/// What an entry is; None for headers that are no entry of their own.
fn kind<R: Read>(raw: &tar::Entry<'_, R>) -> Result<Option<Kind>, &'static str> {
    let header = raw.header();
    let target = || raw.link_name_bytes().ok_or("a link without target");
    Ok(Some(match header.entry_type() {
        EntryType::Directory => Kind::Directory,
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => Kind::File,
        EntryType::Symlink => Kind::Symlink(target()?.into_owned()),
        EntryType::Link => Kind::HardLink(parts(&target()?).ok_or("links out of the root")?),
        EntryType::Fifo => Kind::Node(FileType::Fifo, 0),
        kind @ (EntryType::Char | EntryType::Block) => {
            let part = |n: std::io::Result<Option<u32>>| n.ok().flatten().unwrap_or(0);
            let (major, minor) = (part(header.device_major()), part(header.device_minor()));
            let file_type = if kind == EntryType::Char {
                FileType::CharacterDevice
            } else {
                FileType::BlockDevice
            };
            Kind::Node(file_type, rustix::fs::makedev(major, minor))
        }
        EntryType::XGlobalHeader => return Ok(None),
        _ => return Err("is of an unknown kind"),
    }))
}

/// The names of a path; None if one of them goes up.
fn parts(path: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    for part in path
        .split(|b| *b == b'/')
        .filter(|p| !p.is_empty() && *p != b".")
    {
        if part == b".." || part.contains(&0) {
            return None;
        }
        parts.push(part.to_vec());
    }
    Some(parts)
}

/// Seconds since 1970 with a fraction, as PAX headers have them.
fn pax_time(text: &str) -> Option<Timespec> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let nanos: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    Some(Timespec {
        tv_sec: seconds.parse().ok()?,
        tv_nsec: nanos.parse().ok()?,
    })
}

pub(super) fn times(mtime: Timespec) -> Timestamps {
    Timestamps {
        last_access: mtime,
        last_modification: mtime,
    }
}

impl Entry {
    /// Its path for people.
    pub(super) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.parts.join(&b'/')).into_owned()
    }

    fn owner(&self) -> (Option<Uid>, Option<Gid>) {
        (Some(Uid::from_raw(self.uid)), Some(Gid::from_raw(self.gid)))
    }

    /// Owner, then mode (a change of owner clears set-uid), then attributes (it clears file
    /// capabilities too), then time.
    pub(super) fn dress(&self, fd: &OwnedFd) -> Placed {
        let (uid, gid) = self.owner();
        rustix::fs::fchown(fd, uid, gid)?;
        rustix::fs::fchmod(fd, Mode::from_raw_mode(self.mode))?;
        for (name, value) in &self.xattrs {
            match rustix::fs::fsetxattr(fd, name.as_str(), value, XattrFlags::empty()) {
                // A file system without them runs most programs all the same.
                Ok(()) | Err(Errno::NOTSUP) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(rustix::fs::futimens(fd, &times(self.mtime))?)
    }

    /// A symbolic link has no mode of its own.
    pub(super) fn dress_link(&self, parent: &OwnedFd, name: &[u8]) -> Placed {
        let (uid, gid) = self.owner();
        rustix::fs::chownat(parent, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(rustix::fs::utimensat(
            parent,
            name,
            &times(self.mtime),
            AtFlags::SYMLINK_NOFOLLOW,
        )?)
    }

    /// A device or pipe, which must not be opened: it has just been made and is no link.
    pub(super) fn dress_node(&self, parent: &OwnedFd, name: &[u8]) -> Placed {
        let (uid, gid) = self.owner();
        rustix::fs::chownat(parent, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
        rustix::fs::chmodat(
            parent,
            name,
            Mode::from_raw_mode(self.mode),
            AtFlags::empty(),
        )?;
        Ok(rustix::fs::utimensat(
            parent,
            name,
            &times(self.mtime),
            AtFlags::SYMLINK_NOFOLLOW,
        )?)
    }
}
