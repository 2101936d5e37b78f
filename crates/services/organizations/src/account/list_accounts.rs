//! `ListAccounts`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::Target;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::paged;
use crate::{access, find, shapes};

/// Every account of the organization.
///
/// Source: AWS Organizations API Reference, `ListAccounts`.
pub struct ListAccounts;

impl Operation for ListAccounts {
    type Api = rolecall_api::organizations::ListAccounts;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::anywhere("organizations:ListAccounts").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let all = tx.range::<Target>("").map(|(_, target)| target.cloned());
        let accounts: Vec<Target> = all.filter(find::is_account).collect();
        let (token, max) = (&req.input.next_token, req.input.max_results);
        let page = paged(accounts, |account| account.id.clone(), token, max)?;
        let accounts = page.items.iter();
        let accounts = accounts.map(|account| shapes::account(tx, &organization, account));
        Ok(api::ListAccountsResponse {
            accounts: Some(accounts.collect()),
            next_token: page.next,
        })
    }
}
