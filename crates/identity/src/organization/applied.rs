//! Which policies of the organization apply to an account, and what conditions can ask of it.

use std::sync::Arc;

use rolecall_base::AccountId;
use rolecall_store::{Doc, Snapshot};

use crate::organization::{ControlPolicy, ControlType, Organization, Target};
use crate::resolve::{Named, Unresolved};

/// The services whose actions resource control policies decide about, by the prefix of their
/// actions.
///
/// Source: AWS Organizations User Guide, "List of AWS services that support RCPs".
const WITH_RESOURCE_CONTROL: &[&str] = &[
    "aoss",
    "appconfig",
    "appstream",
    "autoscaling",
    "autoscaling-plans",
    "budgets",
    "clouddirectory",
    "cloudfront",
    "cloudsearch",
    "cloudtrail-data",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codepipeline",
    "cognito-identity",
    "cognito-idp",
    "comprehend",
    "comprehendmedical",
    "compute-optimizer",
    "cost-optimization-hub",
    "dax",
    "dsql",
    "dynamodb",
    "ecr",
    "ecr-public",
    "events",
    "firehose",
    "fis",
    "fms",
    "gamelift",
    "health",
    "inspector-scan",
    "kendra",
    "kinesisvideo",
    "kms",
    "logs",
    "memorydb",
    "networkmonitor",
    "notifications",
    "opensearch",
    "pca-connector-ad",
    "personalize",
    "polly",
    "pricing",
    "resource-groups",
    "rolesanywhere",
    "s3",
    "secretsmanager",
    "servicediscovery",
    "signin",
    "sqs",
    "sts",
    "support",
    "swf",
    "textract",
    "timestream-influxdb",
    "transcribe",
    "transfer",
    "translate",
    "wafv2",
    "workspaces",
    "xray",
];

/// Whether resource control policies decide about `action`, such as `ecr:PutImage`.
pub fn has_resource_control_policies(action: &str) -> bool {
    let service = action.split_once(':').map_or("", |(service, _)| service);
    WITH_RESOURCE_CONTROL
        .binary_search_by(|known| (*known).cmp(service))
        .is_ok()
}

/// Whether `account` was closed. Nothing is looked up where there is no organization.
pub fn is_closed(snap: &Snapshot, account: &AccountId) -> bool {
    !snap.is_empty::<Organization>()
        && snap
            .get::<Target>(account.as_str())
            .is_some_and(|target| target.is_suspended())
}

/// An account's place in the organization.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The organization.
    pub organization: Doc<Organization>,
    /// From the root to the account.
    path: Vec<Doc<Target>>,
}

impl Membership {
    /// The place of `account`; `None` if it is in no organization.
    ///
    /// # Errors
    /// [`Unresolved`] if a part of its path is missing: then nobody knows what limits it.
    pub fn of(snap: &Snapshot, account: &AccountId) -> Result<Option<Self>, Unresolved> {
        let Some(organization) = Organization::of(snap) else {
            return Ok(None);
        };
        let Some(target) = snap.get::<Target>(account.as_str()) else {
            return Ok(None);
        };
        let mut path = vec![target];
        while let Some(parent) = path.last().and_then(|target| target.parent.clone()) {
            let found = snap.get::<Target>(&parent);
            path.push(found.ok_or_else(|| Unresolved(parent.clone()))?);
            // Deeper than any tree can be made: a circle.
            if path.len() > 16 {
                return Err(Unresolved(parent));
            }
        }
        path.reverse();
        Ok(Some(Self { organization, path }))
    }

    /// Whether the account is the management account, which no policy of the organization limits.
    pub fn is_management(&self) -> bool {
        self.path
            .last()
            .is_some_and(|target| target.id == self.organization.management.as_str())
    }

    /// Whether the account was closed.
    pub fn is_suspended(&self) -> bool {
        self.path.last().is_some_and(|target| target.is_suspended())
    }

    /// `aws:PrincipalOrgPaths` and `aws:ResourceOrgPaths`: from the organization to the unit or
    /// root that the account is in, each with a `/` behind it.
    pub fn org_path(&self) -> String {
        let mut text = format!("{}/", self.organization.id);
        let above = self.path.len().saturating_sub(1);
        for target in self.path.iter().take(above) {
            text.push_str(&target.id);
            text.push('/');
        }
        text
    }

    /// The policies of a type, one list for each level from the root to the account; none if they
    /// are not enabled or the account is the management account.
    ///
    /// # Errors
    /// [`Unresolved`] if one of them is missing or does not compile.
    pub fn policies(
        &self,
        snap: &Snapshot,
        kind: ControlType,
    ) -> Result<Vec<Vec<Named>>, Unresolved> {
        if self.is_management() || !self.organization.has_enabled(kind) {
            return Ok(Vec::new());
        }
        let level = |target: &Doc<Target>| {
            let ids = target.attached(kind).iter();
            ids.map(|id| named(snap, kind, id)).collect()
        };
        self.path.iter().map(level).collect()
    }
}

fn named(snap: &Snapshot, kind: ControlType, id: &str) -> Result<Named, Unresolved> {
    let unresolved = || Unresolved(id.to_owned());
    if id == kind.full_access_id() {
        return Ok(Named {
            name: kind.aws_managed().arn.to_owned(),
            policy: Arc::clone(kind.full_access().ok_or_else(unresolved)?),
        });
    }
    let policy = snap.get::<ControlPolicy>(id).ok_or_else(unresolved)?;
    let compiled = policy.text.compiled(kind.policy_kind());
    Ok(Named {
        name: policy.arn.clone(),
        policy: Arc::clone(compiled.ok_or_else(unresolved)?),
    })
}
