//! The one writer: validates, re-runs, applies, makes durable, publishes, answers.

use std::sync::Arc;

use tokio::sync::watch;

use crate::engine::{Batch, Engine, Row};
use crate::error::CommitError;
use crate::snapshot::{Entry, Revision, State};
use crate::txn::{EncodedWrite, ReadSet};
use crate::watch::{Change, Commit, Shared};

/// A transaction that waits for the writer.
pub(crate) trait Job: Send {
    /// The revision that its reads were made on.
    fn base(&self) -> Revision;
    /// What it read.
    fn reads(&self) -> &ReadSet;
    /// Runs its function again, on a newer state.
    fn rerun(&mut self, head: &State);
    /// What it writes; empty when the last run refused.
    fn take_writes(&mut self) -> Vec<EncodedWrite>;
    /// Tells the caller.
    fn answer(self: Box<Self>, outcome: Result<Revision, CommitError>);
}

/// The writer's state.
pub(crate) struct Writer {
    pub(crate) engine: Box<dyn Engine>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) announce: watch::Sender<Revision>,
}

impl Writer {
    /// Commits the jobs in their order, as one batch.
    ///
    /// Nobody is answered before the batch is durable, not even a job that wrote nothing on its
    /// re-run: it may have seen the writes of an earlier job of the batch.
    pub(crate) fn process(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut head = State::clone(&self.shared.published.load());
        let mut batch = Batch::default();
        let mut commits: Vec<Arc<Commit>> = Vec::new();
        let mut finished = Vec::with_capacity(jobs.len());
        for mut job in jobs {
            if self.conflicts(job.as_ref(), &head, &commits) {
                job.rerun(&head);
            }
            let revision = head.revision.next();
            let changes = apply(&mut head, &mut batch, job.take_writes(), revision);
            if !changes.is_empty() {
                head.revision = revision;
                commits.push(Arc::new(Commit { revision, changes }));
            }
            finished.push((job, head.revision));
        }
        batch.revision = head.revision;
        let outcome = if commits.is_empty() {
            Ok(())
        } else {
            self.engine.commit(&batch)
        };
        match outcome {
            Ok(()) => {
                self.publish(head, commits);
                for (job, revision) in finished {
                    job.answer(Ok(revision));
                }
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "a commit failed; nothing of it is shown");
                for (job, _) in finished {
                    job.answer(Err(error.clone()));
                }
            }
        }
    }

    /// Whether something that the job read changed since, before the batch or earlier in it.
    ///
    /// A key's document tells by its revision, a limit by the count. Only of ranges of a kind that
    /// changed the commits are looked through.
    fn conflicts(&self, job: &dyn Job, head: &State, batch: &[Arc<Commit>]) -> bool {
        let (reads, base) = (job.reads(), job.base());
        if reads.points_changed(head, base) || reads.limits_changed(head) {
            return true;
        }
        if !reads.ranges_may_have_changed(head, base) {
            return false;
        }
        let touched = |commit: &Arc<Commit>| {
            commit
                .changes
                .iter()
                .any(|change| reads.ranges_cover(change.kind, &change.key))
        };
        if batch.iter().any(touched) {
            return true;
        }
        let history = self.shared.history.lock();
        // Older than the history reaches: unknown, so it is run again.
        history
            .since(base)
            .is_none_or(|mut commits| commits.any(touched))
    }

    fn publish(&self, head: State, commits: Vec<Arc<Commit>>) {
        let Some(last) = commits.last() else {
            return;
        };
        let revision = last.revision;
        self.shared.published.store(Arc::new(head));
        {
            let mut history = self.shared.history.lock();
            for commit in commits {
                history.push(commit);
            }
        }
        self.announce.send_replace(revision);
    }
}

/// Applies one transaction's writes to the state and the batch.
fn apply(
    head: &mut State,
    batch: &mut Batch,
    writes: Vec<EncodedWrite>,
    revision: Revision,
) -> Vec<Change> {
    let mut changes = Vec::with_capacity(writes.len());
    for EncodedWrite { info, key, after } in writes {
        let kind = info.kind();
        let old = head.entry(kind, &key);
        if old.is_none() && after.is_none() {
            continue;
        }
        let created = old.map_or(revision, |old| old.created);
        let (entry, row) = match after {
            None => (None, None),
            Some((value, json)) => (
                Some(Arc::new(Entry {
                    value,
                    created,
                    modified: revision,
                })),
                Some(Row {
                    version: info.version(),
                    created,
                    modified: revision,
                    json,
                }),
            ),
        };
        let before = head.apply(&info, &key, entry.clone(), revision);
        batch.rows.insert((kind, Arc::clone(&key)), row);
        changes.push(Change {
            kind,
            key,
            before,
            after: entry,
        });
    }
    changes
}

/// An error and its sources on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
