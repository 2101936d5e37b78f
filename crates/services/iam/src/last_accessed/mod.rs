//! What identities and policies are used for: reports made from the record of calls.
//!
//! A report is made at once and stored under its job's id; a job that was started is complete when
//! its id is answered. Calls count whether they were allowed or denied, as on AWS.

mod allowed;
mod entity;
mod generate_organizations_access_report;
mod generate_service_last_accessed_details;
mod get_organizations_access_report;
mod get_service_last_accessed_details;
mod get_service_last_accessed_details_with_entities;
mod grants;
mod job;
mod list_policies_granting_service_access;
mod organization;
mod report;

pub use generate_organizations_access_report::GenerateOrganizationsAccessReport;
pub use generate_service_last_accessed_details::GenerateServiceLastAccessedDetails;
pub use get_organizations_access_report::GetOrganizationsAccessReport;
pub use get_service_last_accessed_details::GetServiceLastAccessedDetails;
pub use get_service_last_accessed_details_with_entities::GetServiceLastAccessedDetailsWithEntities;
pub use list_policies_granting_service_access::ListPoliciesGrantingServiceAccess;
pub use organization::OrganizationReport;
pub use report::AccessReport;

use rolecall_op::Registry;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with_data::<GenerateOrganizationsAccessReport>()
        .with_data::<GenerateServiceLastAccessedDetails>()
        .with::<GetOrganizationsAccessReport>()
        .with::<GetServiceLastAccessedDetails>()
        .with::<GetServiceLastAccessedDetailsWithEntities>()
        .with::<ListPoliciesGrantingServiceAccess>()
}
