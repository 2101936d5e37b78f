//! IAM users.

use std::collections::BTreeMap;

use rolecall_base::{AccountId, Tags, Timestamp};
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

use crate::PolicyText;

/// A user. Keyed by [`crate::name_key`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// Whose it is.
    pub account: AccountId,
    /// Its name, in the case in which it was created.
    pub name: String,
    /// Its path, `/` or `/a/b/`.
    pub path: String,
    /// `AIDA…`
    pub id: String,
    /// `arn:aws:iam::ACCOUNT:user/PATH/NAME`
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// The ARN of the managed policy that bounds it.
    pub boundary: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// Inline policies by name.
    pub inline: BTreeMap<String, PolicyText>,
    /// ARNs of the attached managed policies, in the order of attachment.
    pub attached: Vec<String>,
    /// Ids of its access keys, at most two.
    pub access_keys: Vec<String>,
    /// Store keys of the groups that it is in, in the order in which it was added.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Serial numbers of its MFA devices, in the order in which they were enabled.
    #[serde(default)]
    pub mfa_devices: Vec<String>,
}

impl Document for User {
    const KIND: &'static str = "iam.user";
    const VERSION: u32 = 1;
    const COUNTED: bool = true;
}

impl User {
    /// The ARN of a user with this path and name.
    pub fn arn_of(account: &AccountId, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{account}:user{path}{name}")
    }
}
