//! One suite for both engines: each check is a function over an empty store, run on each.

use std::collections::BTreeSet;
use std::convert::Infallible;

use crate::documents::{Counter, Note, Other};
use rolecall_store::{Options, Revision, Store, TransactError, TxnFault, WatchError};

macro_rules! suite {
    ($($check:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                super::$check(rolecall_store::Store::memory_with(super::OPTIONS)).await;
            })*
        }
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                let folder = tempfile::tempdir().unwrap();
                let kinds = crate::documents::kinds();
                let store = super::Store::open_with(folder.path(), &kinds, super::OPTIONS);
                let store = store.unwrap();
                super::$check(store).await;
            })*
        }
    };
}

const OPTIONS: Options = Options { history: 64 };

suite!(
    reads_and_writes,
    prefixes_and_pages,
    concurrent_increments_are_all_counted,
    a_phantom_in_a_walked_range_conflicts,
    the_rest_of_a_range_does_not_conflict,
    unchecked_reads_do_not_conflict,
    an_absent_key_that_appears_conflicts,
    a_rerun_may_refuse,
    a_panic_on_a_rerun_reaches_the_caller_alone,
    refusals_and_reads_make_no_revision,
    a_document_that_does_not_read_back_is_refused,
    watchers_see_every_commit_in_order,
    a_slow_watcher_is_told_to_list_again,
    kind_watch_is_level_triggered,
    deleting_what_was_created_leaves_nothing,
    groups_are_counted_by_their_prefix,
    a_limit_is_a_precondition_and_nothing_else,
    of_many_at_once_no_more_than_the_limit_come,
);

async fn put(store: &Store, key: &str, text: &str) -> Revision {
    let (key, text) = (key.to_owned(), text.to_owned());
    let done = store
        .transact(move |tx| {
            tx.put(key.as_str(), Note { text: text.clone() });
            Ok::<_, Infallible>(())
        })
        .await;
    done.unwrap().revision
}

/// Runs `change` between the first run of `f` and its commit, and answers how often `f` ran.
async fn with_interference<T: Send + 'static>(
    store: &Store,
    change: impl FnOnce(Store) + Send + 'static,
    f: impl Fn(&mut rolecall_store::Txn) -> T + Send + 'static,
) -> (T, u32) {
    let other = store.clone();
    let mut change = Some(change);
    let mut runs = 0;
    let done = store
        .transact(move |tx| {
            runs += 1;
            let value = f(tx);
            if let Some(change) = change.take() {
                let other = other.clone();
                std::thread::spawn(move || change(other)).join().unwrap();
            }
            Ok::<_, Infallible>((value, runs))
        })
        .await;
    done.unwrap().value
}

/// From a thread without a runtime.
fn put_blocking(store: &Store, key: &str, text: &str) {
    let (key, text) = (key.to_owned(), text.to_owned());
    crate::commit(store, move |tx| {
        tx.put(key.as_str(), Note { text: text.clone() })
    });
}

async fn reads_and_writes(store: Store) {
    assert_eq!(store.snapshot().revision(), Revision::ZERO);
    let first = put(&store, "a", "one").await;
    let before = store.snapshot();
    let second = put(&store, "a", "two").await;
    let now = store.snapshot().get::<Note>("a").unwrap();
    assert_eq!(
        (&*now.text, now.created(), now.modified()),
        ("two", first, second)
    );
    assert_eq!(before.get::<Note>("a").unwrap().text, "one");
    assert!(store.snapshot().get::<Counter>("a").is_none());
    let done = store
        .transact(|tx| {
            let was = tx.get::<Note>("a").unwrap().cloned();
            let deleted = tx.delete::<Note>("a");
            let again = tx.delete::<Note>("a");
            tx.put("b", was);
            let own = tx.get::<Note>("b").unwrap();
            Ok::<_, Infallible>((
                deleted,
                again,
                own.modified(),
                tx.get::<Note>("a").is_none(),
            ))
        })
        .await
        .unwrap();
    assert_eq!(done.value, (true, false, Revision::UNCOMMITTED, true));
    assert_eq!(store.snapshot().len::<Note>(), 1);
    assert!(store.snapshot().is_empty::<Counter>());
    assert_eq!(
        store.snapshot().get::<Note>("b").unwrap().created(),
        done.revision
    );
}

