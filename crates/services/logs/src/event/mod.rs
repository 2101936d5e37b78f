//! Log events.

mod filter_log_events;
mod get_log_events;
mod put_log_events;

pub use filter_log_events::FilterLogEvents;
pub use get_log_events::GetLogEvents;
pub use put_log_events::PutLogEvents;

use rolecall_op::Registry;

pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with_data::<PutLogEvents>()
        .with_data::<GetLogEvents>()
        .with_data::<FilterLogEvents>()
}

/// A sequence token of 56 digits. Since 2023 every token is accepted; clients still expect one.
pub(crate) fn sequence_token(ingestion_ms: Option<i64>) -> String {
    format!("{:056}", ingestion_ms.unwrap_or(0).max(0))
}

/// What the host agent puts before a token of [`next_token`] to say that it may repeat itself. No
/// client of AWS does: tokens by themselves are ignored.
const RESUMED: &str = "resume:";

/// The token of the answer to PutLogEvents: the number of the event that would come next.
pub(crate) fn next_token(number: u64) -> String {
    format!("{number:056}")
}

/// From which event on a batch may be in the stream already: the answer to it was lost, or the
/// agent died before it noted it. Without a token from the first event on.
pub(crate) fn resumed_at(token: Option<&str>) -> Option<u64> {
    match token?.strip_prefix(RESUMED)? {
        "" => Some(0),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_of_the_agent_say_where_a_batch_may_be() {
        let resumed = format!("resume:{}", next_token(7));
        assert_eq!(resumed_at(Some(&resumed)), Some(7));
        assert_eq!(resumed_at(Some("resume:")), Some(0));
        for other in [None, Some(next_token(7)), Some("resume:x".to_owned())] {
            assert_eq!(resumed_at(other.as_deref()), None, "{other:?}");
        }
    }
}
