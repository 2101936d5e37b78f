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
