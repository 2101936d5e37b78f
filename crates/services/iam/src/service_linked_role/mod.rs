//! Service-linked roles.

mod create_service_linked_role;
mod delete_service_linked_role;
mod get_service_linked_role_deletion_status;
mod linked;

pub use create_service_linked_role::CreateServiceLinkedRole;
pub use delete_service_linked_role::DeleteServiceLinkedRole;
pub use get_service_linked_role_deletion_status::GetServiceLinkedRoleDeletionStatus;

use rolecall_base::AccountId;
use rolecall_op::Registry;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateServiceLinkedRole>()
        .with::<DeleteServiceLinkedRole>()
        .with::<GetServiceLinkedRoleDeletionStatus>()
}

/// A deletion of a service-linked role. Keyed by its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeletionTask {
    /// Whose role it was.
    pub account: AccountId,
    /// The ARN of the role.
    pub role: String,
}

impl Document for DeletionTask {
    const KIND: &'static str = "iam.deletion-task";
    const VERSION: u32 = 1;
}
