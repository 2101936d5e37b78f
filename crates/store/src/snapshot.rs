//! One revision of everything: the persistent maps, documents with their revisions, and the reads
//! over them.

use std::any::TypeId;
use std::fmt;
use std::ops::{Bound, Deref};
use std::sync::Arc;

use imbl::OrdMap;

use crate::document::{AnyDoc, Document, KindInfo};

/// A point in the store's history. Each transaction that writes makes the next one; an empty store
/// is at zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    /// Before the first write.
    pub const ZERO: Self = Self(0);
    /// What a document written by the running transaction shows: its revision is known after the
    /// commit.
    pub const UNCOMMITTED: Self = Self(u64::MAX);

    /// A revision from its number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A document as it was at some revision. Clones share the value.
pub struct Doc<D> {
    value: Arc<D>,
    created: Revision,
    modified: Revision,
}

impl<D> Doc<D> {
    /// The revision that created it.
    #[must_use]
    pub fn created(&self) -> Revision {
        self.created
    }

    /// The revision that wrote it last.
    #[must_use]
    pub fn modified(&self) -> Revision {
        self.modified
    }

    /// The shared value.
    #[must_use]
    pub fn value(&self) -> &Arc<D> {
        &self.value
    }

    /// A copy of the value, to be changed and put back.
    #[must_use]
    pub fn cloned(&self) -> D
    where
        D: Clone,
    {
        D::clone(&self.value)
    }
}

impl<D> Clone for Doc<D> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            created: self.created,
            modified: self.modified,
        }
    }
}

impl<D> Deref for Doc<D> {
    type Target = D;
    fn deref(&self) -> &D {
        &self.value
    }
}

impl<D: fmt::Debug> fmt::Debug for Doc<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// A stored document with its type erased.
pub(crate) struct Entry {
    pub(crate) value: AnyDoc,
    pub(crate) created: Revision,
    pub(crate) modified: Revision,
}

impl Entry {
    /// The typed document, or nothing when it is of another type (two types with one kind name).
    pub(crate) fn typed<D: Document>(&self) -> Option<Doc<D>> {
        let value = Arc::clone(&self.value).downcast::<D>().ok()?;
        Some(Doc {
            value,
            created: self.created,
            modified: self.modified,
        })
    }
}

pub(crate) type Docs = OrdMap<Arc<str>, Arc<Entry>>;

/// How many documents there are by group: by what their keys have up to the first `/`.
#[derive(Clone, Default)]
pub(crate) struct Counts(OrdMap<Arc<str>, usize>);

impl Counts {
    /// The group of a key, its `/` included; a key without one is in none.
    fn group(key: &str) -> Option<&str> {
        key.split_inclusive('/').next().filter(|g| g.ends_with('/'))
    }

    /// Counts a document that came.
    pub(crate) fn add(&mut self, key: &str) {
        let Some(group) = Self::group(key) else {
            return;
        };
        match self.0.get_mut(group) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(group.into(), 1);
            }
        }
    }

    /// Counts a document that went.
    fn take(&mut self, key: &str) {
        let Some(group) = Self::group(key) else {
            return;
        };
        match self.0.get_mut(group) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                self.0.remove(group);
            }
        }
    }

    /// How many there are in `group`, which ends with `/`.
    pub(crate) fn of(&self, group: &str) -> usize {
        self.0.get(group).copied().unwrap_or(0)
    }
}

/// All documents of one kind.
#[derive(Clone)]
pub(crate) struct KindDocs {
    pub(crate) type_id: TypeId,
    pub(crate) docs: Docs,
    /// How many there are in each group, if they are counted.
    pub(crate) counts: Counts,
    /// The last revision that changed a document of this kind.
    pub(crate) modified: Revision,
}

/// One revision of everything.
#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) revision: Revision,
    pub(crate) kinds: OrdMap<&'static str, KindDocs>,
    /// Only kinds that are already present may be written (a store that was opened with a list).
    pub(crate) closed: bool,
}

impl State {
    pub(crate) fn entry(&self, kind: &str, key: &str) -> Option<&Arc<Entry>> {
        self.kinds.get(kind)?.docs.get(key)
    }

