//! Reading the record, newest first, while it is written.

use std::io;
use std::path::{Path, PathBuf};

use rolecall_base::Timestamp;
use serde::Serialize;

use crate::call::{CallRecord, Lost};
use crate::segment::{self, Frame, Frames, Marks};

/// How much later than it was received a call may end and be kept: entries stand in the order in
/// which calls ended.
const LATE_MS: i64 = 3_600_000;

/// The place of an entry; later entries are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The segment's number.
    pub segment: u64,
    /// The entry's first byte in it.
    pub offset: u64,
}

/// What a reader looks for; the default is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Calls received at this time or later.
    pub since: Option<Timestamp>,
    /// Calls received at this time or earlier.
    pub until: Option<Timestamp>,
    /// Entries older than this one.
    pub before: Option<Position>,
    /// The call of this id.
    pub request_id: Option<String>,
    /// Calls of this principal: an ARN (the caller's own or that of the role behind its session),
    /// an access key id, a unique id, or a user's or role's name.
    pub principal: Option<String>,
    /// Calls of sessions of this name; tasks' sessions have the task's id.
    pub session_name: Option<String>,
    /// Only calls that were denied.
    pub denied: bool,
    /// Only CloudTrail's management events.
    pub management: bool,
}

impl Query {
    /// The call of this id.
    pub fn request(id: impl Into<String>) -> Self {
        Self {
            request_id: Some(id.into()),
            ..Self::default()
        }
    }

    /// The calls that were denied.
    pub fn denied() -> Self {
        Self {
            denied: true,
            ..Self::default()
        }
    }

    fn takes_frame(&self, frame: &Frame<'_>) -> bool {
        self.since.is_none_or(|since| frame.at >= since)
            && self.until.is_none_or(|until| frame.at <= until)
            && (!self.denied || frame.marks.has(Marks::DENIED))
            && (!self.management || !frame.marks.has(Marks::DATA))
            && !frame.marks.has(Marks::LOST)
    }

    fn takes(&self, call: &CallRecord<'_>) -> bool {
        let is = |wanted: &Option<String>, has: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| has == Some(wanted))
        };
        is(&self.request_id, Some(&call.request_id))
            && is(&self.session_name, call.caller.session_name.as_deref())
            && self
                .principal
                .as_deref()
                .is_none_or(|principal| is_principal(call, principal))
    }
}

fn is_principal(call: &CallRecord<'_>, wanted: &str) -> bool {
    let caller = &call.caller;
    let issuer = caller.issuer_arn.as_deref();
    let named = |arn: &str| arn.rsplit_once('/').is_some_and(|(_, name)| name == wanted);
    let name = match issuer {
        Some(arn) => named(arn),
        None => caller.user_name.as_deref() == Some(wanted),
    };
    let any = [
        Some(&*caller.arn),
        Some(&*caller.principal_id),
        issuer,
        caller.issuer_id.as_deref(),
        caller.access_key_id.as_deref(),
    ];
    name || any.contains(&Some(wanted))
}

/// Why the record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The folder could not be listed.
    #[error("list the record in {folder}")]
    List {
        /// The folder.
        folder: PathBuf,
        /// What the file system said.
        #[source]
        source: io::Error,
    },
    /// A segment could not be read.
    #[error("read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: io::Error,
    },
    /// The reading thread stopped.
    #[error("reading the record stopped: {0}")]
    Stopped(String),
}

/// An entry of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// The call.
    pub call: CallRecord<'static>,
}

/// Reads the record in a folder. It may be written at the same time, by this or another process.
#[derive(Clone, Debug)]
pub struct Reader {
    folder: PathBuf,
}

impl Reader {
    /// The record in `folder`; one that does not exist is empty.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The record of the data directory `data`.
    pub fn of_data(data: &Path) -> Self {
        Self::new(data.join(crate::FOLDER))
    }

