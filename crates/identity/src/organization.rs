//! The organization: its tree of root, units and accounts, and the policies attached to it.
//!
//! The account of the data directory is the management account; accounts made by
//! `organizations:CreateAccount` are its members, served by the same server. There is one
//! organization at most. Source: AWS Organizations User Guide, "Terminology and concepts for AWS
//! Organizations".
//!
//! # Invariants
//! - Everything in the tree but the root has a parent that is there.
//! - While a type of policy is enabled, each root, unit and account has at least one of it.

mod applied;
mod root_access;

pub use applied::{Membership, has_resource_control_policies, is_closed};
pub use root_access::{RootFeature, RootTask};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rolecall_base::{AccountId, Tags, Timestamp};
use rolecall_policy::{Policy, PolicyKind};
use rolecall_store::{Doc, Document, Snapshot};
use serde::{Deserialize, Serialize};

use crate::PolicyText;

/// The key of the one [`Organization`].
pub const ORGANIZATION_KEY: &str = "organization";

/// A type of policy that limits what accounts of the organization may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ControlType {
    /// `SERVICE_CONTROL_POLICY`: limits the callers of member accounts.
    Service,
    /// `RESOURCE_CONTROL_POLICY`: limits what may be done to resources of member accounts.
    Resource,
}

/// A policy that AWS has made and that nobody can change.
struct AwsManaged {
    id: &'static str,
    arn: &'static str,
    name: &'static str,
    description: &'static str,
    text: &'static str,
}

/// Source: AWS Organizations User Guide, "SCP evaluation".
const FULL_AWS_ACCESS: AwsManaged = AwsManaged {
    id: "p-FullAWSAccess",
    arn: "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
    name: "FullAWSAccess",
    description: "Allows access to every operation",
    text: r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"#,
};

/// Source: AWS Organizations User Guide, "RCP evaluation".
const RCP_FULL_AWS_ACCESS: AwsManaged = AwsManaged {
    id: "p-RCPFullAWSAccess",
    arn: "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess",
    name: "RCPFullAWSAccess",
    description: "Allows access to every resource",
    text: r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"#,
};

impl ControlType {
    /// Both types.
    pub const ALL: [Self; 2] = [Self::Service, Self::Resource];

    /// From the API's word; `None` for a type that is not built.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "SERVICE_CONTROL_POLICY",
            Self::Resource => "RESOURCE_CONTROL_POLICY",
        }
    }

    /// The word inside ARNs.
    pub fn arn_word(self) -> &'static str {
        match self {
            Self::Service => "service_control_policy",
            Self::Resource => "resource_control_policy",
        }
    }

    /// What the policy language knows it as.
    pub fn policy_kind(self) -> PolicyKind {
        match self {
            Self::Service => PolicyKind::Scp,
            Self::Resource => PolicyKind::Rcp,
        }
    }

    /// The id of the policy that AWS attaches wherever the type is enabled.
    pub fn full_access_id(self) -> &'static str {
        self.aws_managed().id
    }

    fn aws_managed(self) -> &'static AwsManaged {
        match self {
            Self::Service => &FULL_AWS_ACCESS,
            Self::Resource => &RCP_FULL_AWS_ACCESS,
        }
    }

    /// The compiled policy of [`Self::full_access_id`].
    fn full_access(self) -> Option<&'static Arc<Policy>> {
        static COMPILED: [OnceLock<Option<Arc<Policy>>>; 2] = [OnceLock::new(), OnceLock::new()];
        let [service, resource] = &COMPILED;
        let place = match self {
            Self::Service => service,
            Self::Resource => resource,
        };
        let load = || Policy::load(self.aws_managed().text, self.policy_kind()).ok();
        place.get_or_init(|| load().map(Arc::new)).as_ref()
    }
}

/// The organization. Keyed by [`ORGANIZATION_KEY`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Organization {
    /// `o-` and ten letters and digits.
    pub id: String,
    /// The management account.
    pub management: AccountId,
    /// When it was made.
    pub created: Timestamp,
    /// Whether it has all features; otherwise consolidated billing alone, without policies.
    pub all_features: bool,
    /// The id of its root, `r-` and four letters and digits.
    pub root: String,
    /// The types of policy that are enabled in the root.
    pub enabled: Vec<ControlType>,
    /// Services with trusted access, and since when.
    pub service_access: BTreeMap<String, Timestamp>,
    /// What of the access to members' root users is centralized.
    #[serde(default)]
    pub root_features: BTreeSet<RootFeature>,
}

impl Document for Organization {
    const KIND: &'static str = "organizations.organization";
    const VERSION: u32 = 1;
}

