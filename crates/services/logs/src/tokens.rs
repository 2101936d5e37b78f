//! The tokens of GetLogEvents and FilterLogEvents, and the ids of events.

use crate::events::{GroupPosition, Position};

/// `f/…/s` or `b/…/s` around 56 digits, as GetLogEvents gives them: 20 of the time, 36 of the
/// number.
pub(crate) fn of_position(forward: bool, position: Position) -> String {
    let side = if forward { 'f' } else { 'b' };
    format!(
        "{side}/{:020}{:036}/s",
        biased(position.timestamp_ms),
        position.sequence
    )
}

/// The direction and position in a token of GetLogEvents.
pub(crate) fn read_position(token: &str) -> Option<(bool, Position)> {
    let (side, rest) = token.split_once('/')?;
    let forward = match side {
        "f" => true,
        "b" => false,
        _ => return None,
    };
    let digits = rest.strip_suffix("/s")?;
    let (time, number) = split(digits)?;
    Some((
        forward,
        Position {
            timestamp_ms: time,
            sequence: number,
        },
    ))
}

/// The token of FilterLogEvents.
pub(crate) fn of_group_position(position: &GroupPosition) -> String {
    let text = format!(
        "{}/{}/{}",
        position.timestamp_ms, position.sequence, position.stream
    );
    rolecall_base::page::token(&text)
}

/// The position in a token of FilterLogEvents.
pub(crate) fn read_group_position(token: &str) -> Option<GroupPosition> {
    let text = rolecall_base::page::read_token(token).ok()?;
    let mut parts = text.splitn(3, '/');
    Some(GroupPosition {
        timestamp_ms: parts.next()?.parse().ok()?,
        sequence: parts.next()?.parse().ok()?,
        stream: parts.next()?.to_owned(),
    })
}

/// An event's id: 56 digits that sort by time.
pub(crate) fn event_id(timestamp_ms: i64, stream: &str, sequence: u64) -> String {
    // Streams of one group may hold the same number: their ids tell them apart.
    let mixed = stream
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let number = (u128::from(mixed % 1_000_000_000_000_000) * 1_000_000_000_000_000_000)
        + u128::from(sequence);
    format!("{:020}{number:036}", biased(timestamp_ms))
}

/// Times before 1970 do not occur (PutLogEvents refuses them); the two open ends do.
fn biased(timestamp_ms: i64) -> i128 {
    i128::from(timestamp_ms) - i128::from(i64::MIN)
}

fn split(digits: &str) -> Option<(i64, u64)> {
    if digits.len() != 56 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (time, number) = digits.split_at_checked(20)?;
    let time: i128 = time.parse().ok()?;
    let time = i64::try_from(time + i128::from(i64::MIN)).ok()?;
    Some((time, u64::try_from(number.parse::<u128>().ok()?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back() {
        for ms in [i64::MIN, 0, 1_795_310_523_456, i64::MAX] {
            let at = Position {
                timestamp_ms: ms,
                sequence: u64::MAX,
            };
            let token = of_position(true, at);
            assert_eq!(token.len(), 60, "{token}");
            assert_eq!(read_position(&token), Some((true, at)));
            let at = GroupPosition {
                timestamp_ms: ms,
                stream: "a/b".to_owned(),
                sequence: 7,
            };
            assert_eq!(read_group_position(&of_group_position(&at)), Some(at));
        }
        for bad in [
            "",
            "f/1/s",
            "x/1/s",
            "f/00000000000000000000000000000000000000000000000000000000",
        ] {
            assert_eq!(read_position(bad), None, "{bad}");
        }
    }

    #[test]
    fn ids_sort_by_time_and_differ_between_streams() {
        assert!(event_id(1, "b", 9) < event_id(2, "a", 1));
        assert_ne!(event_id(1, "a", 1), event_id(1, "b", 1));
        assert_eq!(event_id(1, "a", 1).len(), 56);
    }
}
