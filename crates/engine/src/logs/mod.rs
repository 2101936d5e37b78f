//! Container output on disk: written by the shim while the container runs, read by offset.
//!
//! A container's log is a directory of segment files named by the 16 hex digits of the offset of
//! their first byte. Offsets count from the container's first byte of log and never start again, so
//! that a reader who keeps one durable number loses nothing and repeats nothing over a restart.
//! A record is a header of 16 bytes, little endian, and the bytes of a line without its newline:
//!
//! | bytes | what |
//! |---|---|
//! | 0..4 | length of the line |
//! | 4 | stream: 1 stdout, 2 stderr, 0 end of a run (length 0) |
//! | 5 | 1: the line goes on in the next record of the stream |
//! | 6..8 | zero |
//! | 8..16 | when it was read, in microseconds since 1970 |

mod reader;
mod writer;

pub use reader::LogReader;
pub(crate) use writer::LogWriter;

/// Bytes of a record before the line.
pub(crate) const HEADER_BYTES: usize = 16;
/// Longer lines are split, as CloudWatch Logs wants (256 KiB per event, 26 bytes of it overhead).
pub const MAX_LINE_BYTES: usize = 256 * 1024 - 26;
/// A segment that has grown beyond this is closed and a new one begun.
pub(crate) const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStream {
    /// Standard output, or the terminal.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line of output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// When the shim read it, in microseconds since 1970.
    pub at_us: i64,
    /// Where it came from.
    pub stream: LogStream,
    /// The line was longer than [`MAX_LINE_BYTES`]; the next record of the stream goes on.
    pub partial: bool,
    /// The bytes, without the newline; any bytes, not always UTF-8.
    pub line: Vec<u8>,
    /// The offset after this record: what to keep once it is shipped.
    pub next_offset: u64,
}

/// What a reader finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogItem {
    /// A line.
    Line(LogRecord),
    /// The container's run ended; nothing follows unless it is started again.
    End {
        /// The offset after this mark.
        next_offset: u64,
    },
    /// Lines were dropped unread because the log grew beyond its limit.
    Gap {
        /// How many bytes are missing.
        bytes: u64,
        /// Where reading goes on.
        next_offset: u64,
    },
}

impl LogItem {
    /// The offset after the item.
    #[must_use]
    pub fn next_offset(&self) -> u64 {
        match self {
            Self::Line(r) => r.next_offset,
            Self::End { next_offset } | Self::Gap { next_offset, .. } => *next_offset,
        }
    }
}

pub(crate) fn header(len: usize, stream: u8, partial: bool, at_us: i64) -> [u8; HEADER_BYTES] {
    let mut h = [0; HEADER_BYTES];
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    for (to, from) in h.iter_mut().zip(
        len.to_le_bytes()
            .into_iter()
            .chain([stream, u8::from(partial), 0, 0])
            .chain(at_us.to_le_bytes()),
    ) {
        *to = from;
    }
    h
}

/// The segments of a log directory: offset of the first byte, ascending.
pub(crate) fn segments(dir: &std::path::Path) -> std::io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        if let Some(base) = name.to_str().and_then(|n| u64::from_str_radix(n, 16).ok()) {
            found.push(base);
        }
    }
    found.sort_unstable();
    Ok(found)
}

pub(crate) fn segment_path(dir: &std::path::Path, base: u64) -> std::path::PathBuf {
    dir.join(format!("{base:016x}"))
}

#[cfg(test)]
mod tests;
