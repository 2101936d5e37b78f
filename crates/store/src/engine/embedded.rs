//! The embedded engine: one redb file, written by durable commits, read once at open.
//!
//! Table `documents`: key = kind, NUL, key; value = header and JSON. The header is the format byte
//! (1), the JSON's version (u32), the created and the modified revision (u64 each), little-endian.
//! Table `meta`: `revision`, the newest committed one.
//!
//! After a failed commit the state on the disk is unknown, and redb refuses further work on that
//! handle. The next commit opens the file again and goes on only when the disk stands at the
//! revision that readers were shown.

use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};

use super::{Batch, Engine, Row};
use crate::error::CommitError;
use crate::snapshot::Revision;

const DOCUMENTS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("documents");
const META: TableDefinition<'static, &str, u64> = TableDefinition::new("meta");
const REVISION: &str = "revision";
const FORMAT: u8 = 1;
const HEADER_BYTES: usize = 21;

/// Opens the database file; called again after a failed commit.
pub(crate) type OpenDatabase = Box<dyn Fn() -> Result<Database, EmbeddedError> + Send>;

/// A step of the engine that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EmbeddedError {
    #[error("open the database file")]
    File(#[source] std::io::Error),
    #[error("open the database")]
    Open(#[source] redb::DatabaseError),
    #[error("begin")]
    Begin(#[source] redb::TransactionError),
    #[error("set the durability")]
    Durability(#[source] redb::SetDurabilityError),
    #[error("open a table")]
    Table(#[source] redb::TableError),
    #[error("read or write a row")]
    Row(#[source] redb::StorageError),
    #[error("make the commit durable")]
    Commit(#[source] redb::CommitError),
    #[error(
        "a commit failed earlier: the disk stands at revision {disk}, readers saw {shown}; restart"
    )]
    Diverged { disk: Revision, shown: Revision },
}

/// A row as it is on the disk, not yet decoded.
pub(crate) struct StoredRow {
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) row: Row,
}

/// What was on the disk at open.
pub(crate) struct Loaded {
    pub(crate) revision: Revision,
    /// In the order of kind and key. A row that is not even a row is its description.
    pub(crate) rows: Vec<Result<StoredRow, String>>,
}

/// The engine.
pub(crate) struct EmbeddedEngine {
    open: OpenDatabase,
    /// None after a failed commit.
    database: Option<Database>,
    durable: Revision,
    /// Held until the database is closed.
    _lock: Option<std::fs::File>,
}

impl EmbeddedEngine {
    /// Opens the database and reads all of it.
    pub(crate) fn open(
        open: OpenDatabase,
        lock: Option<std::fs::File>,
    ) -> Result<(Self, Loaded), EmbeddedError> {
        let database = open()?;
        prepare(&database)?;
        let loaded = load(&database)?;
        let durable = loaded.revision;
        Ok((
            Self {
                open,
                database: Some(database),
                durable,
                _lock: lock,
            },
            loaded,
        ))
    }

    fn try_commit(&mut self, batch: &Batch) -> Result<(), EmbeddedError> {
        let database = match self.database.take() {
            Some(database) => database,
            None => self.reopen()?,
        };
        // Not put back when the write fails: its handle is unusable then.
        write(&database, batch)?;
        self.database = Some(database);
        self.durable = batch.revision;
        Ok(())
    }

    fn reopen(&self) -> Result<Database, EmbeddedError> {
        let database = (self.open)()?;
        let disk = revision(&database)?;
        if disk != self.durable {
            return Err(EmbeddedError::Diverged {
                disk,
                shown: self.durable,
            });
        }
        Ok(database)
    }
}

impl Engine for EmbeddedEngine {
    fn commit(&mut self, batch: &Batch) -> Result<(), CommitError> {
        self.try_commit(batch).map_err(CommitError::new)
    }
}

/// Makes the tables of a new file.
fn prepare(database: &Database) -> Result<(), EmbeddedError> {
    let read = database.begin_read().map_err(EmbeddedError::Begin)?;
    match read.open_table(META) {
        Ok(_) => Ok(()),
        Err(redb::TableError::TableDoesNotExist(_)) => write(database, &Batch::default()),
        Err(error) => Err(EmbeddedError::Table(error)),
    }
}

fn write(database: &Database, batch: &Batch) -> Result<(), EmbeddedError> {
    let mut txn = database.begin_write().map_err(EmbeddedError::Begin)?;
    txn.set_durability(Durability::Immediate)
        .map_err(EmbeddedError::Durability)?;
    {
        let mut documents = txn.open_table(DOCUMENTS).map_err(EmbeddedError::Table)?;
        for ((kind, key), row) in &batch.rows {
            let key = [kind.as_bytes(), &[0], key.as_bytes()].concat();
            match row {
                Some(row) => {
                    documents
                        .insert(&*key, &*encode(row))
                        .map_err(EmbeddedError::Row)?;
                }
                None => {
                    documents.remove(&*key).map_err(EmbeddedError::Row)?;
                }
            }
        }
        let mut meta = txn.open_table(META).map_err(EmbeddedError::Table)?;
        meta.insert(REVISION, batch.revision.get())
            .map_err(EmbeddedError::Row)?;
    }
    txn.commit().map_err(EmbeddedError::Commit)
}

fn revision(database: &Database) -> Result<Revision, EmbeddedError> {
    let read = database.begin_read().map_err(EmbeddedError::Begin)?;
    let meta = read.open_table(META).map_err(EmbeddedError::Table)?;
    let stored = meta.get(REVISION).map_err(EmbeddedError::Row)?;
    Ok(stored.map_or(Revision::ZERO, |value| Revision::new(value.value())))
}

fn load(database: &Database) -> Result<Loaded, EmbeddedError> {
    let read = database.begin_read().map_err(EmbeddedError::Begin)?;
    let documents = read.open_table(DOCUMENTS).map_err(EmbeddedError::Table)?;
    let mut rows = Vec::new();
    for stored in documents.iter().map_err(EmbeddedError::Row)? {
        let (key, value) = stored.map_err(EmbeddedError::Row)?;
        rows.push(parse(key.value(), value.value()));
    }
    Ok(Loaded {
        revision: revision(database)?,
        rows,
    })
}

fn encode(row: &Row) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + row.json.len());
    bytes.push(FORMAT);
    bytes.extend_from_slice(&row.version.to_le_bytes());
    bytes.extend_from_slice(&row.created.get().to_le_bytes());
    bytes.extend_from_slice(&row.modified.get().to_le_bytes());
    bytes.extend_from_slice(&row.json);
    bytes
}

fn parse(key: &[u8], value: &[u8]) -> Result<StoredRow, String> {
    let text = std::str::from_utf8(key).map_err(|_| "its key is not UTF-8".to_owned())?;
    let (kind, key) = text
        .split_once('\0')
        .ok_or_else(|| format!("its key `{text}` names no kind"))?;
    let row = parse_value(value).map_err(|why| format!("{kind} `{key}` {why}"))?;
    Ok(StoredRow {
        kind: kind.to_owned(),
        key: key.to_owned(),
        row,
    })
}

fn parse_value(value: &[u8]) -> Result<Row, String> {
    let (header, json) = value
        .split_first_chunk::<HEADER_BYTES>()
        .ok_or_else(|| "is shorter than its header".to_owned())?;
    let [format, v0, v1, v2, v3, rest @ ..] = header;
    if *format != FORMAT {
        return Err(format!("is in format {format}, newer than this program"));
    }
    let (created, modified) = rest.split_at(8);
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte))
    };
    Ok(Row {
        version: u32::from_le_bytes([*v0, *v1, *v2, *v3]),
        created: Revision::new(number(created)),
        modified: Revision::new(number(modified)),
        json: json.to_vec(),
    })
}

#[cfg(test)]
mod tests;
