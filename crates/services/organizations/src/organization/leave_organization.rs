//! `LeaveOrganization`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::organization::Target;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find};

/// Takes the caller's account, a member, out of its organization. What is in the account stays,
/// and no policy of the organization limits it any more.
///
/// Source: AWS Organizations API Reference, `LeaveOrganization`.
pub struct LeaveOrganization;

impl Operation for LeaveOrganization {
    type Api = rolecall_api::organizations::LeaveOrganization;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::anywhere("organizations:LeaveOrganization").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::joined(tx, req.info)?;
        if organization.management == *req.account() {
            return Err(errors::management_cannot_leave());
        }
        tx.delete::<Target>(req.account().as_str());
        Ok(Empty {})
    }
}
