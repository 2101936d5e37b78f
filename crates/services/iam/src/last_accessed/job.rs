//! A job whose report is made at once: reading the record, storing the report, and dropping those
//! that are too old.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rolecall_base::{AccountId, AwsError, Timestamp, rng};
use rolecall_op::DataContext;
use rolecall_record::{CallRecord, History, Query};
use rolecall_store::{Document, Txn};

/// How far back reports look (IAM User Guide, "Refine permissions in AWS using last accessed
/// information": 400 days). The record may reach less far.
const TRACKED: Duration = Duration::from_secs(400 * 24 * 3600);

/// How long reports are kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Calls are counted while they are read and none is collected, so that no limit is reached.
const NOTHING_TAKEN: usize = 1;

/// A report. Keyed `ACCOUNT JOB`.
pub(super) trait Report: Document + Clone {
    /// When it was asked for, and made.
    fn made(&self) -> Timestamp;
}

/// The store key of a job's report.
pub(super) fn key(account: &AccountId, job: &str) -> String {
    format!("{account} {job}")
}

/// What `count` makes of the calls that the record has, the newest one first.
pub(super) async fn counted<U: Default + Send + 'static>(
    ctx: &DataContext,
    count: impl Fn(&mut U, &CallRecord<'static>) + Send + 'static,
) -> Result<U, AwsError> {
    let uses = Arc::new(Mutex::new(U::default()));
    let counting = Arc::clone(&uses);
    let query = Query {
        since: Some(ctx.now.minus(TRACKED)),
        ..Query::default()
    };
    let count = Box::new(move |call: &CallRecord<'static>| {
        count(&mut counting.lock(), call);
        false
    });
    let history = ctx.port::<dyn History>()?;
    let read = history.select(query, count, NOTHING_TAKEN).await;
    read.map_err(|error| {
        tracing::error!(%error, "read the record of calls");
        AwsError::internal()
    })?;
    let uses = std::mem::take(&mut *uses.lock());
    Ok(uses)
}

/// Stores a report of the caller's account, and answers its job's id.
pub(super) async fn store<R: Report>(ctx: &DataContext, report: R) -> Result<String, AwsError> {
    let account = ctx.account().clone();
    let job = rng::uuid(&mut ctx.ids());
    let (own, oldest) = (key(&account, &job), ctx.now.minus(KEPT));
    let put = move |tx: &mut Txn| {
        let old: Vec<String> = tx
            .range_unchecked::<R>(&key(&account, ""))
            .filter(|(_, report)| report.made() < oldest)
            .map(|(key, _)| key.to_owned())
            .collect();
        for key in old {
            tx.delete::<R>(&key);
        }
        tx.put(own.clone(), report.clone());
        Ok::<(), AwsError>(())
    };
    ctx.store.transact(put).await.map_err(|error| {
        tracing::error!(%error, kind = R::KIND, "store a report");
        AwsError::internal()
    })?;
    Ok(job)
}
