//! Services. None can be made yet; asking for them says so truthfully.

mod describe_services;
mod list_services;

pub use describe_services::DescribeServices;
pub use list_services::ListServices;

use rolecall_op::Registry;

/// `registry` with the operations on services.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with::<ListServices>().with::<DescribeServices>()
}
