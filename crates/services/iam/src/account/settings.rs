//! What the account has set for itself: alias, password policy, token version.

use rolecall_base::AccountId;
use rolecall_store::{Document, Txn};
use serde::{Deserialize, Serialize};

use crate::account::PasswordPolicy;

/// The settings of an account. Keyed by its id; an account without a document has the default.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountSettings {
    /// The account's other name; there is one at most.
    pub alias: Option<String>,
    /// The rules that new passwords must keep, if they are not AWS's default ones.
    pub password_policy: Option<PasswordPolicy>,
    /// Whether tokens of STS's global endpoint are of version 2. It changes nothing here, where
    /// every token is valid in every region.
    pub v2_tokens: bool,
}

impl Document for AccountSettings {
    const KIND: &'static str = "iam.account-settings";
    const VERSION: u32 = 1;
}

impl AccountSettings {
    /// The settings of `account`.
    pub(crate) fn of(tx: &Txn, account: &AccountId) -> Self {
        tx.get::<Self>(account.as_str())
            .map(|doc| doc.cloned())
            .unwrap_or_default()
    }

    /// Makes these the settings of `account`.
    pub(crate) fn store(self, tx: &mut Txn, account: &AccountId) {
        tx.put(account.as_str(), self);
    }
}