impl Organization {
    /// The organization, if there is one.
    pub fn of(snap: &Snapshot) -> Option<Doc<Self>> {
        snap.get::<Self>(ORGANIZATION_KEY)
    }

    /// The id of the organization of a management account. It follows from the account, so that a
    /// refusal, which names it, tells nobody whether there is an organization.
    pub fn id_of(management: &AccountId) -> String {
        const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        // FNV-1a, mixed once more: the digits of an id need not be unpredictable.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in management.as_str().bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        hash ^= hash >> 32;
        let mut id = String::from("o-");
        for _ in 0..10 {
            let letter = usize::try_from(hash % 36).unwrap_or(0);
            id.push(LETTERS.get(letter).copied().map_or('a', char::from));
            hash /= 36;
        }
        id
    }

    /// The ARN of something of the organization: `kind` is `root`, `ou` or `account`.
    pub fn arn(&self, kind: &str, id: &str) -> String {
        Self::arn_in(&self.management, &self.id, kind, id)
    }

    /// [`Self::arn`] where there may be no organization.
    pub fn arn_in(management: &AccountId, organization: &str, kind: &str, id: &str) -> String {
        format!("arn:aws:organizations::{management}:{kind}/{organization}/{id}")
    }

    /// The organization's own ARN.
    pub fn own_arn(&self) -> String {
        let (management, id) = (&self.management, &self.id);
        format!("arn:aws:organizations::{management}:organization/{id}")
    }

    /// Whether a type of policy is enabled.
    pub fn has_enabled(&self, kind: ControlType) -> bool {
        self.enabled.contains(&kind)
    }
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountStatus {
    /// It may.
    Active,
    /// It was closed.
    Suspended,
}

/// What a [`Target`] is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TargetKind {
    /// The root.
    Root,
    /// An organizational unit.
    Unit,
    /// An account.
    Account {
        /// The address that it was made with.
        email: String,
        /// Whether it was created here; the management account counts as invited.
        created: bool,
        /// Whether it may be used.
        status: AccountStatus,
    },
}

/// What policies are attached to: the root, a unit, or an account. Keyed by its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    /// `r-…`, `ou-…` or the account's id.
    pub id: String,
    /// The id of the root or unit that it is in; `None` for the root.
    pub parent: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: TargetKind,
    /// When it was made, or joined.
    pub created: Timestamp,
    /// Its tags.
    pub tags: Tags,
    /// Ids of the attached service control policies, in the order of attachment.
    pub scps: Vec<String>,
    /// Ids of the attached resource control policies, in the order of attachment.
    pub rcps: Vec<String>,
}

impl Document for Target {
    const KIND: &'static str = "organizations.target";
    const VERSION: u32 = 1;
}

impl Target {
    /// Ids of the attached policies of a type.
    pub fn attached(&self, kind: ControlType) -> &[String] {
        match kind {
            ControlType::Service => &self.scps,
            ControlType::Resource => &self.rcps,
        }
    }

    /// [`Self::attached`], to be changed.
    pub fn attached_mut(&mut self, kind: ControlType) -> &mut Vec<String> {
        match kind {
            ControlType::Service => &mut self.scps,
            ControlType::Resource => &mut self.rcps,
        }
    }

    /// Whether it is an account that was closed.
    pub fn is_suspended(&self) -> bool {
        let suspended = AccountStatus::Suspended;
        matches!(&self.kind, TargetKind::Account { status, .. } if *status == suspended)
    }
}

/// A policy of the organization, the customer's or AWS's own. The customer's are documents, keyed
/// by their id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ControlPolicy {
    /// `p-…`
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its type.
    pub kind: ControlType,
    /// The document.
    pub text: PolicyText,
    /// Its tags.
    pub tags: Tags,
}

impl Document for ControlPolicy {
    const KIND: &'static str = "organizations.policy";
    const VERSION: u32 = 1;
}

impl ControlPolicy {
    /// AWS's own policy of a type: everything is allowed.
    pub fn full_access(kind: ControlType) -> Self {
        let policy = kind.aws_managed();
        Self {
            id: policy.id.to_owned(),
            arn: policy.arn.to_owned(),
            name: policy.name.to_owned(),
            description: policy.description.to_owned(),
            kind,
            text: PolicyText::from(policy.text.to_owned()),
            tags: Tags::default(),
        }
    }

    /// AWS's own policy with this id.
    pub fn aws_managed(id: &str) -> Option<Self> {
        let kind = ControlType::ALL
            .into_iter()
            .find(|kind| kind.full_access_id() == id)?;
        Some(Self::full_access(kind))
    }

    /// Whether it is AWS's own.
    pub fn is_aws_managed(&self) -> bool {
        self.arn.starts_with("arn:aws:organizations::aws:")
    }
}

#[cfg(test)]
mod tests;
