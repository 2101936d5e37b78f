//! An entity of the organization that a report is about, and the report.

use std::collections::BTreeMap;

use rolecall_base::{AccountId, Timestamp};
use rolecall_identity::organization::{
    ControlPolicy, ControlType, Organization, Target, TargetKind,
};
use rolecall_record::{CallRecord, IdentityKind};
use rolecall_store::{Doc, Document, Snapshot};
use serde::{Deserialize, Serialize};

use super::allowed::Limits;
use super::job::Report;

/// A report about an entity of the organization. Keyed `ACCOUNT JOB`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrganizationReport {
    /// Whose it is.
    pub account: AccountId,
    /// When it was asked for and made.
    pub created: Timestamp,
    /// What is in it, or why nothing is.
    pub(super) outcome: Result<Vec<Accessed>, Failure>,
}

/// What of one service was used in the accounts of the entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Accessed {
    pub(super) namespace: String,
    /// The last use, and the path of the account that it was in.
    pub(super) last: Option<(Timestamp, String, String)>,
    /// How many accounts used it.
    pub(super) accounts: usize,
}

/// Why there is no report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) message: String,
}

impl Document for OrganizationReport {
    const KIND: &'static str = "iam.organization-report";
    const VERSION: u32 = 1;
}

impl Report for OrganizationReport {
    fn made(&self) -> Timestamp {
        self.created
    }
}

/// What to look for: the services that may be used, and the accounts, each with its path.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) services: Vec<String>,
    pub(super) accounts: BTreeMap<String, String>,
}

fn failure(code: &str, message: impl Into<String>) -> Failure {
    Failure {
        code: code.to_owned(),
        message: message.into(),
    }
}

/// The id of the entity that a path is of: its last part.
pub(super) fn entity_id(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or_default()
}

impl Scope {
    /// What a report about the entity at `path`, as seen by `caller`, is about.
    ///
    /// # Errors
    /// Why there is none: the codes and messages are those of Organizations where it has one.
    pub(super) fn of(
        snap: &Snapshot,
        caller: &AccountId,
        path: &str,
        policy: Option<&str>,
    ) -> Result<Self, Failure> {
        let organization = Organization::of(snap).ok_or_else(|| {
            let message = "Your account is not a member of an organization.";
            failure("AWSOrganizationsNotInUseException", message)
        })?;
        if organization.management != *caller {
            let message = "You don't have permissions to access this resource.";
            return Err(failure("AccessDeniedException", message));
        }
        if !organization.has_enabled(ControlType::Service) {
            let message = "Service control policies are not enabled in the organization's root.";
            return Err(failure("PolicyTypeNotEnabledException", message));
        }
        let entity = snap
            .get::<Target>(entity_id(path))
            .filter(|target| path_of(snap, &organization, target) == path.trim_end_matches('/'))
            .ok_or_else(|| {
                let message = format!("There is no entity at {path}.");
                failure("TargetNotFoundException", message)
            })?;
        let accounts = accounts(snap, &organization, &entity);
        if entity.id == organization.management.as_str() {
            // No policy limits it, and so none is looked at.
            let everything = vec![vec![full_access()]];
            return Ok(Self {
                services: Limits::new(&everything).services().into_iter().collect(),
                accounts,
            });
        }
        let Some(policy) = policy else {
            let levels: Vec<Vec<String>> = line(snap, &entity)
                .iter()
                .map(|target| documents(snap, target))
                .collect();
            return Ok(Self {
                services: Limits::new(&levels).services().into_iter().collect(),
                accounts,
            });
        };
        let text = document(snap, policy).ok_or_else(|| {
            let message = format!("There is no service control policy {policy}.");
            failure("PolicyNotFoundException", message)
        })?;
        let applies = |account: &String| {
            let target = snap.get::<Target>(account);
            target.is_some_and(|target| {
                let holds = |t: &Doc<Target>| t.scps.iter().any(|attached| attached == policy);
                line(snap, &target).iter().any(holds)
            })
        };
        Ok(Self {
            services: Limits::new(&[vec![text]]).services().into_iter().collect(),
            accounts: accounts
                .into_iter()
                .filter(|(account, _)| applies(account))
                .collect(),
        })
    }
}

