//! Long-term access keys of the root user and of IAM users.

use std::fmt;

use rolecall_base::{AccountId, Timestamp};
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// Whether a key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyStatus {
    /// It may.
    Active,
    /// It may not.
    Inactive,
}

impl KeyStatus {
    /// AWS's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        }
    }
}

/// A long-term access key. Keyed by its id.
#[derive(Clone, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKIA…`, or the id given with `--dev-credentials`.
    pub id: String,
    /// What requests are signed with.
    pub secret: String,
    /// Whose account it belongs to.
    pub account: AccountId,
    /// The IAM user's name; `None` is the root user.
    pub user: Option<String>,
    /// Whether it may sign.
    pub status: KeyStatus,
    /// When it was made.
    pub created: Timestamp,
}

impl Document for AccessKey {
    const KIND: &'static str = "iam.access-key";
    const VERSION: u32 = 1;
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .field("user", &self.user)
            .finish()
    }
}
