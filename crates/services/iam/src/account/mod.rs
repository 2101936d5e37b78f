//! The account as a whole.

mod get_account_summary;

pub use get_account_summary::GetAccountSummary;

use rolecall_op::Registry;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with::<GetAccountSummary>()
}
