//! The shim's side: bytes from the pipes become records.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{MAX_LINE_BYTES, SEGMENT_BYTES, header, segment_path, segments};

/// Appends to one container's log.
pub(crate) struct LogWriter {
    dir: PathBuf,
    file: File,
    base: u64,
    len: u64,
    limit_bytes: u64,
    partial: [Vec<u8>; 2],
}

impl LogWriter {
    /// Goes on where the log ends, cutting off a record that was torn when a machine went down.
    pub(crate) fn open(dir: &Path, limit_bytes: u64) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let base = segments(dir)?.last().copied().unwrap_or(0);
        let path = segment_path(dir, base);
        let file = File::options().create(true).append(true).open(&path)?;
        let bytes = std::fs::read(&path)?;
        let len = whole_records(&bytes);
        if len != bytes.len() as u64 {
            file.set_len(len)?;
        }
        let dir = dir.to_owned();
        Ok(Self {
            dir,
            file,
            base,
            len,
            limit_bytes,
            partial: [Vec::new(), Vec::new()],
        })
    }

    /// Takes bytes as they came from a stream (1 or 2), writes the lines that are whole.
    pub(crate) fn push(&mut self, stream: u8, bytes: &[u8], at_us: i64) -> io::Result<()> {
        let slot = usize::from(stream == 2);
        let mut partial = self
            .partial
            .get_mut(slot)
            .map(std::mem::take)
            .unwrap_or_default();
        let mut out = Vec::with_capacity(bytes.len() + 64);
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = MAX_LINE_BYTES - partial.len();
            let newline = rest.iter().take(room + 1).position(|b| *b == b'\n');
            let (line, after, cut) = match newline {
                Some(at) => {
                    let (line, after) = rest.split_at(at);
                    (line, after.get(1..).unwrap_or_default(), false)
                }
                None if rest.len() > room => {
                    let (line, after) = rest.split_at(room);
                    (line, after, true)
                }
                None => break,
            };
            out.extend_from_slice(&header(partial.len() + line.len(), stream, cut, at_us));
            out.append(&mut partial);
            out.extend_from_slice(line);
            rest = after;
        }
        partial.extend_from_slice(rest);
        if let Some(p) = self.partial.get_mut(slot) {
            *p = partial;
        }
        self.append(&out)
    }

    /// Writes what has no newline yet, and the end mark.
    pub(crate) fn end_run(&mut self, at_us: i64) -> io::Result<()> {
        let mut out = Vec::new();
        for (stream, partial) in (1..).zip(&mut self.partial) {
            if !partial.is_empty() {
                out.extend_from_slice(&header(partial.len(), stream, false, at_us));
                out.append(partial);
            }
        }
        out.extend_from_slice(&header(0, 0, false, at_us));
        self.append(&out)
    }

    fn append(&mut self, records: &[u8]) -> io::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        if self.len >= SEGMENT_BYTES {
            self.base += self.len;
            self.len = 0;
            self.file = File::options()
                .create(true)
                .append(true)
                .open(segment_path(&self.dir, self.base))?;
            self.drop_oldest()?;
        }
        self.file.write_all(records)?;
        self.len += records.len() as u64;
        Ok(())
    }

    fn drop_oldest(&self) -> io::Result<()> {
        for base in segments(&self.dir)? {
            if self.base - base <= self.limit_bytes || base == self.base {
                break;
            }
            std::fs::remove_file(segment_path(&self.dir, base))?;
        }
        Ok(())
    }
}

/// How many of the bytes are whole records.
fn whole_records(bytes: &[u8]) -> u64 {
    let mut at = 0_usize;
    while let Some(next) = super::reader::record_end(bytes, at) {
        at = next;
    }
    at as u64
}
