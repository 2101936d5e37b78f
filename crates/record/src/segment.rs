//! The bytes of a segment, and what its file name says.
//!
//! A segment is 8 bytes of magic and frames: length of the body (u32), CRC-32 of the body (u32),
//! the body: when (i64, ms), marks (u8), a [`CallRecord`] or a [`Lost`] as CBOR. Little-endian. The
//! first fields let a reader pass over what it does not look for without decoding it.
//!
//! Segments are named by their number, 16 hex digits; a higher number is newer.

use std::path::{Path, PathBuf};

use minicbor::Encode;
use rolecall_base::Timestamp;

use crate::call::{CallKind, CallRecord, Lost};

/// The first bytes of a segment.
pub(crate) const MAGIC: [u8; 8] = *b"RCCALL1\n";

/// The most bytes of a frame's body; a longer one is no frame.
const BODY_MAX: usize = 4 * 1024 * 1024;
const HEAD: usize = 8;
const FIXED: usize = 9;

/// What a frame holds, in bits, beside its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(pub(crate) u8);

impl Marks {
    pub(crate) const DENIED: u8 = 1;
    pub(crate) const DATA: u8 = 2;
    pub(crate) const LOST: u8 = 128;

    fn of(call: &CallRecord<'_>) -> Self {
        let denied = if call.denial().is_some() {
            Self::DENIED
        } else {
            0
        };
        let data = match call.kind {
            CallKind::Management => 0,
            CallKind::Data => Self::DATA,
        };
        Self(denied | data)
    }

    pub(crate) fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }
}

/// Adds a call to a segment's bytes. One that is too large is kept without what makes it large.
pub(crate) fn add_call(call: &mut CallRecord<'_>, out: &mut Vec<u8>) -> Result<(), String> {
    let start = out.len();
    add(call.at, Marks::of(call), &*call, out)?;
    if out.len() - start <= HEAD + BODY_MAX {
        return Ok(());
    }
    out.truncate(start);
    // Thousands of checks of one call: the first ones and the denial tell the story.
    let denial = call.decisions.iter().position(|decided| !decided.allowed);
    let denial = denial.map(|at| call.decisions.swap_remove(at));
    call.decisions.truncate(100);
    call.further.clear();
    call.decisions.extend(denial);
    call.resources.truncate(100);
    call.parameters_omitted |= call.parameters.take().is_some();
    add(call.at, Marks::of(call), &*call, out)?;
    if out.len() - start <= HEAD + BODY_MAX {
        return Ok(());
    }
    out.truncate(start);
    Err("the record of a call is too large".to_owned())
}

/// Adds a note of lost calls to a segment's bytes.
pub(crate) fn add_lost(lost: &Lost, out: &mut Vec<u8>) -> Result<(), String> {
    add(lost.at, Marks(Marks::LOST), lost, out)
}

fn add<T: Encode<()>>(
    at: Timestamp,
    marks: Marks,
    content: &T,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    out.extend_from_slice(&at.epoch_millis().to_le_bytes());
    out.push(marks.0);
    if let Err(error) = minicbor::encode(content, &mut *out) {
        out.truncate(start);
        return Err(error.to_string());
    }
    let body = out.get(start + HEAD..).unwrap_or_default();
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let crc = crc32fast::hash(body);
    let head = out.iter_mut().skip(start);
    for (to, from) in head.zip(length.to_le_bytes().into_iter().chain(crc.to_le_bytes())) {
        *to = from;
    }
    Ok(())
}

/// One whole frame of a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    /// Where it starts in the segment.
    pub(crate) offset: usize,
    pub(crate) at: Timestamp,
    pub(crate) marks: Marks,
    pub(crate) content: &'a [u8],
}

/// The frames of a segment from `offset` on, up to its end or the first one that is not whole.
pub(crate) struct Frames<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Frames<'a> {
    /// Over a whole segment; it has no frame when the magic is missing.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let bytes = if bytes.starts_with(&MAGIC) {
            bytes
        } else {
            &[]
        };
        Self {
            bytes,
            offset: MAGIC.len(),
        }
    }

    /// How many calls are in bytes that are frames without the magic.
    pub(crate) fn count_calls(frames: &'a [u8]) -> u64 {
        let frames = Self {
            bytes: frames,
            offset: 0,
        };
        frames.filter(|frame| !frame.marks.has(Marks::LOST)).count() as u64
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        let rest = self.bytes.get(self.offset..)?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (crc, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if !(FIXED..=BODY_MAX).contains(&length) {
            return None;
        }
        let body = rest.get(..length)?;
        if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
            return None;
        }
        let (at, rest) = body.split_first_chunk::<8>()?;
        let (marks, content) = rest.split_first()?;
        let frame = Frame {
            offset: self.offset,
            at: Timestamp::from_epoch_millis(i64::from_le_bytes(*at)),
            marks: Marks(*marks),
            content,
        };
        self.offset += HEAD + length;
        Some(frame)
    }
}

/// Where the frames end that stand in the first `max` bytes; the first one is among them whatever
/// its size. `frames` are whole frames, at least one.
pub(crate) fn first_frames(frames: &[u8], max: usize) -> usize {
    let mut end = 0;
    while let Some(head) = frames.get(end..).and_then(<[u8]>::first_chunk::<4>) {
        let length = usize::try_from(u32::from_le_bytes(*head)).unwrap_or(usize::MAX);
        let next = end.saturating_add(HEAD).saturating_add(length);
        if next > frames.len() || (end > 0 && next > max) {
            break;
        }
        end = next;
    }
    end
}

/// The path of a segment.
pub(crate) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:016x}.calls"))
}

/// The segments in a folder, the oldest one first, with their sizes in bytes. A folder that is not
/// there has none.
///
/// # Errors
/// What the file system says.
pub(crate) fn list(folder: &Path) -> std::io::Result<Vec<(u64, u64)>> {
    let listing = match std::fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in listing {
        let entry = entry?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_suffix(".calls"))
            .and_then(|hex| u64::from_str_radix(hex, 16).ok());
        let Some(number) = number else { continue };
        match entry.metadata() {
            Ok(metadata) => found.push((number, metadata.len())),
            // The recorder drops old segments while others read.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests;
