//! A disk that fails, under the whole store.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use serde::{Deserialize, Serialize};

use super::*;
use crate::document::{Document, KindInfo};
use crate::error::TransactError;
use crate::snapshot::{KindDocs, State};
use crate::store::{Committed, Options, Store};

#[derive(Serialize, Deserialize)]
struct Note(String);

impl Document for Note {
    const KIND: &'static str = "note";
    const VERSION: u32 = 1;
}

/// A disk in memory that outlives its handles, and fails on demand.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<DiskState>);

#[derive(Debug, Default)]
struct DiskState {
    bytes: InMemoryBackend,
    full: AtomicBool,
    opens: AtomicU32,
}

impl Disk {
    fn check(&self) -> io::Result<()> {
        match self.0.full.load(Ordering::SeqCst) {
            true => Err(io::Error::from(io::ErrorKind::StorageFull)),
            false => Ok(()),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.0.bytes.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.bytes.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        self.0.bytes.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.check()?;
        self.0.bytes.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.0.bytes.write(offset, data)
    }
}

fn open(disk: &Disk) -> Store {
    let disk = disk.clone();
    let open: OpenDatabase = Box::new(move || {
        disk.0.opens.fetch_add(1, Ordering::SeqCst);
        Database::builder()
            .create_with_backend(disk.clone())
            .map_err(EmbeddedError::Open)
    });
    let (engine, loaded) = EmbeddedEngine::open(open, None).unwrap();
    let mut state = State {
        revision: loaded.revision,
        ..State::default()
    };
    for row in loaded.rows {
        let StoredRow { key, row, .. } = row.unwrap();
        let info = KindInfo::of::<Note>();
        let value = info.decode(row.version, &row.json).unwrap();
        let entry = crate::snapshot::Entry {
            value,
            created: row.created,
            modified: row.modified,
        };
        state.apply(&info, &key.into(), Some(Arc::new(entry)), loaded.revision);
    }
    assert!(
        state
            .kinds
            .values()
            .all(|kind: &KindDocs| kind.modified == loaded.revision)
    );
    Store::threaded(state, Box::new(engine), Options::default()).unwrap()
}

async fn put(store: &Store, key: &str) -> Result<Committed<()>, TransactError<Infallible>> {
    let key = key.to_owned();
    let run = move |tx: &mut crate::Txn| {
        tx.put(key.as_str(), Note(key.clone()));
        Ok(())
    };
    store.transact(run).await
}

#[tokio::test]
async fn a_full_disk_fails_the_commit_and_shows_nothing_of_it() {
    let disk = Disk::default();
    let store = open(&disk);
    put(&store, "before").await.unwrap();
    let mut watch = store.watch();
    disk.0.full.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let failed = put(&store, "lost").await.unwrap_err();
        assert!(matches!(failed, TransactError::Commit(_)), "{failed:?}");
    }
    assert_eq!(store.snapshot().revision(), Revision::new(1));
    assert!(store.snapshot().get::<Note>("lost").is_none());
    assert!(watch.try_next().unwrap().is_none());
    disk.0.full.store(false, Ordering::SeqCst);
    let after = put(&store, "after").await.unwrap();
    assert_eq!(after.revision, Revision::new(2));
    assert_eq!(watch.next().await.unwrap().revision, Revision::new(2));
    assert!(
        disk.0.opens.load(Ordering::SeqCst) > 1,
        "it opened the file again"
    );
    drop(store);
    let store = open(&disk);
    let snapshot = store.snapshot();
    let keys: Vec<_> = snapshot
        .range::<Note>("")
        .map(|(key, _)| key.to_owned())
        .collect();
    assert_eq!(keys, ["after", "before"]);
    assert_eq!(snapshot.get::<Note>("after").unwrap().0, "after");
}

#[test]
fn rows_are_read_as_they_were_written() {
    let json = br#"{"a":1}"#.to_vec();
    let row = Row {
        version: 7,
        created: Revision::new(3),
        modified: Revision::new(1 << 40),
        json,
    };
    let again = parse(b"kind\0key/\0with nul", &encode(&row)).unwrap();
    assert_eq!((&*again.kind, &*again.key), ("kind", "key/\0with nul"));
    assert_eq!((again.row.version, again.row.created.get()), (7, 3));
    assert_eq!(
        (again.row.modified.get(), again.row.json),
        (1 << 40, row.json)
    );
}

#[test]
fn rows_that_are_none_are_refused() {
    let fine = encode(&Row {
        version: 1,
        created: Revision::ZERO,
        modified: Revision::ZERO,
        json: Vec::new(),
    });
    assert!(parse(b"kind\0key", &fine).is_ok());
    assert!(parse(b"no kind", &fine).is_err());
    assert!(parse(b"kind\0\xff", &fine).is_err());
    assert!(parse(b"kind\0key", &fine[..20]).is_err());
    assert!(parse(b"kind\0key", &[&[2], &fine[1..]].concat()).is_err());
}
