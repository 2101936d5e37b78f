//! Quotas of an account: how many roles, users and the like it may have.
//!
//! Each account has its own. The store counts the documents of an account while they come and go
//! ([`Document::COUNTED`]), so that asking costs one lookup, a count never differs from what is
//! there, and of two creations at once that would both fit one is refused.
//!
//! Source: IAM User Guide, "IAM and AWS STS quotas".

use rolecall_base::{AccountId, AwsError};
use rolecall_identity::name_key;
use rolecall_store::{Document, Txn};

use crate::errors;

/// Whether `account` may have one more `D`, of which it may have `max`.
///
/// # Errors
/// `LimitExceeded`, which names the quota `name`.
pub(crate) fn check<D: Document>(
    tx: &Txn,
    account: &AccountId,
    name: &str,
    max: usize,
) -> Result<(), AwsError> {
    if tx.has_fewer::<D>(&name_key(account, ""), max) {
        Ok(())
    } else {
        Err(errors::quota(name, max))
    }
}

/// How many `D` the account has.
pub(crate) fn used<D: Document>(tx: &Txn, account: &AccountId) -> usize {
    tx.count_unchecked::<D>(&name_key(account, ""))
}