async fn prefixes_and_pages(store: Store) {
    for key in ["a/1", "b/1", "b/2", "b/3", "c", "b"] {
        put(&store, key, key).await;
    }
    let snapshot = store.snapshot();
    let keys = |found: Vec<(&str, rolecall_store::Doc<Note>)>| {
        found
            .into_iter()
            .map(|(key, _)| key.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(snapshot.range("b/").collect()), ["b/1", "b/2", "b/3"]);
    assert_eq!(
        keys(snapshot.range_after("b/", "b/1").collect()),
        ["b/2", "b/3"]
    );
    assert_eq!(
        keys(snapshot.range_after("b/", "a").collect()),
        ["b/1", "b/2", "b/3"]
    );
    assert_eq!(
        keys(snapshot.range_after("b/", "b/3").collect()),
        Vec::<String>::new()
    );
    assert_eq!(snapshot.range::<Note>("").count(), 6);
    let in_txn = store
        .transact(|tx| {
            tx.put(
                "b/0",
                Note {
                    text: String::new(),
                },
            );
            tx.delete::<Note>("b/2");
            let keys: Vec<_> = tx
                .range::<Note>("b/")
                .map(|(key, _)| key.to_owned())
                .collect();
            let page: Vec<_> = tx
                .range_after::<Note>("b/", "b/0")
                .map(|(key, _)| key.to_owned())
                .collect();
            Ok::<_, Infallible>((keys, page, tx.range_unchecked::<Note>("b").count()))
        })
        .await
        .unwrap();
    assert_eq!(in_txn.value.0, ["b/0", "b/1", "b/3"]);
    assert_eq!(in_txn.value.1, ["b/1", "b/3"]);
    assert_eq!(in_txn.value.2, 4);
}

async fn concurrent_increments_are_all_counted(store: Store) {
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut seen = BTreeSet::new();
            for _ in 0..50 {
                let done = store.transact(|tx| {
                    let next = tx.get::<Counter>("n").map_or(0, |n| n.value) + 1;
                    tx.put("n", Counter { value: next });
                    Ok::<_, Infallible>(next)
                });
                assert!(seen.insert(done.await.unwrap().value));
            }
            seen
        }));
    }
    let mut all = BTreeSet::new();
    for task in tasks {
        for number in task.await.unwrap() {
            assert!(all.insert(number), "{number} was given twice");
        }
    }
    assert_eq!(all.len(), 400);
    assert_eq!(store.snapshot().get::<Counter>("n").unwrap().value, 400);
    assert_eq!(store.snapshot().revision(), Revision::new(400));
}

async fn a_phantom_in_a_walked_range_conflicts(store: Store) {
    put(&store, "p/1", "").await;
    let (count, runs) = with_interference(
        &store,
        |store| put_blocking(&store, "p/2", ""),
        |tx| {
            let count = tx.range::<Note>("p/").count();
            tx.put(
                "count",
                Counter {
                    value: count as u64,
                },
            );
            count
        },
    )
    .await;
    assert_eq!((count, runs), (2, 2));
    assert_eq!(store.snapshot().get::<Counter>("count").unwrap().value, 2);
}

