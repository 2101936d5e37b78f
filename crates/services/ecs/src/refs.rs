//! How clients name things: by name, by ARN, or not at all.

use rolecall_base::{Arn, AwsError};
use rolecall_op::RequestInfo;
use rolecall_store::{Doc, Document, Snapshot, Txn};

use crate::documents::{Cluster, Family, TaskDefinition, regional_key};
use crate::errors;

/// Where documents are read: in a transaction, or in a snapshot for access checks.
pub(crate) trait Docs {
    /// One document.
    fn doc<D: Document>(&self, key: &str) -> Option<Doc<D>>;
}

impl Docs for Txn {
    fn doc<D: Document>(&self, key: &str) -> Option<Doc<D>> {
        self.get(key)
    }
}

impl Docs for Snapshot {
    fn doc<D: Document>(&self, key: &str) -> Option<Doc<D>> {
        self.get(key)
    }
}

/// The key of something of the request's account and region.
pub(crate) fn key(info: &RequestInfo, rest: &str) -> String {
    regional_key(info.account(), &info.region, rest)
}

/// An ARN in the request's account and region.
pub(crate) fn arn(info: &RequestInfo, resource: impl std::fmt::Display) -> String {
    info.arn("ecs", resource)
}

/// Letters, digits, hyphens and underscores, at most 255 of them.
pub(crate) fn is_name(text: &str) -> bool {
    let form = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=255).contains(&text.len()) && text.bytes().all(form)
}

/// A cluster as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClusterRef {
    /// Its name.
    pub(crate) name: String,
    /// Its ARN.
    pub(crate) arn: String,
}

impl ClusterRef {
    /// The cluster that `given` names, `default` if nothing is given.
    pub(crate) fn parse(info: &RequestInfo, given: Option<&str>) -> Result<Self, AwsError> {
        let given = given.filter(|g| !g.is_empty()).unwrap_or("default");
        let name = match given.starts_with("arn:") {
            true => own_resource(info, given, "cluster")?,
            false => given.to_owned(),
        };
        Ok(Self {
            arn: arn(info, format_args!("cluster/{name}")),
            name,
        })
    }

    /// The key of its document.
    pub(crate) fn key(&self, info: &RequestInfo) -> String {
        key(info, &self.name)
    }

    /// The cluster, whatever its status.
    pub(crate) fn find(&self, info: &RequestInfo, docs: &impl Docs) -> Option<Doc<Cluster>> {
        docs.doc(&self.key(info))
    }

    /// The cluster, if it is active.
    pub(crate) fn active(
        &self,
        info: &RequestInfo,
        docs: &impl Docs,
    ) -> Result<Doc<Cluster>, AwsError> {
        let found = self.find(info, docs).filter(|c| c.is_active());
        found.ok_or_else(errors::cluster_not_found)
    }
}

/// What follows the type in an ECS ARN of the request's account and region.
pub(crate) fn own_resource(info: &RequestInfo, text: &str, kind: &str) -> Result<String, AwsError> {
    let arn = Arn::parse(text)
        .map_err(|_| errors::invalid_identifier("Unexpected number of separators"))?;
    if arn.partition() != "aws" {
        // Another spelling of what policies name in one way would evade a Deny.
        return Err(errors::invalid_identifier(format_args!(
            "Identifier is for partition {}. Your partition is aws",
            arn.partition()
        )));
    }
    let (found, rest) = arn.type_and_id();
    if arn.service() != "ecs" || found != kind {
        return Err(errors::invalid_identifier(format_args!(
            "Identifier is not for a {kind}"
        )));
    }
    if arn.account() != info.account().as_str() {
        return Err(errors::invalid_identifier(format_args!(
            "Identifier is for {}. Your accountId is {}",
            arn.account(),
            info.account()
        )));
    }
    if arn.region() != info.region.as_str() {
        return Err(errors::invalid_identifier(format_args!(
            "Identifier is for {}. Your region is {}",
            arn.region(),
            info.region
        )));
    }
    Ok(rest.to_owned())
}

/// A task as a request names it: its id, if it can be one of the cluster's.
pub(crate) fn task_id<'a>(given: &'a str, cluster: &str) -> Option<&'a str> {
    if !given.starts_with("arn:") {
        return Some(given);
    }
    let (_, resource) = given.split_once(":task/")?;
    match resource.split_once('/') {
        Some((named, id)) => (named == cluster).then_some(id),
        None => Some(resource),
    }
}

/// A task definition as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DefinitionRef {
    /// The family.
    pub(crate) family: String,
    /// The revision; the latest active one if none is given.
    pub(crate) revision: Option<u32>,
}

impl DefinitionRef {
    /// Reads `family`, `family:revision`, or an ARN of either; `None` if it is none of them.
    pub(crate) fn parse(info: &RequestInfo, given: &str) -> Option<Self> {
        let named = match given.starts_with("arn:") {
            true => own_resource(info, given, "task-definition").ok()?,
            false => given.to_owned(),
        };
        let (family, revision) = match named.split_once(':') {
            Some((family, revision)) => (family, Some(revision.parse().ok()?)),
            None => (named.as_str(), None),
        };
        is_name(family).then(|| Self {
            family: family.to_owned(),
            revision,
        })
    }

    /// The ARN that access is decided on: without a revision if none was given, and always in its
    /// one form, however it was written (`arn:aws-cn:`, `web:01`), so that a Deny cannot be evaded.
    pub(crate) fn access_arn(&self, info: &RequestInfo) -> String {
        match self.revision {
            Some(revision) => arn(
                info,
                format_args!("task-definition/{}:{revision}", self.family),
            ),
            None => arn(info, format_args!("task-definition/{}", self.family)),
        }
    }

    /// The task definition: the revision whatever its status, or the family's latest active one.
    pub(crate) fn find(&self, info: &RequestInfo, docs: &impl Docs) -> Option<Doc<TaskDefinition>> {
        let revision = match self.revision {
            Some(revision) => revision,
            None => {
                docs.doc::<Family>(&key(info, &self.family))?
                    .latest_active?
            }
        };
        docs.doc(&key(
            info,
            &TaskDefinition::key_part(&self.family, revision),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_named_by_id_or_by_an_arn_of_their_cluster() {
        let arn = "arn:aws:ecs:us-east-1:123456789012:task/lab/0123";
        assert_eq!(task_id("0123", "lab"), Some("0123"));
        assert_eq!(task_id(arn, "lab"), Some("0123"));
        assert_eq!(task_id(arn, "other"), None);
        assert_eq!(
            task_id("arn:aws:ecs:us-east-1:123456789012:task/0123", "lab"),
            Some("0123")
        );
        assert_eq!(
            task_id("arn:aws:ecs:us-east-1:123456789012:cluster/lab", "lab"),
            None
        );
    }

    #[test]
    fn names_have_four_kinds_of_characters() {
        assert!(is_name("my-Project_1"));
        for bad in ["", "a b", "a/b", "a:1", "é", &"x".repeat(256)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
