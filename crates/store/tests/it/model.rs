//! Transactions against a model: a sorted map that is copied for each transaction.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rolecall_store::{Snapshot, Store, Txn};

use crate::documents::{Counter, kinds};

type Model = BTreeMap<String, u64>;

#[derive(Clone, Debug)]
enum Step {
    Put(String, u64),
    Delete(String),
    Get(String),
    Range(String),
    RangeAfter(String, String),
    Update(String, u64),
}

fn key() -> impl Strategy<Value = String> {
    "[ab]{0,2}(/[ab]{0,2})?"
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (key(), any::<u64>()).prop_map(|(key, value)| Step::Put(key, value)),
        2 => key().prop_map(Step::Delete),
        2 => key().prop_map(Step::Get),
        1 => key().prop_map(Step::Range),
        1 => (key(), key()).prop_map(|(prefix, after)| Step::RangeAfter(prefix, after)),
        1 => (key(), any::<u64>()).prop_map(|(key, value)| Step::Update(key, value)),
    ]
}

fn transactions() -> impl Strategy<Value = Vec<(Vec<Step>, bool)>> {
    prop::collection::vec(
        (
            prop::collection::vec(step(), 0..8),
            prop::bool::weighted(0.8),
        ),
        0..20,
    )
}

fn listed(model: &Model, prefix: &str, after: Option<&str>) -> Vec<(String, u64)> {
    model
        .iter()
        .filter(|(key, _)| {
            key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after)
        })
        .map(|(key, value)| (key.clone(), *value))
        .collect()
}

fn apply(step: &Step, tx: &mut Txn, model: &mut Model) {
    let collect = |(key, n): (&str, rolecall_store::Doc<Counter>)| (key.to_owned(), n.value);
    match step {
        Step::Put(key, value) => {
            tx.put(key.as_str(), Counter { value: *value });
            model.insert(key.clone(), *value);
        }
        Step::Delete(key) => {
            assert_eq!(tx.delete::<Counter>(key), model.remove(key).is_some());
        }
        Step::Get(key) => {
            let found = tx.get::<Counter>(key).map(|n| n.value);
            assert_eq!(found, model.get(key).copied());
            assert_eq!(tx.get_unchecked::<Counter>(key).map(|n| n.value), found);
        }
        Step::Range(prefix) => {
            let found: Vec<_> = tx.range::<Counter>(prefix).map(collect).collect();
            assert_eq!(found, listed(model, prefix, None));
        }
        Step::RangeAfter(prefix, after) => {
            let found: Vec<_> = tx
                .range_after::<Counter>(prefix, after)
                .map(collect)
                .collect();
            assert_eq!(found, listed(model, prefix, Some(after)));
        }
        Step::Update(key, value) => {
            let updated = tx.update::<Counter>(key, |n| n.value ^= value);
            let there = model.get_mut(key).map(|n| *n ^= value);
            assert_eq!(updated, there.is_some());
        }
    }
}

fn same(snapshot: &Snapshot, model: &Model) {
    let all: Vec<_> = snapshot
        .range::<Counter>("")
        .map(|(key, n)| (key.to_owned(), n.value))
        .collect();
    assert_eq!(all, listed(model, "", None));
    assert_eq!(snapshot.len::<Counter>(), model.len());
}

/// Runs the transactions on the store; the model afterwards.
fn run(store: &Store, transactions: Vec<(Vec<Step>, bool)>) -> Model {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut model = Model::new();
    let mut seen = Vec::new();
    for (steps, commits) in transactions {
        let base = model.clone();
        let done = runtime.block_on(store.transact(move |tx| {
            let mut model = base.clone();
            for step in &steps {
                apply(step, tx, &mut model);
            }
            if commits { Ok(model) } else { Err("refused") }
        }));
        if let Ok(done) = done {
            model = done.value;
        }
        seen.push((store.snapshot(), model.clone()));
    }
    for (snapshot, model) in &seen {
        same(snapshot, model);
    }
    model
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..Default::default()
    }
}

proptest! {
    #![proptest_config(config(256))]
    #[test]
    fn memory(transactions in transactions()) {
        let store = Store::memory();
        let model = run(&store, transactions);
        same(&store.snapshot(), &model);
    }
}

proptest! {
    #![proptest_config(config(12))]
    #[test]
    fn embedded_and_reopened(transactions in transactions()) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &kinds()).unwrap();
        let model = run(&store, transactions);
        let revision = store.snapshot().revision();
        drop(store);
        let store = Store::open(folder.path(), &kinds()).unwrap();
        same(&store.snapshot(), &model);
        assert_eq!(store.snapshot().revision(), revision);
    }
}
