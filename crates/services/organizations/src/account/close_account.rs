//! `CloseAccount`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::organization::{AccountStatus, TargetKind};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find};

/// Closes a member account: its credentials are refused from then on. It stays in the
/// organization.
///
/// Source: AWS Organizations API Reference, `CloseAccount`.
pub struct CloseAccount;

impl Operation for CloseAccount {
    type Api = rolecall_api::organizations::CloseAccount;
    const EXAMPLE: &'static str = r#"{"AccountId":"111122223333"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on(
            req,
            "organizations:CloseAccount",
            input.account_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let mut account = find::account(tx, req.input.account_id.as_deref().unwrap_or_default())?;
        if account.id == organization.management.as_str() {
            return Err(errors::cannot_close_management());
        }
        if account.is_suspended() {
            return Err(errors::account_already_closed());
        }
        if let TargetKind::Account { status, .. } = &mut account.kind {
            *status = AccountStatus::Suspended;
        }
        tx.put(account.id.clone(), account);
        Ok(Empty {})
    }
}
