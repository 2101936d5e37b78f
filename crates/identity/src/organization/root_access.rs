//! Central access to the root users of member accounts.
//!
//! Source: IAM User Guide, "Centrally manage root access for member accounts".

use rolecall_base::AccountId;
use rolecall_store::Snapshot;
use serde::{Deserialize, Serialize};

use crate::organization::{Organization, Target};

/// A feature of central root access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RootFeature {
    /// `RootCredentialsManagement`: the credentials of members' root users are looked at, deleted
    /// and given back from the management account.
    RootCredentialsManagement,
    /// `RootSessions`: other tasks that take a root user are done from the management account.
    RootSessions,
}

impl RootFeature {
    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RootCredentialsManagement => "RootCredentialsManagement",
            Self::RootSessions => "RootSessions",
        }
    }
}

/// The service that must have trusted access before root access can be centralized.
const TRUSTED: &str = "iam.amazonaws.com";

/// A task that a session of `AssumeRoot` can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootTask {
    /// `IAMAuditRootUserCredentials`
    AuditCredentials,
    /// `IAMCreateRootUserPassword`
    CreatePassword,
    /// `IAMDeleteRootUserCredentials`
    DeleteCredentials,
    /// `S3UnlockBucketPolicy`
    UnlockBucket,
    /// `SQSUnlockQueuePolicy`
    UnlockQueue,
}

impl RootTask {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AuditCredentials,
        Self::CreatePassword,
        Self::DeleteCredentials,
        Self::UnlockBucket,
        Self::UnlockQueue,
    ];

    /// The ARN of its policy, which is AWS's.
    pub fn policy_arn(self) -> &'static str {
        match self {
            Self::AuditCredentials => {
                "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
            }
            Self::CreatePassword => "arn:aws:iam::aws:policy/root-task/IAMCreateRootUserPassword",
            Self::DeleteCredentials => {
                "arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials"
            }
            Self::UnlockBucket => "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy",
            Self::UnlockQueue => "arn:aws:iam::aws:policy/root-task/SQSUnlockQueuePolicy",
        }
    }

    /// The task of a policy.
    pub fn parse(policy_arn: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|task| task.policy_arn() == policy_arn)
    }

    /// The feature that it is a part of.
    pub fn feature(self) -> RootFeature {
        match self {
            Self::AuditCredentials | Self::CreatePassword | Self::DeleteCredentials => {
                RootFeature::RootCredentialsManagement
            }
            Self::UnlockBucket | Self::UnlockQueue => RootFeature::RootSessions,
        }
    }

    /// Whether the management account may do it in `account`: the feature is enabled, IAM has
    /// trusted access, and the account is a member that is not closed.
    pub fn is_open_to(self, snap: &Snapshot, account: &AccountId) -> bool {
        let member = snap.get::<Target>(account.as_str());
        Organization::of(snap).is_some_and(|organization| {
            organization.centralizes(self.feature())
                && organization.management != *account
                && member.is_some_and(|member| !member.is_suspended())
        })
    }
}

impl Organization {
    /// Whether IAM has trusted access.
    pub fn trusts_iam(&self) -> bool {
        self.service_access.contains_key(TRUSTED)
    }

    /// Whether a feature of central root access is enabled and has what it needs.
    pub fn centralizes(&self, feature: RootFeature) -> bool {
        self.all_features && self.trusts_iam() && self.root_features.contains(&feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::managed;

    #[test]
    fn every_task_has_its_policy_and_no_other_policy_is_a_task() {
        for task in RootTask::ALL {
            assert!(managed::compiled_default(task.policy_arn()).is_some());
            assert_eq!(RootTask::parse(task.policy_arn()), Some(task));
        }
        assert_eq!(
            RootTask::parse("arn:aws:iam::aws:policy/AdministratorAccess"),
            None
        );
    }
}
