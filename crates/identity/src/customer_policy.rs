//! Customer-managed policies and their versions.

use std::collections::BTreeMap;

use rolecall_base::{AccountId, Arn, Tags, Timestamp};
use rolecall_store::{Doc, Document, Snapshot};
use serde::{Deserialize, Serialize};

use crate::{PolicyText, name_key};

/// How many versions a managed policy keeps (IAM quotas).
pub const POLICY_VERSIONS_MAX: usize = 5;

/// One version of a customer-managed policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// The document.
    pub document: PolicyText,
    /// When it was made.
    pub created: Timestamp,
}

/// A customer-managed policy. Keyed by [`name_key`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CustomerPolicy {
    /// Whose it is.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// Its path, `/` or `/a/b/`.
    pub path: String,
    /// `ANPA…`
    pub id: String,
    /// `arn:aws:iam::ACCOUNT:policy/PATH/NAME`
    pub arn: String,
    /// What it is for; set at creation only.
    pub description: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When its default version last changed.
    pub updated: Timestamp,
    /// Its tags.
    pub tags: Tags,
    /// The number of the version in force.
    pub default_version: u32,
    /// The number that the next version gets; numbers are never used twice.
    pub next_version: u32,
    /// The versions by number.
    pub versions: BTreeMap<u32, PolicyVersion>,
}

impl Document for CustomerPolicy {
    const KIND: &'static str = "iam.policy";
    const VERSION: u32 = 1;
    const COUNTED: bool = true;
}

impl CustomerPolicy {
    /// The ARN of a policy with this path and name.
    pub fn arn_of(account: &AccountId, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{account}:policy{path}{name}")
    }

    /// The store key of the policy that `arn` names, if it is the ARN of a customer policy.
    pub fn key_of_arn(arn: &str) -> Option<String> {
        let parsed = Arn::parse(arn).ok()?;
        let account = AccountId::new(parsed.account()).ok()?;
        let (kind, path) = parsed.type_and_id();
        let name = path.rsplit('/').next()?;
        (parsed.service() == "iam" && kind == "policy").then(|| name_key(&account, name))
    }

    /// The policy with this ARN, if there is one.
    pub fn by_arn(snap: &Snapshot, arn: &str) -> Option<Doc<Self>> {
        snap.get::<Self>(&Self::key_of_arn(arn)?)
            .filter(|policy| policy.arn == arn)
    }

    /// The version in force.
    pub fn default(&self) -> Option<&PolicyVersion> {
        self.versions.get(&self.default_version)
    }
}