async fn the_rest_of_a_range_does_not_conflict(store: Store) {
    for key in ["p/1", "p/2", "p/9"] {
        put(&store, key, "").await;
    }
    let walk_two = |tx: &mut rolecall_store::Txn| {
        let count = tx.range::<Note>("p/").take(2).count();
        tx.put(
            "count",
            Counter {
                value: count as u64,
            },
        );
    };
    let beyond = |store: Store| {
        put_blocking(&store, "p/3", "beyond what was walked");
        put_blocking(&store, "q", "beyond the prefix");
    };
    let ((), runs) = with_interference(&store, beyond, walk_two).await;
    assert_eq!(runs, 1);
    let within = |store: Store| put_blocking(&store, "p/10", "between the first and the second");
    let ((), runs) = with_interference(&store, within, walk_two).await;
    assert_eq!(runs, 2);
}

async fn unchecked_reads_do_not_conflict(store: Store) {
    put(&store, "a", "").await;
    let (_, runs) = with_interference(
        &store,
        |store| put_blocking(&store, "a", "changed"),
        |tx| {
            let found = tx.get_unchecked::<Note>("a").is_some();
            let count = tx.range_unchecked::<Note>("").count() + tx.len_unchecked::<Note>();
            tx.put(
                "n",
                Counter {
                    value: count as u64,
                },
            );
            found
        },
    )
    .await;
    assert_eq!(runs, 1);
}

async fn an_absent_key_that_appears_conflicts(store: Store) {
    let (was_there, runs) = with_interference(
        &store,
        |store| put_blocking(&store, "unique", "first"),
        |tx| {
            let there = tx.get::<Note>("unique").is_some();
            tx.put(
                "n",
                Counter {
                    value: u64::from(there),
                },
            );
            there
        },
    )
    .await;
    assert_eq!((was_there, runs), (true, 2));
}

async fn groups_are_counted_by_their_prefix(store: Store) {
    for key in ["a/1", "a/1/x", "a/2", "b/1", "alone"] {
        put(&store, key, "").await;
    }
    put(&store, "a/1", "changed").await;
    let count = |store: &Store, group: &'static str| {
        crate::commit(store, move |tx| {
            let own = tx.count_unchecked::<Note>(group);
            tx.put(
                format!("{group}own"),
                Note {
                    text: String::new(),
                },
            );
            let fewer = tx.has_fewer::<Note>(group, own + 1);
            tx.delete::<Note>(&format!("{group}own"));
            (own, fewer, tx.count_unchecked::<Note>(group))
        })
        .value
    };
    let counts = tokio::task::spawn_blocking(move || {
        let found = ["a/", "b/", "c/"].map(|group| count(&store, group));
        for key in ["a/1", "b/1"] {
            crate::commit(&store, move |tx| tx.delete::<Note>(key));
        }
        (found, ["a/", "b/"].map(|group| count(&store, group).0))
    });
    let (before, after) = counts.await.unwrap();
    assert_eq!(before, [(3, false, 3), (1, false, 1), (0, false, 0)]);
    assert_eq!(after, [2, 0]);
}

async fn a_limit_is_a_precondition_and_nothing_else(store: Store) {
    put(&store, "a/1", "").await;
    let one_more = |tx: &mut rolecall_store::Txn| {
        let fewer = tx.has_fewer::<Note>("a/", 3);
        if fewer {
            tx.put(
                "a/mine",
                Note {
                    text: String::new(),
                },
            );
        }
        fewer
    };
    // Below the limit with the other's, too.
    let (fewer, runs) =
        with_interference(&store, |s| put_blocking(&s, "a/2", "theirs"), one_more).await;
    assert_eq!((fewer, runs), (true, 1));
    crate::commit_async(&store, |tx| tx.delete::<Note>("a/mine")).await;
    let (fewer, runs) =
        with_interference(&store, |s| put_blocking(&s, "a/3", "theirs"), one_more).await;
    assert_eq!((fewer, runs), (false, 2));
    // A limit that is none.
    let unlimited = |tx: &mut rolecall_store::Txn| tx.has_fewer::<Note>("a/", usize::MAX);
    let (fewer, runs) = with_interference(&store, |_| {}, unlimited).await;
    assert_eq!((fewer, runs), (true, 1));
    // Other groups do not matter.
    let (fewer, runs) =
        with_interference(&store, |s| put_blocking(&s, "b/1", "theirs"), one_more).await;
    assert_eq!((fewer, runs), (false, 1));
    crate::commit_async(&store, |tx| tx.delete::<Note>("a/3")).await;
    let (fewer, runs) = with_interference(&store, |_| {}, one_more).await;
    assert_eq!((fewer, runs), (true, 1));
}

