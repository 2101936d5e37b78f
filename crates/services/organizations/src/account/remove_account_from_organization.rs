//! `RemoveAccountFromOrganization`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::organization::Target;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find};

/// Takes a member account out of the organization. What is in the account stays, and no policy
/// of the organization limits it any more. A closed account is not let go: outside nothing would
/// say that it is closed.
///
/// Source: AWS Organizations API Reference, `RemoveAccountFromOrganization`.
pub struct RemoveAccountFromOrganization;

impl Operation for RemoveAccountFromOrganization {
    type Api = rolecall_api::organizations::RemoveAccountFromOrganization;
    const EXAMPLE: &'static str = r#"{"AccountId":"111122223333"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on(
            req,
            "organizations:RemoveAccountFromOrganization",
            input.account_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let account = find::account(tx, req.input.account_id.as_deref().unwrap_or_default())?;
        if account.id == organization.management.as_str() {
            return Err(errors::management_cannot_leave());
        }
        if account.is_suspended() {
            return Err(errors::closed_cannot_leave());
        }
        tx.delete::<Target>(&account.id);
        Ok(Empty {})
    }
}
