//! Accounts of the organization.

mod close_account;
mod create_account;
mod creation;
mod describe_account;
mod describe_create_account_status;
mod list_accounts;
mod list_accounts_for_parent;
mod list_create_account_status;
pub(crate) mod member;
mod move_account;
mod remove_account_from_organization;

pub use close_account::CloseAccount;
pub use create_account::CreateAccount;
pub use describe_account::DescribeAccount;
pub use describe_create_account_status::DescribeCreateAccountStatus;
pub use list_accounts::ListAccounts;
pub use list_accounts_for_parent::ListAccountsForParent;
pub use list_create_account_status::ListCreateAccountStatus;
pub use move_account::MoveAccount;
pub use remove_account_from_organization::RemoveAccountFromOrganization;

pub use creation::Creation;
pub(crate) use creation::{new_account_id, refusal};

use rolecall_op::Registry;

/// The role in a new account that the management account may assume.
///
/// Source: AWS Organizations User Guide, "Accessing member accounts in an organization".
pub(crate) const ACCESS_ROLE: &str = "OrganizationAccountAccessRole";

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CloseAccount>()
        .with::<CreateAccount>()
        .with::<DescribeAccount>()
        .with::<DescribeCreateAccountStatus>()
        .with::<ListAccounts>()
        .with::<ListAccountsForParent>()
        .with::<ListCreateAccountStatus>()
        .with::<MoveAccount>()
        .with::<RemoveAccountFromOrganization>()
}
