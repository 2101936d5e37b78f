//! `MoveAccount`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find};

/// Moves an account to another root or unit. The account and both places must be allowed.
///
/// Source: AWS Organizations API Reference, `MoveAccount`.
pub struct MoveAccount;

impl Operation for MoveAccount {
    type Api = rolecall_api::organizations::MoveAccount;
    const EXAMPLE: &'static str = r#"{"AccountId":"111122223333","SourceParentId":"r-0123","DestinationParentId":"ou-0123-01234567"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let on = |id: &Option<String>| {
            access::on(
                req,
                "organizations:MoveAccount",
                id.as_deref().unwrap_or_default(),
            )
        };
        let (from, to) = (&input.source_parent_id, &input.destination_parent_id);
        Ok(vec![on(&input.account_id), on(from), on(to)].into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let mut account = find::account(tx, req.input.account_id.as_deref().unwrap_or_default())?;
        let from = req.input.source_parent_id.as_deref().unwrap_or_default();
        let from = find::container(tx, from, errors::no_source_parent)?;
        let to = req
            .input
            .destination_parent_id
            .as_deref()
            .unwrap_or_default();
        let to = find::container(tx, to, errors::no_destination_parent)?;
        if account.parent.as_ref() == Some(&to.id) {
            return Err(errors::duplicate_account());
        }
        if account.parent.as_ref() != Some(&from.id) {
            return Err(errors::no_account());
        }
        account.parent = Some(to.id);
        tx.put(account.id.clone(), account);
        Ok(Empty {})
    }
}
