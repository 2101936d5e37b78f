//! Instance profiles: how a role reaches an EC2 instance.

use rolecall_base::{AccountId, Tags, Timestamp};
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// An instance profile. Keyed by [`crate::name_key`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// Whose it is.
    pub account: AccountId,
    /// Its name, in the case in which it was created.
    pub name: String,
    /// Its path, `/` or `/a/b/`.
    pub path: String,
    /// `AIPA…`
    pub id: String,
    /// `arn:aws:iam::ACCOUNT:instance-profile/PATH/NAME`
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// The name of the one role in it.
    pub role: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

impl Document for InstanceProfile {
    const KIND: &'static str = "iam.instance-profile";
    const VERSION: u32 = 1;
    const COUNTED: bool = true;
}
