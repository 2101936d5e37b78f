//! The quotas of IAM that AWS raises on request.
//!
//! Source: IAM User Guide, "IAM and AWS STS quotas".

use rolecall_base::AccountId;
use rolecall_store::{Document, Txn};
use serde::{Deserialize, Serialize};

/// What an account may have of each. Keyed by the account's id; an account without a document has
/// the [`Default`], which is what AWS gives a new account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quotas {
    /// Roles in the account.
    pub roles: usize,
    /// Users in the account.
    pub users: usize,
    /// Groups in the account.
    pub groups: usize,
    /// Customer-managed policies in the account.
    pub policies: usize,
    /// Instance profiles in the account.
    pub instance_profiles: usize,
    /// Managed policies attached to one role.
    pub policies_per_role: usize,
    /// Managed policies attached to one user.
    pub policies_per_user: usize,
    /// Managed policies attached to one group.
    pub policies_per_group: usize,
    /// Characters of one trust policy that are not white space.
    pub trust_policy_chars: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            roles: 1_000,
            users: 5_000,
            groups: 300,
            policies: 1_500,
            instance_profiles: 1_000,
            policies_per_role: 10,
            policies_per_user: 10,
            policies_per_group: 10,
            trust_policy_chars: 2_048,
        }
    }
}

impl Document for Quotas {
    const KIND: &'static str = "iam.quotas";
    const VERSION: u32 = 1;
}

impl Quotas {
    /// The quotas of `account`.
    pub fn of(tx: &Txn, account: &AccountId) -> Self {
        tx.get::<Self>(account.as_str())
            .map(|doc| doc.cloned())
            .unwrap_or_default()
    }
}
