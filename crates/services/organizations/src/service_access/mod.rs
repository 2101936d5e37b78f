//! Services that may work in the whole organization. None here does more for it.

mod disable_aws_service_access;
mod enable_aws_service_access;
mod list_aws_service_access_for_organization;

pub use disable_aws_service_access::DisableAWSServiceAccess;
pub use enable_aws_service_access::EnableAWSServiceAccess;
pub use list_aws_service_access_for_organization::ListAWSServiceAccessForOrganization;

use rolecall_op::Registry;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<DisableAWSServiceAccess>()
        .with::<EnableAWSServiceAccess>()
        .with::<ListAWSServiceAccessForOrganization>()
}
