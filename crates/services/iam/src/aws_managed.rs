//! AWS's managed policies in the API's shapes.

use rolecall_api::iam as api;
use rolecall_identity::managed;

use crate::catalog::Version;

/// One of AWS's policies.
pub(crate) struct AwsPolicy(String);

/// The policy with this ARN.
pub(crate) fn get(arn: &str) -> Option<AwsPolicy> {
    managed::compiled_default(arn).map(|_| AwsPolicy(arn.to_owned()))
}

/// All policies by name.
pub(crate) fn all() -> impl Iterator<Item = AwsPolicy> {
    std::iter::empty()
}

impl AwsPolicy {
    /// Its ARN.
    pub(crate) fn arn(&self) -> &str {
        &self.0
    }

    /// Where it stands in listings.
    pub(crate) fn key(&self) -> String {
        format!("aws/{}", self.0)
    }

    /// What it is for.
    pub(crate) fn description(&self) -> Option<String> {
        None
    }

    /// Its versions, newest first.
    pub(crate) fn versions(&self) -> Vec<Version> {
        Vec::new()
    }

    /// As the API shows it, without its counts.
    pub(crate) fn shown(&self) -> api::Policy {
        api::Policy::default()
    }
}
