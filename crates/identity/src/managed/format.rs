//! The file of the managed policies, read in place. Numbers are little-endian.
//!
//! ```text
//! "RCMPOL" 0 1 | u32 policies | u32 length of the index | u32 length of the dictionary
//! index:       u8 paths, each: u8 length, text
//!              each policy, by name: u8 length, name; u8 number of its path;
//!              u32 created; u32 updated (seconds since the epoch);
//!              u32 length of the frame of the default document; u32 length of the history frame;
//!              u16 versions, each: u16 number; u32 created; u32 length of the document
//!              (the default version first, then the others from old to new)
//! dictionary:  for zstd
//! frames:      each policy: the default document, then all others in one frame
//! ```

use std::io::{self, Read};

/// The signature and the version of the format.
const MAGIC: &[u8] = b"RCMPOL\x00\x01";
const VERSION_BYTES: usize = 10;

/// What the file holds.
#[derive(Default)]
pub(super) struct Contents<'a> {
    pub(super) records: Vec<Record<'a>>,
    pub(super) dictionary: &'a [u8],
}

/// One policy.
pub(super) struct Record<'a> {
    pub(super) name: &'a str,
    pub(super) path: &'a str,
    pub(super) created_s: u32,
    pub(super) updated_s: u32,
    versions: &'a [u8],
    latest: &'a [u8],
    history: &'a [u8],
}

/// One version of a policy.
#[derive(Clone, Copy)]
pub(super) struct VersionRecord {
    pub(super) number: u16,
    pub(super) created_s: u32,
    length: usize,
}

/// Takes pieces off the front of the data; `None` when it is too short.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<usize> {
        self.take(1)?.first().map(|byte| usize::from(*byte))
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.u8()?;
        str::from_utf8(self.take(length)?).ok()
    }
}

/// Reads the index; `None` when anything is not as described.
pub(super) fn read(data: &[u8]) -> Option<Contents<'_>> {
    let mut file = Cursor(data.strip_prefix(MAGIC)?);
    let (count, index_length, dictionary_length) = (file.length()?, file.length()?, file.length()?);
    let mut index = Cursor(file.take(index_length)?);
    let dictionary = file.take(dictionary_length)?;
    let mut frames = file;
    let path_count = index.u8()?;
    let paths: Vec<&str> = (0..path_count)
        .map(|_| index.text())
        .collect::<Option<_>>()?;
    let mut records = Vec::with_capacity(count.min(index_length));
    for _ in 0..count {
        records.push(record(&mut index, &paths, &mut frames)?);
    }
    (index.0.is_empty() && frames.0.is_empty()).then_some(Contents {
        records,
        dictionary,
    })
}

fn record<'a>(
    index: &mut Cursor<'a>,
    paths: &[&'a str],
    frames: &mut Cursor<'a>,
) -> Option<Record<'a>> {
    let name = index.text()?;
    let path = paths.get(index.u8()?)?;
    let (created_s, updated_s) = (index.u32()?, index.u32()?);
    let (latest_length, history_length) = (index.length()?, index.length()?);
    let version_count = usize::from(index.u16()?);
    let versions = index.take(version_count.checked_mul(VERSION_BYTES)?)?;
    Some(Record {
        name,
        path,
        created_s,
        updated_s,
        versions,
        latest: frames.take(latest_length)?,
        history: frames.take(history_length)?,
    })
}

impl Record<'_> {
    /// The default version, then the others from old to new.
    pub(super) fn versions(&self) -> impl Iterator<Item = VersionRecord> {
        let mut cursor = Cursor(self.versions);
        std::iter::from_fn(move || {
            Some(VersionRecord {
                number: cursor.u16()?,
                created_s: cursor.u32()?,
                length: cursor.length()?,
            })
        })
    }

    /// The text of one version.
    pub(super) fn document(&self, dictionary: &[u8], number: u16) -> Option<String> {
        let mut versions = self.versions();
        let default = versions.next()?;
        if default.number == number {
            return unpack(self.latest, dictionary, 0, default.length);
        }
        let mut before = 0;
        for version in versions {
            if version.number == number {
                return unpack(self.history, dictionary, before, version.length);
            }
            before += version.length;
        }
        None
    }
}

/// Decompresses a frame as a stream, so that a long history takes no more memory than its window
/// (1 MiB), and keeps the bytes of one document.
fn unpack(frame: &[u8], dictionary: &[u8], skip: usize, length: usize) -> Option<String> {
    let mut reader = zstd::stream::Decoder::with_dictionary(frame, dictionary).ok()?;
    let skipped = io::copy(
        &mut reader.by_ref().take(u64::try_from(skip).ok()?),
        &mut io::sink(),
    );
    let mut text = vec![0; length];
    (usize::try_from(skipped.ok()?) == Ok(skip)).then_some(())?;
    reader.read_exact(&mut text).ok()?;
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_or_changed_is_refused() {
        let data = include_bytes!("../../data/managed-policies.bin");
        assert!(read(data).is_some());
        assert!(read(&data[..data.len() - 1]).is_none());
        assert!(read(&data[..100]).is_none());
        assert!(read(b"").is_none());
        let mut longer = data.to_vec();
        longer.push(0);
        assert!(read(&longer).is_none());
        let mut other = data.to_vec();
        other[7] = 2;
        assert!(read(&other).is_none());
    }
}
