//! Lines to events, events to batches that PutLogEvents takes.
//!
//! Limits: Amazon CloudWatch Logs API Reference, `PutLogEvents`: 10,000 events, 1,048,576 bytes
//! with 26 for each event, 24 hours between first and last, in the order of their time.

use regex::Regex;
use rolecall_api::logs::InputLogEvent;
use rolecall_engine::LogRecord;

const EVENTS_MAX: usize = 10_000;
const BYTES_MAX: usize = 1_048_576;
const EVENT_OVERHEAD_BYTES: usize = 26;
/// An event of several lines is cut before it grows beyond this.
const EVENT_BYTES_MAX: usize = 256 * 1024 - EVENT_OVERHEAD_BYTES;
const SPAN_MAX_MS: i64 = 24 * 60 * 60 * 1000;

/// Events on their way, and how far the log is read with them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    events: Vec<(i64, String)>,
    bytes: usize,
    /// The offset that everything before is in this batch or an earlier one.
    offset: u64,
    /// An event that may go on: its time, its text, and the offset after it.
    open: Option<(i64, String, u64)>,
}

impl Batch {
    /// A batch that begins at an offset.
    pub(super) fn at(offset: u64) -> Self {
        Self {
            offset,
            ..Self::default()
        }
    }

    /// Whether there is nothing to put.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The offset to keep once the batch is acknowledged.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether an event waits for its next line.
    pub(super) fn has_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether it is time to put the batch, however little time has passed.
    pub(super) fn full(&self) -> bool {
        // Room for one more event of any size.
        self.events.len() + 1 >= EVENTS_MAX
            || self.bytes + 2 * (EVENT_BYTES_MAX + EVENT_OVERHEAD_BYTES) > BYTES_MAX
            || self.span_ms() >= SPAN_MAX_MS / 2
    }

    fn span_ms(&self) -> i64 {
        let first = self.events.first().map_or(0, |e| e.0);
        self.events.last().map_or(0, |e| e.0).saturating_sub(first)
    }

    /// Takes a line. Call only while the batch is not full.
    pub(super) fn push(&mut self, record: &LogRecord, multiline: Option<&Regex>) {
        let at_ms = record.at_us.div_euclid(1000);
        let text = String::from_utf8_lossy(&record.line);
        let Some(begins) = multiline else {
            self.add(at_ms, &text);
            self.offset = record.next_offset;
            return;
        };
        let length = |open: &Option<(i64, String, u64)>| open.as_ref().map_or(0, |o| o.1.len());
        let too_long = length(&self.open) + text.len() + 1 > EVENT_BYTES_MAX;
        if begins.is_match(&text) || too_long {
            self.close();
        }
        match &mut self.open {
            Some((_, event, end)) => {
                event.push('\n');
                event.push_str(&text);
                *end = record.next_offset;
            }
            None => self.open = Some((at_ms, text.into_owned(), record.next_offset)),
        }
    }

    /// Passes over what is no line.
    pub(super) fn skip_to(&mut self, offset: u64) {
        self.close();
        self.offset = offset;
    }

    /// Ends the event that waits for its next line.
    pub(super) fn close(&mut self) {
        if let Some((at_ms, event, end)) = self.open.take() {
            self.add(at_ms, &event);
            self.offset = end;
        }
    }

    /// Empty events are refused by CloudWatch Logs; Docker leaves them out too.
    fn add(&mut self, at_ms: i64, text: &str) {
        if text.is_empty() {
            return;
        }
        // Bytes that are not UTF-8 have become longer: cut at a character.
        let mut rest = text;
        while rest.len() > EVENT_BYTES_MAX {
            let cut = (0..=EVENT_BYTES_MAX)
                .rev()
                .find(|i| rest.is_char_boundary(*i));
            let (head, tail) = rest
                .split_at_checked(cut.unwrap_or(0))
                .unwrap_or((rest, ""));
            self.put(at_ms, head);
            rest = tail;
        }
        self.put(at_ms, rest);
    }

    fn put(&mut self, at_ms: i64, text: &str) {
        self.bytes += text.len() + EVENT_OVERHEAD_BYTES;
        self.events.push((at_ms, text.to_owned()));
    }

    /// The events in the order of their time.
    pub(super) fn events(&self) -> Vec<InputLogEvent> {
        let mut events: Vec<_> = self.events.iter().collect();
        events.sort_by_key(|e| e.0);
        let event = |(at, text): &(i64, String)| InputLogEvent {
            timestamp: Some(*at),
            message: Some(text.clone()),
        };
        events.into_iter().map(event).collect()
    }

    /// Begins the next batch where this one ends; an open event goes with it.
    pub(super) fn next(&mut self) {
        let open = self.open.take();
        *self = Self {
            open,
            ..Self::at(self.offset)
        };
    }
}

#[cfg(test)]
mod tests {
    use rolecall_engine::LogStream;

    use super::*;

    fn line(text: &str, at_us: i64, next_offset: u64) -> LogRecord {
        LogRecord {
            at_us,
            stream: LogStream::Stdout,
            partial: false,
            line: text.as_bytes().to_vec(),
            next_offset,
        }
    }

    fn texts(batch: &Batch) -> Vec<String> {
        batch
            .events()
            .into_iter()
            .map(|e| e.message.unwrap())
            .collect()
    }

    #[test]
    fn lines_are_events_in_the_order_of_time_and_empty_ones_are_not() {
        let mut batch = Batch::at(5);
        assert!(batch.is_empty());
        batch.push(&line("b", 2_000_999, 10), None);
        batch.push(&line("", 2_001_000, 20), None);
        batch.push(&line("a", 1_000_000, 30), None);
        assert_eq!(texts(&batch), ["a", "b"]);
        assert_eq!(batch.events()[1].timestamp, Some(2_000));
        assert_eq!(batch.offset(), 30);
        batch.next();
        assert!(batch.is_empty() && batch.offset() == 30);
    }

    #[test]
    fn an_event_of_several_lines_waits_for_the_next_one() {
        let begins = Regex::new("^[0-9]").unwrap();
        let mut batch = Batch::at(0);
        for (n, text) in ["1 first", "  at x", "  at y", "2 second"]
            .iter()
            .enumerate()
        {
            batch.push(&line(text, 1_000, (n as u64 + 1) * 10), Some(&begins));
        }
        assert_eq!(texts(&batch), ["1 first\n  at x\n  at y"]);
        assert_eq!(batch.offset(), 30);
        batch.next();
        assert!(batch.has_open() && batch.is_empty());
        batch.skip_to(45);
        assert_eq!(
            (texts(&batch), batch.offset()),
            (vec!["2 second".to_owned()], 45)
        );
    }

    #[test]
    fn batches_stay_within_the_limits() {
        let long = "x".repeat(EVENT_BYTES_MAX);
        let mut batch = Batch::at(0);
        while !batch.full() {
            batch.push(&line(&long, 1_000, 1), None);
        }
        assert!(batch.bytes <= BYTES_MAX && batch.events.len() >= 2);
        let mut batch = Batch::at(0);
        while !batch.full() {
            batch.push(&line("x", 1_000, 1), None);
        }
        assert!(batch.events.len() <= EVENTS_MAX);
        let mut batch = Batch::at(0);
        let garbage = LogRecord {
            line: vec![0xff; EVENT_BYTES_MAX],
            ..line("", 1_000, 1)
        };
        batch.push(&garbage, None);
        assert!(batch.events.iter().all(|e| e.1.len() <= EVENT_BYTES_MAX));
        assert!(batch.bytes <= BYTES_MAX);
    }
}
