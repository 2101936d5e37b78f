//! What is on the disk is there after an open, and what cannot be read stops the open.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rolecall_store::{KindInfo, OpenError, Revision, Store, TransactError, TxnFault, WatchError};

use crate::commit;
use crate::documents::{Counter, Note, NoteV2, kinds};

fn write_note(folder: &Path, key: &'static str, text: &'static str) -> Revision {
    let store = Store::open(folder, &kinds()).unwrap();
    commit(&store, move |tx| {
        tx.put(
            key,
            Note {
                text: text.to_owned(),
            },
        )
    })
    .revision
}

#[test]
fn documents_and_revisions_survive() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("deep/data");
    write_note(&data, "a", "one");
    write_note(&data, "b", "two");
    write_note(&data, "a", "three");
    let store = Store::open(&data, &kinds()).unwrap();
    let snapshot = store.snapshot();
    assert_eq!(snapshot.revision(), Revision::new(3));
    let a = snapshot.get::<Note>("a").unwrap();
    assert_eq!(
        (&*a.text, a.created(), a.modified()),
        ("three", Revision::new(1), Revision::new(3))
    );
    assert_eq!(snapshot.len::<Note>(), 2);
    let mut late = store.watch_from(Revision::new(2));
    assert_eq!(
        late.try_next().unwrap_err(),
        WatchError::Compacted {
            after: Revision::new(2)
        }
    );
    assert_eq!(
        commit(&store, |tx| tx.delete::<Note>("a")).revision,
        Revision::new(4)
    );
    drop((store, snapshot));
    let store = Store::open(&data, &kinds()).unwrap();
    assert!(store.snapshot().get::<Note>("a").is_none());
    assert_eq!(store.snapshot().revision(), Revision::new(4));
}

#[test]
fn counts_follow_from_what_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    for key in ["a/1", "a/2", "b/1"] {
        write_note(folder.path(), key, "");
    }
    let store = Store::open(folder.path(), &kinds()).unwrap();
    let full = commit(&store, |tx| {
        (
            tx.has_fewer::<Note>("a/", 2),
            tx.has_fewer::<Note>("a/", 3),
            tx.count_unchecked::<Note>("b/"),
        )
    });
    assert_eq!(full.value, (false, true, 1));
}

#[test]
fn many_documents_are_loaded_in_parallel() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &kinds()).unwrap();
    commit(&store, |tx| {
        for n in 0..2_000_u64 {
            tx.put(format!("{n:05}"), Counter { value: n });
        }
    });
    drop(store);
    let store = Store::open(folder.path(), &kinds()).unwrap();
    let snapshot = store.snapshot();
    assert!(
        snapshot
            .range::<Counter>("")
            .map(|(_, n)| n.value)
            .eq(0..2_000)
    );
}

#[test]
fn only_the_owner_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_note(&data, "a", "");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in data.read_dir().unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn a_second_open_names_the_holder() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &kinds()).unwrap();
    let error = Store::open(folder.path(), &kinds()).unwrap_err();
    let expected = format!("is in use by process {}", std::process::id());
    assert!(error.to_string().ends_with(&expected), "{error}");
    drop(store);
    Store::open(folder.path(), &kinds()).unwrap();
}

#[test]
fn an_older_version_is_upgraded_and_written_back() {
    let folder = tempfile::tempdir().unwrap();
    let revision = write_note(folder.path(), "a", "one\ntwo");
    let newer = [KindInfo::of::<NoteV2>()];
    let store = Store::open(folder.path(), &newer).unwrap();
    let note = store.snapshot().get::<NoteV2>("a").unwrap();
    assert_eq!((note.lines.len(), note.modified()), (2, revision));
    drop(store);
    let error = Store::open(folder.path(), &kinds()).unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::CorruptDocument {
                kind: "test.note",
                ..
            }
        ),
        "{error}"
    );
    assert!(
        std::error::Error::source(&error)
            .unwrap()
            .to_string()
            .contains("newer")
    );
}

#[test]
fn a_refused_upgrade_stops_the_open_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write_note(folder.path(), "a", "fine");
    write_note(folder.path(), "b", "unspeakable");
    let error = Store::open(folder.path(), &[KindInfo::of::<NoteV2>()]).unwrap_err();
    assert!(
        matches!(&error, OpenError::CorruptDocument { key, .. } if key == "b"),
        "{error}"
    );
    let store = Store::open(folder.path(), &kinds()).unwrap();
    assert_eq!(store.snapshot().get::<Note>("a").unwrap().text, "fine");
}

#[test]
fn an_unknown_kind_stops_the_open() {
    let folder = tempfile::tempdir().unwrap();
    write_note(folder.path(), "a", "");
    let error = Store::open(folder.path(), &[KindInfo::of::<Counter>()]).unwrap_err();
    assert!(
        matches!(&error, OpenError::UnknownKind { kind, key } if kind == "test.note" && key == "a")
    );
}

#[test]
fn a_kind_is_listed_once() {
    let folder = tempfile::tempdir().unwrap();
    let twice = [KindInfo::of::<Note>(), KindInfo::of::<NoteV2>()];
    let error = Store::open(folder.path(), &twice).unwrap_err();
    assert!(matches!(error, OpenError::BadKind { kind: "test.note" }));
}

#[tokio::test]
async fn an_unlisted_kind_or_type_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &[KindInfo::of::<Note>()]).unwrap();
    let unlisted = store
        .transact(|tx| {
            tx.put("n", Counter { value: 1 });
            Ok::<_, ()>(())
        })
        .await;
    assert!(matches!(
        unlisted,
        Err(TransactError::Fault(TxnFault::UnregisteredKind { .. }))
    ));
    let other_type = store
        .transact(|tx| {
            tx.put("n", NoteV2 { lines: Vec::new() });
            Ok::<_, ()>(())
        })
        .await;
    assert!(matches!(
        other_type,
        Err(TransactError::Fault(TxnFault::KindMismatch { .. }))
    ));
    assert_eq!(store.snapshot().revision(), Revision::ZERO);
}

#[test]
fn a_damaged_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &kinds()).unwrap();
    for n in 0..50 {
        commit(&store, move |tx| {
            tx.put(
                format!("{n}"),
                Note {
                    text: "x".repeat(500),
                },
            )
        });
    }
    drop(store);
    let path = folder.path().join("store.redb");
    let mut bytes = std::fs::read(&path).unwrap();
    for at in (4096 + 64..bytes.len()).step_by(97) {
        bytes[at] ^= 0x55;
    }
    std::fs::write(&path, bytes).unwrap();
    let error = Store::open(folder.path(), &kinds()).unwrap_err();
    assert!(matches!(error, OpenError::Database { .. }), "{error:?}");
}
