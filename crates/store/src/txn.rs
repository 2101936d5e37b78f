//! A transaction: a snapshot with its own writes on top, which remembers what it read.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::document::{AnyDoc, Document, KindInfo};
use crate::error::TxnFault;
use crate::snapshot::{Doc, Entry, Revision, Snapshot, State};

/// What a transaction's function reads from and writes to.
///
/// Each read (a key, present or absent; the part of a range that was walked) becomes a
/// precondition: when somebody changes it before the commit, the function is run again on the newer
/// state. The `_unchecked` reads are not preconditions: use them for counts and hints that may be
/// stale.
pub struct Txn {
    /// The base revision, without the own writes.
    base: State,
    /// The base revision with the own writes applied.
    state: State,
    writes: BTreeMap<(&'static str, Arc<str>), PendingWrite>,
    reads: RefCell<ReadSet>,
    fault: RefCell<Option<TxnFault>>,
}

struct PendingWrite {
    info: KindInfo,
    after: Option<AnyDoc>,
}

/// A write whose document is already encoded.
pub(crate) struct EncodedWrite {
    pub(crate) info: KindInfo,
    pub(crate) key: Arc<str>,
    /// The value and its JSON; none deletes.
    pub(crate) after: Option<(AnyDoc, Vec<u8>)>,
}

impl Txn {
    pub(crate) fn new(state: State) -> Self {
        Self {
            base: state.clone(),
            state,
            writes: BTreeMap::new(),
            reads: RefCell::default(),
            fault: RefCell::default(),
        }
    }

    /// The revision that the transaction started from.
    #[must_use]
    pub fn base_revision(&self) -> Revision {
        self.state.revision
    }

    /// One document, as a precondition.
    #[must_use]
    pub fn get<D: Document>(&self, key: &str) -> Option<Doc<D>> {
        self.record_point(D::KIND, key);
        self.get_unchecked(key)
    }

    /// One document, not as a precondition.
    #[must_use]
    pub fn get_unchecked<D: Document>(&self, key: &str) -> Option<Doc<D>> {
        let entry = self.state.entry(D::KIND, key)?;
        self.typed(entry)
    }

