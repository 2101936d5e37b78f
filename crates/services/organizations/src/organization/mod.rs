//! The organization itself.

mod create_organization;
mod delete_organization;
mod describe_organization;
mod leave_organization;
mod list_roots;

pub use create_organization::CreateOrganization;
pub use delete_organization::DeleteOrganization;
pub use describe_organization::DescribeOrganization;
pub use leave_organization::LeaveOrganization;
pub use list_roots::ListRoots;

use rolecall_op::Registry;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateOrganization>()
        .with::<DeleteOrganization>()
        .with::<DescribeOrganization>()
        .with::<LeaveOrganization>()
        .with::<ListRoots>()
}
