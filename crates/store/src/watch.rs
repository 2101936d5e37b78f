//! What changed: the bounded history of commits, and the two ways to follow it.

use std::collections::VecDeque;
use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::document::Document;
use crate::snapshot::{Doc, Entry, Revision, Snapshot, State};

/// One transaction's changes.
pub struct Commit {
    /// The revision that it made.
    pub revision: Revision,
    /// What it changed, by kind and key.
    pub changes: Vec<Change>,
}

/// One document's change.
pub struct Change {
    pub(crate) kind: &'static str,
    pub(crate) key: Arc<str>,
    pub(crate) before: Option<Arc<Entry>>,
    pub(crate) after: Option<Arc<Entry>>,
}

impl Change {
    /// The kind of the document.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether it is a document of this type.
    #[must_use]
    pub fn is<D: Document>(&self) -> bool {
        self.kind == D::KIND
    }

    /// The document before, if it existed and is of this type.
    #[must_use]
    pub fn before<D: Document>(&self) -> Option<Doc<D>> {
        self.before.as_ref()?.typed()
    }

    /// The document after, if it exists and is of this type.
    #[must_use]
    pub fn after<D: Document>(&self) -> Option<Doc<D>> {
        self.after.as_ref()?.typed()
    }

    /// Whether the document was not there before.
    #[must_use]
    pub fn created(&self) -> bool {
        self.before.is_none()
    }

    /// Whether the document is gone.
    #[must_use]
    pub fn deleted(&self) -> bool {
        self.after.is_none()
    }
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match (self.created(), self.deleted()) {
            (_, true) => "deleted",
            (true, false) => "created",
            (false, false) => "changed",
        };
        write!(f, "{} {} {what}", self.kind, self.key)
    }
}

impl std::fmt::Debug for Commit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Commit({}, {:?})", self.revision, self.changes)
    }
}

/// The last commits, consecutive.
pub(crate) struct History {
    commits: VecDeque<Arc<Commit>>,
    /// Commits up to here, inclusive, are not kept.
    compacted: Revision,
    capacity: usize,
}

impl History {
    pub(crate) fn new(compacted: Revision, capacity: usize) -> Self {
        Self {
            commits: VecDeque::new(),
            compacted,
            capacity: capacity.max(1),
        }
    }

    pub(crate) fn push(&mut self, commit: Arc<Commit>) {
        self.commits.push_back(commit);
        while self.commits.len() > self.capacity {
            if let Some(dropped) = self.commits.pop_front() {
                self.compacted = dropped.revision;
            }
        }
    }

    /// The commits after a revision, or nothing when some of them are no longer kept.
    pub(crate) fn since(&self, base: Revision) -> Option<impl Iterator<Item = &Arc<Commit>>> {
        let known = base.get().checked_sub(self.compacted.get())?;
        Some(
            self.commits
                .iter()
                .skip(usize::try_from(known).unwrap_or(usize::MAX)),
        )
    }
}

/// What readers, watchers and the writer share.
pub(crate) struct Shared {
    pub(crate) published: ArcSwap<State>,
    pub(crate) history: Mutex<History>,
}

impl Shared {
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot(self.published.load_full())
    }
}

/// Why a watch has nothing more to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// The watcher fell behind the kept history: list again and watch from that snapshot's
    /// revision.
    #[error("the commits after revision {after} are no longer kept")]
    Compacted {
        /// The last revision that the watcher saw.
        after: Revision,
    },
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

/// Every commit after a revision, in order.
pub struct Watch {
    pub(crate) shared: Arc<Shared>,
    pub(crate) announced: watch::Receiver<Revision>,
    pub(crate) seen: Revision,
}

impl Watch {
    /// The next commit, awaited if need be. Cancel-safe.
    ///
    /// # Errors
    /// [`WatchError::Compacted`] when commits were missed (every later call says so too), and
    /// [`WatchError::Closed`] after the last commit of a closed store.
    pub async fn next(&mut self) -> Result<Arc<Commit>, WatchError> {
        loop {
            self.announced.mark_unchanged();
            if let Some(commit) = self.take()? {
                return Ok(commit);
            }
            if self.announced.changed().await.is_err() {
                // The writer may have published between the look and the wait.
                return self.take()?.ok_or(WatchError::Closed);
            }
        }
    }

    /// The next commit if there is one already.
    ///
    /// # Errors
    /// [`WatchError::Compacted`], as for [`next`](Self::next).
    pub fn try_next(&mut self) -> Result<Option<Arc<Commit>>, WatchError> {
        self.take()
    }

    fn take(&mut self) -> Result<Option<Arc<Commit>>, WatchError> {
        let history = self.shared.history.lock();
        let mut commits = history
            .since(self.seen)
            .ok_or(WatchError::Compacted { after: self.seen })?;
        let next = commits.next().map(Arc::clone);
        if let Some(commit) = &next {
            self.seen = commit.revision;
        }
        Ok(next)
    }
}

/// Says that something of some kinds changed, not what: for reconcilers that look at everything
/// anyway.
pub struct KindWatch {
    pub(crate) shared: Arc<Shared>,
    pub(crate) announced: watch::Receiver<Revision>,
    pub(crate) kinds: Vec<&'static str>,
    pub(crate) seen: Option<Revision>,
}

impl KindWatch {
    /// The newest snapshot, as soon as it differs in one of the kinds from the one answered last.
    /// The first call answers at once. Changes in between are told once. Cancel-safe.
    ///
    /// # Errors
    /// [`WatchError::Closed`] when the store is closed.
    pub async fn changed(&mut self) -> Result<Snapshot, WatchError> {
        loop {
            self.announced.mark_unchanged();
            if let Some(snapshot) = self.newer() {
                return Ok(snapshot);
            }
            if self.announced.changed().await.is_err() {
                return self.newer().ok_or(WatchError::Closed);
            }
        }
    }

    fn newer(&mut self) -> Option<Snapshot> {
        let snapshot = self.shared.snapshot();
        let newer = match self.seen {
            None => true,
            Some(seen) => self
                .kinds
                .iter()
                .any(|kind| snapshot.kind_modified(kind) > seen),
        };
        if newer {
            self.seen = Some(snapshot.revision());
        }
        newer.then_some(snapshot)
    }
}
