//! Opening a data directory: permissions, the lock, loading and checking every document.

use std::any::TypeId;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use redb::Database;
use redb::backends::FileBackend;

use crate::document::{AnyDoc, DecodeError, KindInfo};
use crate::engine::embedded::{EmbeddedEngine, EmbeddedError, OpenDatabase, StoredRow};
use crate::engine::{Batch, Engine, Row};
use crate::error::OpenError;
use crate::snapshot::{Counts, Docs, Entry, KindDocs, Revision, State};
use crate::store::{Options, Store};

const DATABASE_FILE: &str = "store.redb";
const LOCK_FILE: &str = "store.lock";

/// The engine's page cache. Documents are read from memory, so it only has to hold what a commit
/// touches.
const CACHE_BYTES: usize = 16 << 20;

/// Below so many documents one thread decodes them faster than several.
const PARALLEL_MIN: usize = 512;

impl Store {
    /// Opens the data directory (made if need be, mode 0700; its files 0600) with the embedded
    /// engine.
    ///
    /// `kinds` are all kinds that may be there or be written. Every document is decoded, and older
    /// versions are upgraded and written back, before this returns. Blocks.
    ///
    /// # Errors
    /// [`OpenError::InUse`] when another process (or this one) has it open; otherwise what could
    /// not be opened, read, decoded or upgraded.
    pub fn open(path: impl AsRef<Path>, kinds: &[KindInfo]) -> Result<Self, OpenError> {
        Self::open_with(path, kinds, Options::default())
    }

    /// As [`open`](Self::open), with settings.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_with(
        path: impl AsRef<Path>,
        kinds: &[KindInfo],
        options: Options,
    ) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let kinds = by_name(kinds)?;
        directory(path)?;
        let lock = lock(path)?;
        let file = path.join(DATABASE_FILE);
        let open = database_opener(path.to_owned());
        let (mut engine, loaded) =
            EmbeddedEngine::open(open, Some(lock)).map_err(|source| OpenError::Database {
                path: file,
                source: Box::new(source),
            })?;
        let rows = decode_all(&kinds, loaded.rows)?;
        write_upgrades(&mut engine, &rows, loaded.revision)?;
        let state = state(&kinds, rows, loaded.revision);
        Self::threaded(state, Box::new(engine), options).map_err(OpenError::Thread)
    }
}

/// A decoded document.
struct Checked {
    info: KindInfo,
    key: Arc<str>,
    entry: Arc<Entry>,
    /// It was stored in an older version.
    upgraded: bool,
}

fn by_name(kinds: &[KindInfo]) -> Result<HashMap<&'static str, KindInfo>, OpenError> {
    let mut named = HashMap::with_capacity(kinds.len());
    for info in kinds {
        let kind = info.kind();
        if kind.contains('\0') || named.insert(kind, *info).is_some() {
            return Err(OpenError::BadKind { kind });
        }
    }
    Ok(named)
}

fn directory(path: &Path) -> Result<(), OpenError> {
    let prepare = || -> io::Result<()> {
        if !path.is_dir() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)?;
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
    };
    prepare().map_err(|source| OpenError::Directory {
        path: path.to_owned(),
        source,
    })
}

