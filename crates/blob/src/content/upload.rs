//! An upload: its name, and its file with the hash of what was written.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

const READ_BYTES: usize = 256 << 10;

/// The name of an upload: a random UUID (version 4) in its usual text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UploadId(u128);

impl UploadId {
    pub(super) fn random() -> Self {
        let random: u128 = rand::random();
        Self((random & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.0;
        let part = |shift: u32, bits: u32| (id >> shift) & ((1_u128 << bits) - 1);
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-",
            part(96, 32),
            part(80, 16),
            part(64, 16)
        )?;
        write!(f, "{:04x}-{:012x}", part(48, 16), part(0, 48))
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for UploadId {
    type Err = ();

    /// Accepts exactly what `Display` writes.
    fn from_str(text: &str) -> Result<Self, ()> {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        if digits.len() != 32 || digits.starts_with('+') {
            return Err(());
        }
        let id = Self(u128::from_str_radix(&digits, 16).map_err(|_| ())?);
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(())
        }
    }
}

/// An upload in use. Locked while one of its calls works on the file.
pub(super) struct Upload {
    /// None until first touched, after a failed write, and after the end.
    pub(super) open: Option<OpenUpload>,
    /// Finished or aborted.
    pub(super) ended: bool,
}

pub(super) struct OpenUpload {
    pub(super) file: File,
    pub(super) hasher: Sha256,
    pub(super) size: u64,
    /// It has become a blob.
    pub(super) kept: bool,
}

impl OpenUpload {
    /// Opens an upload's file and hashes what it holds; nothing when there is no such file.
    pub(super) fn resume(path: &Path) -> io::Result<Option<Self>> {
        let mut file = match fs::OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut hasher = Sha256::new();
        let mut size = 0;
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let read = file.read(&mut buffer)?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
                break;
            };
            hasher.update(part);
            size += read as u64;
        }
        file.seek(SeekFrom::Start(size))?;
        Ok(Some(Self {
            file,
            hasher,
            size,
            kept: false,
        }))
    }
}
