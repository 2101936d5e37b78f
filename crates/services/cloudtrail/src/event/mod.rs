//! Events: the record of calls in CloudTrail's shape.

mod json;
mod lookup_events;
mod resources;
mod tokens;

pub use json::{event_id, event_json, user_name};
pub use lookup_events::LookupEvents;
pub use resources::{Resource, resource};

use rolecall_op::Registry;

/// `registry` with these operations.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_data::<LookupEvents>()
}