    /// The calls that `query` looks for, the one that ended last first. What is not whole, such as
    /// a last entry that was cut off by a crash, is passed over; each item may be an error of the
    /// file system.
    pub fn calls(&self, query: Query) -> impl Iterator<Item = Result<Entry, ReadError>> + use<> {
        let (segments, failed) = match self.segments() {
            Ok(segments) => (segments, None),
            Err(error) => (Vec::new(), Some(Err(error))),
        };
        let folder = self.folder.clone();
        let mut done = false;
        let found = segments
            .into_iter()
            .rev()
            .map_while(move |(number, _)| {
                if done {
                    return None;
                }
                let path = segment::path(&folder, number);
                match std::fs::read(&path) {
                    Ok(bytes) => {
                        let (entries, older) = matching(number, &bytes, &query);
                        done = older;
                        Some(Ok(entries))
                    }
                    // Dropped since it was listed, as everything older was.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    Err(source) => Some(Err(ReadError::Read { path, source })),
                }
            })
            .flat_map(|segment| match segment {
                Ok(entries) => entries.into_iter().map(Ok).collect::<Vec<_>>(),
                Err(error) => vec![Err(error)],
            });
        failed.into_iter().chain(found)
    }

    /// The call of this id, if the record still has it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn find(&self, request_id: &str) -> Result<Option<CallRecord<'static>>, ReadError> {
        let mut calls = self.calls(Query::request(request_id));
        calls.next().transpose().map(|e| e.map(|entry| entry.call))
    }

    /// The denial whose message stands in `text`, such as a task's `stoppedReason`; the newest one.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn behind(&self, text: &str) -> Result<Option<CallRecord<'static>>, ReadError> {
        for entry in self.calls(Query::denied()) {
            let call = entry?.call;
            let message = call.denial().and_then(|denied| denied.message.as_deref());
            if message.is_some_and(|message| !message.is_empty() && text.contains(message)) {
                return Ok(Some(call));
            }
        }
        Ok(None)
    }

    /// The notes of calls that the disk did not take, the newest one first.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn lost(&self) -> Result<Vec<Lost>, ReadError> {
        let mut found = Vec::new();
        for (number, _) in self.segments()?.into_iter().rev() {
            let path = segment::path(&self.folder, number);
            let bytes = std::fs::read(&path).map_err(|source| ReadError::Read { path, source })?;
            let notes = Frames::new(&bytes).filter(|frame| frame.marks.has(Marks::LOST));
            let mut notes: Vec<Lost> = notes
                .filter_map(|frame| minicbor::decode(frame.content).ok())
                .collect();
            notes.reverse();
            found.extend(notes);
        }
        Ok(found)
    }

    fn segments(&self) -> Result<Vec<(u64, u64)>, ReadError> {
        segment::list(&self.folder).map_err(|source| ReadError::List {
            folder: self.folder.clone(),
            source,
        })
    }
}

/// The entries of one segment that `query` looks for, the last one first, and whether all that is
/// older than the segment is too old for it.
fn matching(number: u64, bytes: &[u8], query: &Query) -> (Vec<Entry>, bool) {
    let mut newest = i64::MIN;
    let mut found = Vec::new();
    for frame in Frames::new(bytes) {
        newest = newest.max(frame.at.epoch_millis());
        let position = Position {
            segment: number,
            offset: frame.offset as u64,
        };
        if query.before.is_some_and(|before| position >= before) || !query.takes_frame(&frame) {
            continue;
        }
        // An entry of a newer program that this one does not understand is passed over.
        let Ok(call) = minicbor::decode::<CallRecord<'_>>(frame.content) else {
            continue;
        };
        if query.takes(&call) {
            let call = call.expanded();
            found.push(Entry { position, call });
        }
    }
    found.reverse();
    let since = query.since.map_or(i64::MIN, Timestamp::epoch_millis);
    let older = newest != i64::MIN && newest < since.saturating_sub(LATE_MS);
    (found, older)
}
