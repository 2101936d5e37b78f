//! The engine's side: records from a durable offset on, waiting for more without polling.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use tokio::io::unix::AsyncFd;

use super::{HEADER_BYTES, LogItem, LogRecord, LogStream, segment_path, segments};
use crate::error::{FileContext, Result};
use crate::sys;

/// How much is read at a time.
const READ_BYTES: usize = 128 * 1024;

/// Reads one container's log from an offset on.
///
/// Keep [`LogItem::next_offset`] when what came before it is shipped; after a restart open the
/// reader there. [`LogReader::discard_before`] frees what is shipped.
pub struct LogReader {
    dir: PathBuf,
    offset: u64,
    open: Option<Segment>,
    buffer: Vec<u8>,
    start: usize,
    watch: AsyncFd<std::os::fd::OwnedFd>,
}

struct Segment {
    base: u64,
    file: File,
}

impl LogReader {
    /// Opens the log in `dir` at `offset`. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    /// When the directory cannot be made or watched.
    pub fn open(dir: &Path, offset: u64) -> Result<Self> {
        use rustix::fs::inotify;
        std::fs::create_dir_all(dir).at("create", dir)?;
        let fd = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)
            .os("watch a log")?;
        let what = inotify::WatchFlags::MODIFY | inotify::WatchFlags::CREATE;
        inotify::add_watch(&fd, dir, what).at("watch", dir)?;
        let watch = sys::watch(fd).os("watch a log")?;
        Ok(Self {
            dir: dir.to_owned(),
            offset,
            open: None,
            buffer: Vec::new(),
            start: 0,
            watch,
        })
    }

    /// The offset of the next item.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next item, waiting for it. Dropping the future loses nothing.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn next(&mut self) -> Result<LogItem> {
        loop {
            if let Some(item) = self.try_next()? {
                return Ok(item);
            }
            let mut ready = self.watch.readable().await.os("watch a log")?;
            // Drain first, then look again: a change in between sets the descriptor ready anew.
            let mut sink = [0_u8; 4096];
            while rustix::io::read(ready.get_inner(), &mut sink).is_ok_and(|n| n > 0) {}
            ready.clear_ready();
        }
    }

    /// The next item if it is there.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn try_next(&mut self) -> Result<Option<LogItem>> {
        loop {
            if let Some(item) = self.buffered() {
                self.offset = item.next_offset();
                return Ok(Some(item));
            }
            if self.fill().at("read", &self.dir)? {
                continue;
            }
            match self.advance().at("read", &self.dir)? {
                Step::Again => {}
                Step::Wait => return Ok(None),
                Step::Gap(item) => return Ok(Some(item)),
            }
        }
    }

    /// Deletes the files that lie wholly before `offset`.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn discard_before(&self, offset: u64) -> Result<()> {
        let bases = segments(&self.dir).at("list", &self.dir)?;
        for (base, end) in bases.iter().zip(bases.iter().skip(1)) {
            if *end <= offset {
                let path = segment_path(&self.dir, *base);
                std::fs::remove_file(&path).at("remove", &path)?;
            }
        }
        Ok(())
    }

    fn buffered(&mut self) -> Option<LogItem> {
        let end = record_end(&self.buffer, self.start)?;
        let record = self.buffer.get(self.start..end)?;
        let next_offset = self.offset + (end - self.start) as u64;
        let (head, line) = record.split_at_checked(HEADER_BYTES)?;
        let at_us = i64::from_le_bytes(head.get(8..16)?.try_into().ok()?);
        let stream = match head.get(4)? {
            1 => LogStream::Stdout,
            2 => LogStream::Stderr,
            _ => {
                self.start = end;
                return Some(LogItem::End { next_offset });
            }
        };
        let partial = head.get(5) == Some(&1);
        let line = line.to_vec();
        self.start = end;
        Some(LogItem::Line(LogRecord {
            at_us,
            stream,
            partial,
            line,
            next_offset,
        }))
    }

    /// Reads more of the open segment; false when there is no more now.
    fn fill(&mut self) -> io::Result<bool> {
        let Some(open) = &mut self.open else {
            return Ok(false);
        };
        self.buffer.drain(..self.start);
        self.start = 0;
        let held = self.buffer.len();
        self.buffer.resize(held + READ_BYTES, 0);
        let n = open
            .file
            .read(self.buffer.get_mut(held..).unwrap_or_default())?;
        self.buffer.truncate(held + n);
        Ok(n > 0)
    }

    /// At the end of a segment: on to the next one, if the writer has begun it.
    fn advance(&mut self) -> io::Result<Step> {
        let bases = segments(&self.dir)?;
        if let Some(open) = &self.open {
            let position = self.offset + (self.buffer.len() - self.start) as u64;
            match bases.iter().find(|b| **b > open.base) {
                None => return Ok(Step::Wait),
                // The writer may have appended between our read and the new segment.
                Some(next) if position < *next => {
                    return if self.fill()? {
                        Ok(Step::Again)
                    } else {
                        self.skip_to(*next)
                    };
                }
                Some(_) => {}
            }
        }
        let Some(first) = bases.first() else {
            return Ok(Step::Wait);
        };
        if self.offset < *first {
            return self.skip_to(*first);
        }
        let Some(base) = bases.iter().rev().find(|b| **b <= self.offset) else {
            return Ok(Step::Wait);
        };
        self.open_segment(*base)?;
        Ok(if self.fill()? {
            Step::Again
        } else {
            Step::Wait
        })
    }

    fn skip_to(&mut self, base: u64) -> io::Result<Step> {
        let bytes = base.saturating_sub(self.offset);
        self.offset = base;
        self.open_segment(base)?;
        Ok(Step::Gap(LogItem::Gap {
            bytes,
            next_offset: base,
        }))
    }

    fn open_segment(&mut self, base: u64) -> io::Result<()> {
        let mut file = File::open(segment_path(&self.dir, base))?;
        file.seek(SeekFrom::Start(self.offset - base))?;
        self.open = Some(Segment { base, file });
        self.buffer.clear();
        self.start = 0;
        Ok(())
    }
}

enum Step {
    Again,
    Wait,
    Gap(LogItem),
}

/// Where the record at `at` ends, if all of it is there.
pub(super) fn record_end(bytes: &[u8], at: usize) -> Option<usize> {
    let len: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    let end = at + HEADER_BYTES + usize::try_from(u32::from_le_bytes(len)).ok()?;
    (end <= bytes.len()).then_some(end)
}