    /// The documents whose key starts with `prefix`, in key order. What is walked is a
    /// precondition: a document that appears, changes or goes there later conflicts, the rest of
    /// the range does not.
    pub fn range<'a, D: Document>(
        &'a self,
        prefix: &str,
    ) -> impl Iterator<Item = (&'a str, Doc<D>)> + use<'a, D> {
        self.walk(prefix, None)
    }

    /// As [`range`](Self::range), only keys greater than `after`.
    pub fn range_after<'a, D: Document>(
        &'a self,
        prefix: &str,
        after: &str,
    ) -> impl Iterator<Item = (&'a str, Doc<D>)> + use<'a, D> {
        self.walk(prefix, Some(after))
    }

    /// The documents whose key starts with `prefix`, not as a precondition.
    pub fn range_unchecked<'a, D: Document>(
        &'a self,
        prefix: &str,
    ) -> impl Iterator<Item = (&'a str, Doc<D>)> + use<'a, D> {
        self.state
            .entries(D::KIND, prefix, None)
            .filter_map(|(key, entry)| Some((&**key, self.typed(entry)?)))
    }

    /// Whether there is no document of the kind; any change of one conflicts.
    #[must_use]
    pub fn is_empty<D: Document>(&self) -> bool {
        self.len::<D>() == 0
    }

    /// How many documents of the kind there are; any change of one conflicts.
    #[must_use]
    pub fn len<D: Document>(&self) -> usize {
        let whole = RangeRead {
            kind: D::KIND,
            prefix: String::new(),
            after: None,
            upto: UpTo::End,
        };
        self.reads.borrow_mut().ranges.push(whole);
        self.len_unchecked::<D>()
    }

    /// How many documents of the kind there are, not as a precondition.
    #[must_use]
    pub fn len_unchecked<D: Document>(&self) -> usize {
        self.state
            .kinds
            .get(D::KIND)
            .map_or(0, |kind| kind.docs.len())
    }

    /// Whether `group` has fewer than `max` documents of a kind that is counted
    /// ([`Document::COUNTED`]), own writes counted too. The answer is a precondition, and nothing
    /// else is: documents that come and go conflict only where they change it. Costs one lookup.
    ///
    /// `group` is what keys have up to and with their first `/`.
    #[must_use]
    pub fn has_fewer<D: Document>(&self, group: &str, max: usize) -> bool {
        let (base, own) = (
            self.base.count(D::KIND, group),
            self.state.count(D::KIND, group),
        );
        let limit = LimitRead {
            kind: D::KIND,
            group: group.to_owned(),
            // What the others may have, beside what this transaction makes or deletes.
            max: max.saturating_add(base).saturating_sub(own),
            fewer: own < max,
        };
        let fewer = limit.fewer;
        self.reads.borrow_mut().limits.push(limit);
        fewer
    }

    /// How many documents of a counted kind `group` has, not as a precondition; see
    /// [`has_fewer`](Self::has_fewer).
    #[must_use]
    pub fn count_unchecked<D: Document>(&self, group: &str) -> usize {
        self.state.count(D::KIND, group)
    }

    /// Everything, with the own writes, not as a precondition: for code that takes a snapshot.
    #[must_use]
    pub fn snapshot_unchecked(&self) -> Snapshot {
        Snapshot(Arc::new(self.state.clone()))
    }

    /// Creates or replaces a document. Not a read: `get` first to find out whether it is there.
    pub fn put<D: Document>(&mut self, key: impl Into<Arc<str>>, document: D) {
        let key = key.into();
        if !self.may_write::<D>() {
            return;
        }
        let info = KindInfo::of::<D>();
        let value: AnyDoc = Arc::new(document);
        let created = self
            .state
            .entry(D::KIND, &key)
            .map_or(Revision::UNCOMMITTED, |old| old.created);
        let entry = Arc::new(Entry {
            value: Arc::clone(&value),
            created,
            modified: Revision::UNCOMMITTED,
        });
        self.state
            .apply(&info, &key, Some(entry), Revision::UNCOMMITTED);
        self.writes.insert(
            (D::KIND, key),
            PendingWrite {
                info,
                after: Some(value),
            },
        );
    }

    /// Changes a document in place, if it is there; whether it was. The read is a precondition.
    pub fn update<D: Document + Clone>(&mut self, key: &str, change: impl FnOnce(&mut D)) -> bool {
        let Some(doc) = self.get::<D>(key) else {
            return false;
        };
        let mut value = doc.cloned();
        change(&mut value);
        self.put(key, value);
        true
    }

    /// Deletes a document; whether it was there, which is a precondition.
    pub fn delete<D: Document>(&mut self, key: &str) -> bool {
        self.record_point(D::KIND, key);
        if self.state.entry(D::KIND, key).is_none() || !self.may_write::<D>() {
            return false;
        }
        let info = KindInfo::of::<D>();
        let key: Arc<str> = Arc::from(key);
        self.state.apply(&info, &key, None, Revision::UNCOMMITTED);
        self.writes
            .insert((D::KIND, key), PendingWrite { info, after: None });
        true
    }

    /// Ends the function's part: the reads, and the writes encoded.
    pub(crate) fn finish(self) -> Result<(ReadSet, Vec<EncodedWrite>), TxnFault> {
        if let Some(fault) = self.fault.into_inner() {
            return Err(fault);
        }
        let mut writes = Vec::with_capacity(self.writes.len());
        for ((kind, key), write) in self.writes {
            let after =
                match write.after {
                    None => None,
                    Some(value) => {
                        let json = write.info.encode_checked(&value).map_err(|source| {
                            TxnFault::Encode {
                                kind,
                                key: Arc::clone(&key),
                                source: Arc::new(source),
                            }
                        })?;
                        Some((value, json))
                    }
                };
            writes.push(EncodedWrite {
                info: write.info,
                key,
                after,
            });
        }
        Ok((self.reads.into_inner(), writes))
    }

    /// The mistake that was made so far, which outweighs what the function answered.
    pub(crate) fn fault(&self) -> Option<TxnFault> {
        self.fault.borrow().clone()
    }

    fn walk<'a, D: Document>(
        &'a self,
        prefix: &str,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&'a str, Doc<D>)> + use<'a, D> {
        let mut walked = Walk {
            reads: &self.reads,
            read: RangeRead {
                kind: D::KIND,
                prefix: prefix.to_owned(),
                after: after.map(str::to_owned),
                upto: UpTo::Nothing,
            },
        };
        let mut entries = self.state.entries(D::KIND, prefix, after);
        std::iter::from_fn(move || {
            for (key, entry) in entries.by_ref() {
                walked.reached(UpTo::Key(Arc::clone(key)));
                if let Some(doc) = self.typed(entry) {
                    return Some((&**key, doc));
                }
            }
            walked.reached(UpTo::End);
            None
        })
    }

    fn typed<D: Document>(&self, entry: &Entry) -> Option<Doc<D>> {
        let doc = entry.typed();
        if doc.is_none() {
            *self.fault.borrow_mut() = Some(TxnFault::KindMismatch { kind: D::KIND });
        }
        doc
    }

    fn may_write<D: Document>(&mut self) -> bool {
        let fault = match self.state.kinds.get(D::KIND) {
            Some(kind) if kind.type_id == TypeId::of::<D>() => return true,
            Some(_) => TxnFault::KindMismatch { kind: D::KIND },
            None if self.state.closed => TxnFault::UnregisteredKind { kind: D::KIND },
            None => return true,
        };
        *self.fault.get_mut() = Some(fault);
        false
    }

    fn record_point(&self, kind: &'static str, key: &str) {
        let known = self
            .state
            .kinds
            .get(kind)
            .and_then(|kind| kind.docs.get_key_value(key));
        let point = match known {
            // Written by this transaction: not an observation of the store.
            Some((_, entry)) if entry.modified == Revision::UNCOMMITTED => return,
            Some((key, _)) => Point {
                kind,
                key: Arc::clone(key),
                present: true,
            },
            None => Point {
                kind,
                key: Arc::from(key),
                present: false,
            },
        };
        self.reads.borrow_mut().points.push(point);
    }
}

/// Notes the walked part of a range when the walk ends, however it ends.
struct Walk<'a> {
    reads: &'a RefCell<ReadSet>,
    read: RangeRead,
}

