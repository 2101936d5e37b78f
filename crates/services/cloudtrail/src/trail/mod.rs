//! Trails, of which there are none.

mod describe_trails;
mod get_trail;
mod get_trail_status;
mod list_trails;

pub use describe_trails::DescribeTrails;
pub use get_trail::GetTrail;
pub use get_trail_status::GetTrailStatus;
pub use list_trails::ListTrails;

use rolecall_op::{AccessCheck, AccessRequest, Registry};

/// `registry` with these operations.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<DescribeTrails>()
        .with::<GetTrail>()
        .with::<GetTrailStatus>()
        .with::<ListTrails>()
}

/// The check of `action` on the trail that is named or given by its ARN.
///
/// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS
/// CloudTrail": resource type `trail`.
fn check(action: &'static str, name: &str, req: &AccessRequest<'_>) -> AccessCheck {
    let arn = if name.starts_with("arn:") {
        name.to_owned()
    } else {
        req.info.arn("cloudtrail", format_args!("trail/{name}"))
    };
    AccessCheck::new(action, arn)
}
