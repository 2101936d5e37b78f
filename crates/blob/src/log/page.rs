//! Collects one page: the smallest (or, backward, the largest) events that the limits allow, from
//! events given in any order, in the memory of one page.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{
    COUNTED_OVERHEAD, Direction, Event, GroupCursor, GroupEvent, Limits, TimeRange,
};
use super::record::RawEvent;

/// The order of a group's events. A reader of one stream leaves the name empty.
type Key = (i64, Arc<str>, u64);

/// The page while it is collected.
pub(crate) struct PageBuilder {
    events: BTreeMap<Key, Event>,
    bytes: usize,
    /// The nearest event that did not fit: nothing from there on can.
    cut: Option<Key>,
    from: Key,
    direction: Direction,
    range: TimeRange,
    limits: Limits,
}

impl PageBuilder {
    pub(crate) fn new(
        from: GroupCursor,
        direction: Direction,
        range: TimeRange,
        limits: Limits,
    ) -> Self {
        let from = (from.timestamp_ms, from.stream, from.sequence);
        Self {
            events: BTreeMap::new(),
            bytes: 0,
            cut: None,
            from,
            direction,
            range,
            limits,
        }
    }

    /// Whether events of these times (both inclusive) could be on the page.
    pub(crate) fn wants(&self, first_ms: i64, last_ms: i64) -> bool {
        if last_ms < self.range.start_ms || first_ms >= self.range.end_ms {
            return false;
        }
        match self.direction {
            Direction::Forward => {
                last_ms >= self.from.0 && self.cut.as_ref().is_none_or(|cut| first_ms <= cut.0)
            }
            Direction::Backward => {
                first_ms <= self.from.0 && self.cut.as_ref().is_none_or(|cut| last_ms >= cut.0)
            }
        }
    }

    /// Considers an event.
    pub(crate) fn offer(&mut self, stream: &Arc<str>, event: RawEvent<'_>) {
        let time = event.timestamp_ms;
        if !self.wants(time, time) {
            return;
        }
        let key = (time, Arc::clone(stream), event.sequence);
        let beyond = |cut: &Key| match self.direction {
            Direction::Forward => key >= *cut,
            Direction::Backward => key <= *cut,
        };
        let before_start = match self.direction {
            Direction::Forward => key < self.from,
            Direction::Backward => key >= self.from,
        };
        if before_start || self.cut.as_ref().is_some_and(beyond) {
            return;
        }
        self.bytes += event.message.len() + COUNTED_OVERHEAD;
        self.events.insert(key, event.to_event());
        self.trim();
    }

    /// Drops the farthest events until the limits hold. An event that is dropped can never come
    /// back: what is nearer only grows.
    fn trim(&mut self) {
        while self.events.len() > 1
            && (self.events.len() > self.limits.events || self.bytes > self.limits.bytes)
        {
            let farthest = match self.direction {
                Direction::Forward => self.events.pop_last(),
                Direction::Backward => self.events.pop_first(),
            };
            if let Some((key, event)) = farthest {
                self.bytes -= event.counted_bytes();
                self.cut = Some(key);
            }
        }
    }

    /// The events in the order of time, where to go on forward and backward, and whether there is
    /// more.
    pub(crate) fn finish(self) -> (Vec<GroupEvent>, GroupCursor, GroupCursor, bool) {
        let cursor = |(timestamp_ms, stream, sequence): &Key| GroupCursor {
            timestamp_ms: *timestamp_ms,
            stream: Arc::clone(stream),
            sequence: *sequence,
        };
        let given = cursor(&self.from);
        let backward = self.events.first_key_value().map(|(key, _)| cursor(key));
        let forward = self.events.last_key_value().map(|(key, _)| {
            let mut after = cursor(key);
            after.sequence = after.sequence.saturating_add(1);
            after
        });
        let more = self.cut.is_some();
        let event = |((_, stream, _), event)| GroupEvent { stream, event };
        let events = self.events.into_iter().map(event).collect();
        (
            events,
            forward.unwrap_or_else(|| given.clone()),
            backward.unwrap_or(given),
            more,
        )
    }
}