impl Walk<'_> {
    fn reached(&mut self, upto: UpTo) {
        self.read.upto = upto;
    }
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        if !matches!(self.read.upto, UpTo::Nothing) {
            let read = RangeRead {
                kind: self.read.kind,
                prefix: std::mem::take(&mut self.read.prefix),
                after: self.read.after.take(),
                upto: std::mem::replace(&mut self.read.upto, UpTo::Nothing),
            };
            self.reads.borrow_mut().ranges.push(read);
        }
    }
}

/// What a transaction observed.
#[derive(Default)]
pub(crate) struct ReadSet {
    points: Vec<Point>,
    ranges: Vec<RangeRead>,
    limits: Vec<LimitRead>,
}

/// Whether a group was below a limit.
struct LimitRead {
    kind: &'static str,
    group: String,
    max: usize,
    fewer: bool,
}

/// One key that was read, and whether there was a document.
struct Point {
    kind: &'static str,
    key: Arc<str>,
    present: bool,
}

struct RangeRead {
    kind: &'static str,
    prefix: String,
    after: Option<String>,
    upto: UpTo,
}

enum UpTo {
    Nothing,
    Key(Arc<str>),
    End,
}

impl ReadSet {
    /// Whether a key that was read at `base` has another document at `head`, or is gone, or came.
    pub(crate) fn points_changed(&self, head: &State, base: Revision) -> bool {
        self.points
            .iter()
            .any(|point| match head.entry(point.kind, &point.key) {
                Some(entry) => entry.modified > base,
                None => point.present,
            })
    }

    /// Whether a group has reached a limit that it was below, or the other way round.
    pub(crate) fn limits_changed(&self, head: &State) -> bool {
        self.limits
            .iter()
            .any(|limit| (head.count(limit.kind, &limit.group) < limit.max) != limit.fewer)
    }

    /// Whether a kind that a range was walked of changed between `base` and `head` at all.
    pub(crate) fn ranges_may_have_changed(&self, head: &State, base: Revision) -> bool {
        self.ranges.iter().any(|range| {
            let kind = head.kinds.get(range.kind);
            kind.is_some_and(|kind| kind.modified > base)
        })
    }

    /// Whether a change of this document contradicts a range that was walked.
    pub(crate) fn ranges_cover(&self, kind: &str, key: &str) -> bool {
        self.ranges.iter().any(|range| range.covers(kind, key))
    }
}

impl RangeRead {
    fn covers(&self, kind: &str, key: &str) -> bool {
        self.kind == kind
            && key.starts_with(&self.prefix)
            && self.after.as_deref().is_none_or(|after| key > after)
            && match &self.upto {
                UpTo::Nothing => false,
                UpTo::Key(last) => key <= &**last,
                UpTo::End => true,
            }
    }
}