/// A new or existing file that only its owner may read.
fn private_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Takes the directory for this process; the lock goes with the file handle, however the process
/// ends.
fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join(LOCK_FILE);
    let failed = |source| OpenError::Lock {
        path: path.clone(),
        source,
    };
    let mut file = private_file(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            return Err(OpenError::InUse {
                path: directory.to_owned(),
                process_id: holder.trim().parse().ok(),
            });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    let mut sign = || {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    sign().map_err(failed)?;
    Ok(file)
}

fn database_opener(directory: PathBuf) -> OpenDatabase {
    Box::new(move || {
        let path = directory.join(DATABASE_FILE);
        let is_new = !path.exists();
        let file = private_file(&path).map_err(EmbeddedError::File)?;
        if is_new {
            // The file's name must survive a crash of the machine too.
            File::open(&directory)
                .and_then(|folder| folder.sync_all())
                .map_err(EmbeddedError::File)?;
        }
        let backend = FileBackend::new(file).map_err(EmbeddedError::Open)?;
        // Checked at every open, because the engine trusts (and may panic on) what it reads later.
        Database::builder()
            .set_cache_size(CACHE_BYTES)
            .set_check_integrity_on_open(true)
            .create_with_backend(backend)
            .map_err(EmbeddedError::Open)
    })
}

type Kinds = HashMap<&'static str, KindInfo>;

/// Decodes everything, with all cores when it is much. Keeps the order.
fn decode_all(
    kinds: &Kinds,
    rows: Vec<Result<StoredRow, String>>,
) -> Result<Vec<Checked>, OpenError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if rows.len() < PARALLEL_MIN || cores == 1 {
        return rows.into_iter().map(|row| decode(kinds, row)).collect();
    }
    let share = rows.len().div_ceil(cores);
    let mut rows = rows.into_iter();
    thread::scope(|scope| {
        let mut parts = Vec::with_capacity(cores);
        loop {
            let part: Vec<_> = rows.by_ref().take(share).collect();
            if part.is_empty() {
                break;
            }
            parts.push(scope.spawn(move || {
                part.into_iter()
                    .map(|row| decode(kinds, row))
                    .collect::<Result<Vec<_>, _>>()
            }));
        }
        let mut all = Vec::new();
        for part in parts {
            match part.join() {
                Ok(decoded) => all.extend(decoded?),
                Err(payload) => std::panic::resume_unwind(payload),
            }
        }
        Ok(all)
    })
}

fn decode(kinds: &Kinds, row: Result<StoredRow, String>) -> Result<Checked, OpenError> {
    let StoredRow { kind, key, row } = row.map_err(|reason| OpenError::CorruptRow { reason })?;
    let Some(info) = kinds.get(kind.as_str()) else {
        return Err(OpenError::UnknownKind { kind, key });
    };
    let value: AnyDoc = info
        .decode(row.version, &row.json)
        .map_err(|source: DecodeError| OpenError::CorruptDocument {
            kind: info.kind(),
            key: key.clone(),
            source,
        })?;
    Ok(Checked {
        info: *info,
        key: key.into(),
        entry: Arc::new(Entry {
            value,
            created: row.created,
            modified: row.modified,
        }),
        upgraded: row.version != info.version(),
    })
}

/// Brings older documents on the disk to today's version, so that the next program need not know
/// them. Their revisions stay: nobody changed them.
fn write_upgrades(
    engine: &mut EmbeddedEngine,
    rows: &[Checked],
    revision: Revision,
) -> Result<(), OpenError> {
    let mut batch = Batch {
        revision,
        ..Batch::default()
    };
    for Checked {
        info, key, entry, ..
    } in rows.iter().filter(|row| row.upgraded)
    {
        let json = info.encode_checked(&entry.value).map_err(|source| {
            let source = DecodeError::Json(source);
            OpenError::CorruptDocument {
                kind: info.kind(),
                key: key.to_string(),
                source,
            }
        })?;
        let (created, modified) = (entry.created, entry.modified);
        let row = Row {
            version: info.version(),
            created,
            modified,
            json,
        };
        batch.rows.insert((info.kind(), Arc::clone(key)), Some(row));
    }
    if batch.rows.is_empty() {
        return Ok(());
    }
    tracing::info!(documents = batch.rows.len(), "upgraded stored documents");
    engine.commit(&batch).map_err(OpenError::Upgrade)
}

fn state(kinds: &Kinds, rows: Vec<Checked>, revision: Revision) -> State {
    let mut state = State {
        revision,
        closed: true,
        ..State::default()
    };
    let empty = |type_id: TypeId| KindDocs {
        type_id,
        docs: Docs::new(),
        counts: Counts::default(),
        modified: revision,
    };
    for info in kinds.values() {
        state.kinds.insert(info.kind(), empty(info.type_id()));
    }
    for Checked {
        info, key, entry, ..
    } in rows
    {
        if let Some(kind) = state.kinds.get_mut(info.kind()) {
            if info.counted() {
                kind.counts.add(&key);
            }
            kind.docs.insert(key, entry);
        }
    }
    state
}