async fn of_many_at_once_no_more_than_the_limit_come(store: Store) {
    let one = |n: usize| {
        let store = store.clone();
        async move {
            let done = store.transact(move |tx| {
                let fewer = tx.has_fewer::<Note>("a/", 10);
                if fewer {
                    tx.put(
                        format!("a/{n}"),
                        Note {
                            text: String::new(),
                        },
                    );
                }
                Ok::<_, Infallible>(fewer)
            });
            done.await.unwrap().value
        }
    };
    let all: Vec<_> = (0..50).map(|n| tokio::spawn(one(n))).collect();
    let mut came = 0;
    for one in all {
        came += usize::from(one.await.unwrap());
    }
    assert_eq!((came, store.snapshot().len::<Note>()), (10, 10));
}

async fn a_rerun_may_refuse(store: Store) {
    let other = store.clone();
    let mut first = true;
    let refused = store
        .transact(move |tx| {
            if tx.get::<Note>("name").is_some() {
                return Err("taken");
            }
            tx.put(
                "name",
                Note {
                    text: "mine".to_owned(),
                },
            );
            if std::mem::take(&mut first) {
                let other = other.clone();
                let theirs = move || put_blocking(&other, "name", "theirs");
                std::thread::spawn(theirs).join().unwrap();
            }
            Ok(())
        })
        .await;
    assert!(matches!(refused, Err(TransactError::Refused("taken"))));
    assert_eq!(store.snapshot().get::<Note>("name").unwrap().text, "theirs");
}

async fn a_panic_on_a_rerun_reaches_the_caller_alone(store: Store) {
    let other = store.clone();
    let mut runs = 0;
    let in_task = store.clone();
    let task = tokio::spawn(async move {
        let run = move |tx: &mut rolecall_store::Txn| {
            runs += 1;
            assert!(runs < 2, "on purpose");
            let _ = tx.get::<Note>("a");
            let other = other.clone();
            std::thread::spawn(move || put_blocking(&other, "a", ""))
                .join()
                .unwrap();
            tx.put(
                "b",
                Note {
                    text: String::new(),
                },
            );
            Ok::<_, Infallible>(())
        };
        in_task.transact(run).await
    });
    assert!(task.await.unwrap_err().is_panic());
    put(&store, "c", "the writer goes on").await;
    assert!(store.snapshot().get::<Note>("b").is_none());
}

async fn refusals_and_reads_make_no_revision(store: Store) {
    let base = put(&store, "a", "").await;
    let read = store
        .transact(|tx| Ok::<_, Infallible>(tx.get::<Note>("a").is_some()))
        .await;
    let read = read.unwrap();
    assert_eq!((read.value, read.revision), (true, base));
    let refused = store
        .transact(|tx| {
            tx.put(
                "b",
                Note {
                    text: String::new(),
                },
            );
            Err::<(), _>("no")
        })
        .await;
    assert!(matches!(refused, Err(TransactError::Refused("no"))));
    let nothing = store
        .transact(|tx| Ok::<_, Infallible>(tx.delete::<Note>("absent")))
        .await;
    assert!(!nothing.unwrap().value);
    assert_eq!(store.snapshot().revision(), base);
}

