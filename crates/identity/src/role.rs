//! IAM roles.

use std::collections::BTreeMap;

use rolecall_base::{AccountId, Tags, Timestamp};
use rolecall_store::{Doc, Document, Snapshot};
use serde::{Deserialize, Serialize};

use crate::{PolicyText, name_key};

/// A role. Keyed by [`name_key`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    /// Whose it is.
    pub account: AccountId,
    /// Its name, in the case in which it was created.
    pub name: String,
    /// Its path, `/` or `/a/b/`.
    pub path: String,
    /// `AROA…`
    pub id: String,
    /// `arn:aws:iam::ACCOUNT:role/PATH/NAME`
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// The trust policy: who may assume it.
    pub trust: PolicyText,
    /// What it is for.
    pub description: Option<String>,
    /// How long a session may last, in seconds.
    pub max_session_duration_s: u32,
    /// The ARN of the managed policy that bounds it.
    pub boundary: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// Inline policies by name.
    pub inline: BTreeMap<String, PolicyText>,
    /// ARNs of the attached managed policies, in the order of attachment.
    pub attached: Vec<String>,
    /// The service that the role is linked to, such as `ecs.amazonaws.com`.
    pub linked_service: Option<String>,
}

impl Document for Role {
    const KIND: &'static str = "iam.role";
    const VERSION: u32 = 1;
    const COUNTED: bool = true;
}

impl Role {
    /// The ARN of a role with this path and name.
    pub fn arn_of(account: &AccountId, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{account}:role{path}{name}")
    }

    /// The role with this ARN, if there is one.
    pub fn by_arn(snap: &Snapshot, arn: &str) -> Option<Doc<Self>> {
        let parsed = rolecall_base::Arn::parse(arn).ok()?;
        let account = AccountId::new(parsed.account()).ok()?;
        let (kind, path) = parsed.type_and_id();
        if parsed.service() != "iam" || kind != "role" {
            return None;
        }
        let name = path.rsplit('/').next()?;
        snap.get::<Self>(&name_key(&account, name))
            .filter(|role| role.arn == arn)
    }
}