    /// Puts or deletes; what stood there before.
    pub(crate) fn apply(
        &mut self,
        info: &KindInfo,
        key: &Arc<str>,
        after: Option<Arc<Entry>>,
        revision: Revision,
    ) -> Option<Arc<Entry>> {
        if !self.kinds.contains_key(info.kind()) {
            let empty = KindDocs {
                type_id: info.type_id(),
                docs: Docs::new(),
                counts: Counts::default(),
                modified: Revision::ZERO,
            };
            self.kinds.insert(info.kind(), empty);
        }
        let kind = self.kinds.get_mut(info.kind())?;
        kind.modified = revision;
        let comes = after.is_some();
        let before = match after {
            Some(entry) => kind.docs.insert(Arc::clone(key), entry),
            None => kind.docs.remove(&**key),
        };
        if info.counted() {
            match (before.is_some(), comes) {
                (false, true) => kind.counts.add(key),
                (true, false) => kind.counts.take(key),
                _ => {}
            }
        }
        before
    }

    /// How many documents of a counted kind there are in `group`, which ends with `/`.
    pub(crate) fn count(&self, kind: &str, group: &str) -> usize {
        self.kinds.get(kind).map_or(0, |kind| kind.counts.of(group))
    }

    /// The entries whose key starts with `prefix` and is greater than `after`.
    pub(crate) fn entries<'a>(
        &'a self,
        kind: &str,
        prefix: &str,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Arc<Entry>)> + use<'a> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let owned: Box<str> = prefix.into();
        self.kinds
            .get(kind)
            .map(|kind| kind.docs.range::<_, str>((start, Bound::Unbounded)))
            .into_iter()
            .flatten()
            .take_while(move |(key, _)| key.starts_with(&*owned))
    }
}

/// An immutable view of one revision; a clone costs one reference count.
#[derive(Clone)]
pub struct Snapshot(pub(crate) Arc<State>);

impl Snapshot {
    /// The revision that it shows.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// One document.
    #[must_use]
    pub fn get<D: Document>(&self, key: &str) -> Option<Doc<D>> {
        typed_or_log(self.0.entry(D::KIND, key)?)
    }

    /// The documents whose key starts with `prefix`, in key order.
    pub fn range<'a, D: Document>(
        &'a self,
        prefix: &str,
    ) -> impl Iterator<Item = (&'a str, Doc<D>)> + use<'a, D> {
        typed(self.0.entries(D::KIND, prefix, None))
    }

    /// As [`range`](Self::range), only keys greater than `after`: the next page of a listing.
    pub fn range_after<'a, D: Document>(
        &'a self,
        prefix: &str,
        after: &str,
    ) -> impl Iterator<Item = (&'a str, Doc<D>)> + use<'a, D> {
        typed(self.0.entries(D::KIND, prefix, Some(after)))
    }

    /// Whether there is no document of the kind.
    #[must_use]
    pub fn is_empty<D: Document>(&self) -> bool {
        self.len::<D>() == 0
    }

    /// How many documents of the kind there are.
    #[must_use]
    pub fn len<D: Document>(&self) -> usize {
        self.0.kinds.get(D::KIND).map_or(0, |kind| kind.docs.len())
    }

    /// The last revision that changed a document of the kind; zero when none since the store was
    /// opened.
    #[must_use]
    pub fn modified<D: Document>(&self) -> Revision {
        self.kind_modified(D::KIND)
    }

    pub(crate) fn kind_modified(&self, kind: &str) -> Revision {
        self.0
            .kinds
            .get(kind)
            .map_or(Revision::ZERO, |kind| kind.modified)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({})", self.0.revision)
    }
}

fn typed<'a, D: Document>(
    entries: impl Iterator<Item = (&'a Arc<str>, &'a Arc<Entry>)>,
) -> impl Iterator<Item = (&'a str, Doc<D>)> {
    entries.filter_map(|(key, entry)| Some((&**key, typed_or_log(entry)?)))
}

fn typed_or_log<D: Document>(entry: &Entry) -> Option<Doc<D>> {
    let doc = entry.typed();
    if doc.is_none() {
        tracing::error!(kind = D::KIND, "two document types share one kind name");
        debug_assert!(false, "two document types share the kind name {}", D::KIND);
    }
    doc
}
