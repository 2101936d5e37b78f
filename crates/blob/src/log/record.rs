//! The bytes of events in a segment.
//!
//! A segment is 8 bytes of magic and records: the payload's length (u32), its CRC-32 (u32), the
//! payload: time, time of ingestion (i64 each), number (u64), message in UTF-8. Little-endian.

use super::event::Event;

/// The first bytes of a segment.
pub(crate) const MAGIC: [u8; 8] = *b"RCLOGS1\n";
/// What a record has besides its message.
pub(crate) const OVERHEAD: usize = 32;
const FIXED: usize = 24;

/// Adds an event to a segment's bytes. The message has less than 4 GiB.
pub(crate) fn encode(event: &Event, out: &mut Vec<u8>) {
    let mut payload = Vec::with_capacity(FIXED + event.message.len());
    payload.extend_from_slice(&event.timestamp_ms.to_le_bytes());
    payload.extend_from_slice(&event.ingestion_ms.to_le_bytes());
    payload.extend_from_slice(&event.sequence.to_le_bytes());
    payload.extend_from_slice(event.message.as_bytes());
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
    out.extend_from_slice(&payload);
}

/// An event inside a segment's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawEvent<'a> {
    pub(crate) timestamp_ms: i64,
    pub(crate) ingestion_ms: i64,
    pub(crate) sequence: u64,
    pub(crate) message: &'a str,
}

impl RawEvent<'_> {
    pub(crate) fn to_event(self) -> Event {
        Event {
            timestamp_ms: self.timestamp_ms,
            ingestion_ms: self.ingestion_ms,
            sequence: self.sequence,
            message: self.message.to_owned(),
        }
    }
}

/// The records of a segment, up to its end or the first damaged one.
pub(crate) struct Records<'a> {
    rest: &'a [u8],
    /// How many bytes were good.
    pub(crate) good: usize,
}

impl<'a> Records<'a> {
    /// Over a whole segment; none of it is good when the magic is missing.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        match bytes.strip_prefix(&MAGIC) {
            Some(rest) => Self {
                rest,
                good: MAGIC.len(),
            },
            None => Self { rest: &[], good: 0 },
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = RawEvent<'a>;

    fn next(&mut self) -> Option<RawEvent<'a>> {
        let (length, rest) = self.rest.split_first_chunk::<4>()?;
        let (crc, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (payload, rest) = rest.split_at_checked(length)?;
        if crc32fast::hash(payload) != u32::from_le_bytes(*crc) {
            return None;
        }
        let (timestamp_ms, fields) = payload.split_first_chunk::<8>()?;
        let (ingestion_ms, fields) = fields.split_first_chunk::<8>()?;
        let (sequence, message) = fields.split_first_chunk::<8>()?;
        let event = RawEvent {
            timestamp_ms: i64::from_le_bytes(*timestamp_ms),
            ingestion_ms: i64::from_le_bytes(*ingestion_ms),
            sequence: u64::from_le_bytes(*sequence),
            message: std::str::from_utf8(message).ok()?,
        };
        self.rest = rest;
        self.good += 8 + length;
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(messages: &[&str]) -> (Vec<u8>, Vec<Event>) {
        let mut bytes = MAGIC.to_vec();
        let mut events = Vec::new();
        for (sequence, message) in (0..).zip(messages) {
            let event = Event {
                timestamp_ms: -5,
                ingestion_ms: i64::MAX,
                sequence,
                message: (*message).to_owned(),
            };
            encode(&event, &mut bytes);
            events.push(event);
        }
        (bytes, events)
    }

    #[test]
    fn there_and_back() {
        let (bytes, events) = segment(&["", "hello", "\u{1f980} crab"]);
        let mut records = Records::new(&bytes);
        let read: Vec<_> = records.by_ref().map(RawEvent::to_event).collect();
        assert_eq!(read, events);
        assert_eq!(records.good, bytes.len());
        let counted: usize = events
            .iter()
            .map(|event| event.message.len() + OVERHEAD)
            .sum();
        assert_eq!(bytes.len(), MAGIC.len() + counted);
    }

    #[test]
    fn a_cut_anywhere_keeps_the_whole_records_before_it() {
        let (bytes, events) = segment(&["a", "bb", "ccc"]);
        for cut in 0..bytes.len() {
            let mut records = Records::new(&bytes[..cut]);
            let read: Vec<_> = records.by_ref().map(RawEvent::to_event).collect();
            assert_eq!(read, events[..read.len()]);
            assert!(records.good <= cut);
        }
    }

    #[test]
    fn a_flipped_bit_ends_the_records() {
        let (bytes, events) = segment(&["a", "bb", "ccc"]);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            let read: Vec<_> = Records::new(&damaged).map(RawEvent::to_event).collect();
            assert!(read.len() < events.len());
            assert_eq!(read, events[..read.len()]);
        }
    }
}
