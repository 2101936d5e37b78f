//! Container instances. None can be registered yet; asking for them says so truthfully.

mod describe_container_instances;
mod list_attributes;
mod list_container_instances;

pub use describe_container_instances::DescribeContainerInstances;
pub use list_attributes::ListAttributes;
pub use list_container_instances::ListContainerInstances;

use rolecall_op::Registry;

/// `registry` with the operations on container instances.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<ListContainerInstances>()
        .with::<DescribeContainerInstances>()
        .with::<ListAttributes>()
}
