//! IAM groups.

use std::collections::BTreeMap;

use rolecall_base::{AccountId, Timestamp};
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

use crate::PolicyText;

/// A group: policies that apply to each of its users. Keyed by [`crate::name_key`].
///
/// Who is in it stands with the users ([`crate::User::groups`]). It is no principal: no policy
/// can name it as one, and it has no boundary and no tags.
///
/// Source: IAM User Guide, "IAM user groups".
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Whose it is.
    pub account: AccountId,
    /// Its name, in the case in which it was created.
    pub name: String,
    /// Its path, `/` or `/a/b/`.
    pub path: String,
    /// `AGPA…`
    pub id: String,
    /// `arn:aws:iam::ACCOUNT:group/PATH/NAME`
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// Inline policies by name.
    pub inline: BTreeMap<String, PolicyText>,
    /// ARNs of the attached managed policies, in the order of attachment.
    pub attached: Vec<String>,
}

impl Document for Group {
    const KIND: &'static str = "iam.group";
    const VERSION: u32 = 1;
    const COUNTED: bool = true;
}

impl Group {
    /// The ARN of a group with this path and name.
    pub fn arn_of(account: &AccountId, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{account}:group{path}{name}")
    }
}
