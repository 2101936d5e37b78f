//! The accounts that a data directory holds, and the secrets that belong to them as a whole.

use std::fmt;

use rolecall_base::{AccountId, Region, Timestamp};
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// One account: the one made at the first start, or a member of its organization. Keyed by its id.
#[derive(Clone, Serialize, Deserialize)]
pub struct Account {
    /// The account's id.
    pub id: AccountId,
    /// The region that requests are served in by default.
    pub region: Region,
    /// When it was made.
    pub created: Timestamp,
    /// The root user's access key that `rolecall env` shows; empty for a member.
    pub root_access_key: String,
    /// The 32 bytes, in hexadecimal, that session tokens are sealed with: the same for all
    /// accounts of a data directory.
    pub token_key: String,
    /// The management account that made it by `organizations:CreateAccount`; `None` for the account
    /// of the first start. A member's root user has no access key.
    #[serde(default)]
    pub made_by: Option<AccountId>,
}

impl Document for Account {
    const KIND: &'static str = "account";
    const VERSION: u32 = 1;
}

impl Account {
    /// The ARN of the root user.
    pub fn root_arn(id: &AccountId) -> String {
        format!("arn:aws:iam::{id}:root")
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("region", &self.region)
            .finish()
    }
}
