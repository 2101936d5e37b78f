//! `ListAccountsForParent`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::paged;
use crate::{access, errors, find, shapes};

/// The accounts directly below a root or unit.
///
/// Source: AWS Organizations API Reference, `ListAccountsForParent`.
pub struct ListAccountsForParent;

impl Operation for ListAccountsForParent {
    type Api = rolecall_api::organizations::ListAccountsForParent;
    const EXAMPLE: &'static str = r#"{"ParentId":"r-0123"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on(
            req,
            "organizations:ListAccountsForParent",
            input.parent_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let parent = find::container(
            tx,
            req.input.parent_id.as_deref().unwrap_or_default(),
            errors::no_parent,
        )?;
        let mut accounts = find::children(tx, &parent.id);
        accounts.retain(find::is_account);
        let (token, max) = (&req.input.next_token, req.input.max_results);
        let page = paged(accounts, |account| account.id.clone(), token, max)?;
        let accounts = page.items.iter();
        let accounts = accounts.map(|account| shapes::account(tx, &organization, account));
        Ok(api::ListAccountsForParentResponse {
            accounts: Some(accounts.collect()),
            next_token: page.next,
        })
    }
}