/// The document of AWS's own policy.
fn full_access() -> String {
    ControlPolicy::full_access(ControlType::Service)
        .text
        .text()
        .to_owned()
}

/// The document of a service control policy.
fn document(snap: &Snapshot, id: &str) -> Option<String> {
    if id == ControlType::Service.full_access_id() {
        return Some(full_access());
    }
    snap.get::<ControlPolicy>(id)
        .filter(|policy| policy.kind == ControlType::Service)
        .map(|policy| policy.text.text().to_owned())
}

fn documents(snap: &Snapshot, target: &Target) -> Vec<String> {
    let ids = target.scps.iter();
    ids.filter_map(|id| document(snap, id)).collect()
}

/// From the root to `target`.
fn line(snap: &Snapshot, target: &Doc<Target>) -> Vec<Doc<Target>> {
    let mut line = vec![target.clone()];
    while let Some(parent) = line.last().and_then(|target| target.parent.clone()) {
        match snap.get::<Target>(&parent) {
            // Deeper than any tree can be made: a circle.
            Some(parent) if line.len() < 16 => line.push(parent),
            _ => break,
        }
    }
    line.reverse();
    line
}

/// `o-…/r-…/ou-…/123456789012`
fn path_of(snap: &Snapshot, organization: &Organization, target: &Doc<Target>) -> String {
    let mut path = organization.id.clone();
    for part in line(snap, target) {
        path.push('/');
        path.push_str(&part.id);
    }
    path
}

/// The accounts in an entity with their paths; the management account only if it is asked about,
/// since no policy limits it.
fn accounts(
    snap: &Snapshot,
    organization: &Organization,
    entity: &Doc<Target>,
) -> BTreeMap<String, String> {
    let is_account = |target: &Target| matches!(target.kind, TargetKind::Account { .. });
    if is_account(entity) {
        let path = path_of(snap, organization, entity);
        return BTreeMap::from([(entity.id.clone(), path)]);
    }
    snap.range::<Target>("")
        .map(|(_, target)| target)
        .filter(|target| is_account(target) && target.id != organization.management.as_str())
        .filter(|target| line(snap, target).iter().any(|above| above.id == entity.id))
        .map(|target| (target.id.clone(), path_of(snap, organization, &target)))
        .collect()
}

/// The uses that were found so far.
#[derive(Debug, Default)]
pub(super) struct Uses(BTreeMap<String, BTreeMap<String, (Timestamp, String)>>);

impl Uses {
    /// Counts a call of a principal of one of the accounts. Service-linked roles and services are
    /// not limited by policies, and not counted.
    pub(super) fn count(&mut self, call: &CallRecord<'_>, accounts: &BTreeMap<String, String>) {
        let caller = &call.caller;
        let principal = matches!(
            caller.kind,
            IdentityKind::Root
                | IdentityKind::IAMUser
                | IdentityKind::AssumedRole
                | IdentityKind::FederatedUser
        );
        let issuer = caller.issuer_arn.as_deref().unwrap_or_default();
        let linked = issuer.contains(":role/aws-service-role/");
        if !principal || linked || !accounts.contains_key(&*caller.account) {
            return;
        }
        for decided in &call.decisions {
            let Some((namespace, _)) = decided.action.split_once(':') else {
                continue;
            };
            let by = self.0.entry(namespace.to_owned()).or_default();
            let last = || (call.at, call.region.clone().into_owned());
            let known = by
                .entry(caller.account.clone().into_owned())
                .or_insert_with(last);
            if known.0 < call.at {
                *known = last();
            }
        }
    }

    /// The uses of the services of `scope`.
    pub(super) fn of(mut self, scope: &Scope) -> Vec<Accessed> {
        let accessed = |namespace: &String| {
            let by = self.0.remove(namespace).unwrap_or_default();
            let last = by.iter().max_by_key(|(_, (at, _))| *at);
            let last = last.map(|(account, (at, region))| {
                let path = scope.accounts.get(account).cloned().unwrap_or_default();
                (*at, region.clone(), path)
            });
            Accessed {
                namespace: namespace.clone(),
                last,
                accounts: by.len(),
            }
        };
        scope.services.iter().map(accessed).collect()
    }
}