async fn a_document_that_does_not_read_back_is_refused(store: Store) {
    let fault = store
        .transact(|tx| {
            tx.put("x", Other { ratio: f64::NAN });
            tx.put(
                "y",
                Note {
                    text: String::new(),
                },
            );
            Ok::<_, Infallible>(())
        })
        .await;
    let Err(TransactError::Fault(TxnFault::Encode {
        kind: "test.other", ..
    })) = fault
    else {
        panic!("{fault:?}");
    };
    assert_eq!(store.snapshot().revision(), Revision::ZERO);
}

async fn watchers_see_every_commit_in_order(store: Store) {
    let start = store.snapshot().revision();
    let mut watch = store.watch();
    assert!(watch.try_next().unwrap().is_none());
    let writer = store.clone();
    let writing = tokio::spawn(async move {
        for n in 0..20 {
            put(&writer, "k", &n.to_string()).await;
        }
        let gone = writer
            .transact(|tx| Ok::<_, Infallible>(tx.delete::<Note>("k")))
            .await;
        assert!(gone.unwrap().value);
    });
    for n in 0..20_u64 {
        let commit = watch.next().await.unwrap();
        assert_eq!(commit.revision, Revision::new(n + 1));
        let [change] = &commit.changes[..] else {
            panic!("{commit:?}")
        };
        assert!(change.is::<Note>() && !change.is::<Counter>() && !change.deleted());
        assert_eq!(
            (change.kind(), change.key(), change.created()),
            ("test.note", "k", n == 0)
        );
        assert_eq!(change.after::<Note>().unwrap().text, n.to_string());
        assert_eq!(change.before::<Note>().is_none(), n == 0);
    }
    let last = watch.next().await.unwrap();
    assert!(last.changes[0].deleted() && last.changes[0].after::<Note>().is_none());
    assert_eq!(last.changes[0].before::<Note>().unwrap().text, "19");
    writing.await.unwrap();
    let mut again = store.watch_from(start);
    assert_eq!(again.next().await.unwrap().revision, Revision::new(1));
    drop(store);
    assert_eq!(watch.next().await.unwrap_err(), WatchError::Closed);
}

async fn a_slow_watcher_is_told_to_list_again(store: Store) {
    let mut watch = store.watch();
    for n in 0..=OPTIONS.history {
        put(&store, "k", &n.to_string()).await;
    }
    let compacted = WatchError::Compacted {
        after: Revision::ZERO,
    };
    assert_eq!(watch.next().await.unwrap_err(), compacted);
    assert_eq!(watch.next().await.unwrap_err(), compacted);
    let mut oldest = store.watch_from(Revision::new(1));
    assert_eq!(oldest.next().await.unwrap().revision, Revision::new(2));
}

async fn kind_watch_is_level_triggered(store: Store) {
    let mut notes = store.watch_kinds(&["test.note"]);
    assert_eq!(notes.changed().await.unwrap().revision(), Revision::ZERO);
    let count = |n| {
        move |tx: &mut rolecall_store::Txn| {
            tx.put("n", Counter { value: n });
            Ok::<_, Infallible>(())
        }
    };
    store.transact(count(1)).await.unwrap();
    put(&store, "a", "").await;
    put(&store, "b", "").await;
    assert_eq!(notes.changed().await.unwrap().revision(), Revision::new(3));
    store.transact(count(2)).await.unwrap();
    let writer = store.clone();
    let writing = tokio::spawn(async move { put(&writer, "c", "").await });
    let woken = notes.changed().await.unwrap();
    assert_eq!(woken.revision(), writing.await.unwrap());
    drop((store, woken));
    assert_eq!(notes.changed().await.unwrap_err(), WatchError::Closed);
}

async fn deleting_what_was_created_leaves_nothing(store: Store) {
    let done = store
        .transact(|tx| {
            tx.put(
                "a",
                Note {
                    text: String::new(),
                },
            );
            Ok::<_, Infallible>(tx.delete::<Note>("a"))
        })
        .await
        .unwrap();
    assert!(done.value);
    assert_eq!(store.snapshot().revision(), Revision::ZERO);
}
