//! AWS's managed policies in the API's shapes.

use rolecall_api::iam as api;
use rolecall_identity::managed::{self, ManagedPolicy};

use crate::catalog::Version;

/// One of AWS's policies.
pub(crate) struct AwsPolicy {
    policy: &'static ManagedPolicy,
    arn: String,
}

/// The policy with this ARN.
pub(crate) fn get(arn: &str) -> Option<AwsPolicy> {
    managed::get(arn).map(AwsPolicy::new)
}

/// All policies by name.
pub(crate) fn all() -> impl Iterator<Item = AwsPolicy> {
    managed::iter().map(AwsPolicy::new)
}

impl AwsPolicy {
    fn new(policy: &'static ManagedPolicy) -> Self {
        Self {
            policy,
            arn: policy.arn(),
        }
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> &str {
        &self.arn
    }

    /// Where it stands in listings, behind all policies of the account.
    pub(crate) fn key(&self) -> String {
        format!("aws/{}", self.policy.name())
    }

    /// Its versions, newest first.
    pub(crate) fn versions(&self) -> Vec<Version> {
        let versions = self.policy.versions().map(|version| Version {
            number: version.number.into(),
            created: version.created,
            default: version.is_default,
        });
        versions.collect()
    }

    /// The document of a version.
    pub(crate) fn document(&self, number: u32) -> Option<String> {
        self.policy.document(&format!("v{number}"))
    }

    /// As the API shows it, without its counts. Nobody publishes what AWS says that its policies
    /// are for, so there is no description.
    pub(crate) fn shown(&self) -> api::Policy {
        api::Policy {
            policy_name: Some(self.policy.name().to_owned()),
            policy_id: Some(self.policy.policy_id()),
            arn: Some(self.arn.clone()),
            path: Some(self.policy.path().to_owned()),
            default_version_id: Some(self.policy.default_version()),
            is_attachable: Some(true),
            create_date: Some(self.policy.created()),
            update_date: Some(self.policy.updated()),
            ..api::Policy::default()
        }
    }
}
