//! The policies that apply to a caller, found in a snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_base::Tags;
use rolecall_policy::{Layers, NamedPolicy, Policy, PolicyKind, Principal};
use rolecall_store::Snapshot;

use crate::caller::FARGATE_AGENT_POLICY;
use crate::organization::{ControlType, Membership};
use crate::{
    Caller, CallerKind, CustomerPolicy, Group, PolicyText, Role, SessionClaims, SessionKind, User,
    managed,
};

/// What stands in for the policies of root, who has none and may do everything.
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A compiled policy and the name that a decision reports it by.
#[derive(Clone, Debug)]
pub struct Named {
    /// The ARN of a managed policy, the name of an inline one.
    pub name: String,
    /// The policy.
    pub policy: Arc<Policy>,
}

/// A policy that a caller's decision needs and that is not there or does not compile.
///
/// It may have held a Deny, so the caller is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy `{0}` is missing or does not compile")]
pub struct Unresolved(pub String);

/// The policies that apply to a caller, by layer.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Policies of the user and its groups, or of the role.
    pub identity: Vec<Named>,
    /// The permissions boundary; `None` is none, which limits nothing.
    pub boundary: Option<Vec<Named>>,
    /// The session's policies; `None` is none, which limits nothing.
    pub session: Option<Vec<Named>>,
    /// The tags of the user or role; a session's own tags go over them.
    pub tags: Tags,
    /// The service control policies that limit the caller: one list for each level of the
    /// organization, root first.
    pub scps: Vec<Vec<Named>>,
    /// The place of the caller's account in the organization, if it is in one.
    pub membership: Option<Membership>,
}

impl Applied {
    /// Finds the policies of `caller`.
    ///
    /// # Errors
    /// [`Unresolved`] if one of them is missing or does not compile.
    pub fn of(snap: &Snapshot, caller: &Caller) -> Result<Self, Unresolved> {
        let mut applied = Self::own(snap, caller)?;
        applied.membership = Membership::of(snap, &caller.account)?;
        if let Some(membership) = &applied.membership
            && caller.is_of_account()
        {
            applied.scps = membership.policies(snap, ControlType::Service)?;
        }
        Ok(applied)
    }

    fn own(snap: &Snapshot, caller: &Caller) -> Result<Self, Unresolved> {
        match &caller.kind {
            // The policy of a privileged session only denies: what the task does not take. It is
            // "the identity based policy that scopes the session" (STS API Reference, AssumeRoot).
            CallerKind::Root {
                session: Some(session),
            } if session.kind == SessionKind::AssumedRoot => Ok(Self {
                identity: session_policies(snap, session)?
                    .ok_or_else(|| Unresolved("task policy".to_owned()))?,
                ..Self::default()
            }),
            CallerKind::Root { .. }
            | CallerKind::Service { .. }
            | CallerKind::Vouched(_)
            | CallerKind::Anonymous => Ok(Self::default()),
            CallerKind::FargateAgent => Ok(Self {
                identity: vec![managed_policy(snap, FARGATE_AGENT_POLICY)?],
                ..Self::default()
            }),
            CallerKind::User { key, .. } => Self::user(snap, key),
            CallerKind::Federated { key, session } => {
                let mut applied = if key.is_empty() {
                    // Root may do everything, so that the session's policies alone decide.
                    Self {
                        identity: vec![managed_policy(snap, ADMINISTRATOR)?],
                        ..Self::default()
                    }
                } else {
                    Self::user(snap, key)?
                };
                // A federated user without a session policy may do nothing of its own (STS API
                // Reference, GetFederationToken).
                applied.session = Some(session_policies(snap, session)?.unwrap_or_default());
                Ok(applied)
            }
            CallerKind::Role { key, session, .. } => {
                let role = snap
                    .get::<Role>(key)
                    .ok_or_else(|| Unresolved(key.clone()))?;
                Ok(Self {
                    identity: attached_and_inline(snap, &role.attached, &role.inline)?,
                    boundary: boundary(snap, role.boundary.as_deref())?,
                    session: session_policies(snap, session)?,
                    tags: role.tags.clone(),
                    ..Self::default()
                })
            }
        }
    }

    fn user(snap: &Snapshot, key: &str) -> Result<Self, Unresolved> {
        let user = snap
            .get::<User>(key)
            .ok_or_else(|| Unresolved(key.to_owned()))?;
        let mut identity = attached_and_inline(snap, &user.attached, &user.inline)?;
        for group in &user.groups {
            let group = snap
                .get::<Group>(group)
                .ok_or_else(|| Unresolved(group.clone()))?;
            identity.extend(attached_and_inline(snap, &group.attached, &group.inline)?);
        }
        Ok(Self {
            identity,
            boundary: boundary(snap, user.boundary.as_deref())?,
            session: None,
            tags: user.tags.clone(),
            ..Self::default()
        })
    }

    /// Runs `decide` on the layers of these policies beside the resource's own policy and the
    /// resource control policies of its account, root first.
    pub fn with_layers<T>(
        &self,
        resource: Option<NamedPolicy<'_>>,
        rcps: &[Vec<Named>],
        resource_policy_must_allow: bool,
        decide: impl FnOnce(&Layers<'_>) -> T,
    ) -> T {
        let identity = named(&self.identity);
        let boundary = self.boundary.as_deref().map(named);
        let session = self.session.as_deref().map(named);
        let scps: Vec<_> = self.scps.iter().map(|level| named(level)).collect();
        let scps: Vec<_> = scps.iter().map(Vec::as_slice).collect();
        let rcps: Vec<_> = rcps.iter().map(|level| named(level)).collect();
        let rcps: Vec<_> = rcps.iter().map(Vec::as_slice).collect();
        decide(&Layers {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource,
            scps: &scps,
            rcps: &rcps,
            resource_policy_must_allow,
        })
    }
}

fn named(policies: &[Named]) -> Vec<NamedPolicy<'_>> {
    policies
        .iter()
        .map(|p| NamedPolicy {
            name: &p.name,
            policy: &p.policy,
        })
        .collect()
}

/// The compiled default version of a managed policy, AWS's or the customer's.
///
/// # Errors
/// [`Unresolved`] if there is no such policy or it does not compile.
pub fn managed_policy(snap: &Snapshot, arn: &str) -> Result<Named, Unresolved> {
    let compiled = if arn.starts_with("arn:aws:iam::aws:") {
        managed::compiled_default(arn)
    } else {
        CustomerPolicy::by_arn(snap, arn).and_then(|p| {
            p.default()?
                .document
                .compiled(PolicyKind::Identity)
                .cloned()
        })
    };
    let policy = compiled.ok_or_else(|| Unresolved(arn.to_owned()))?;
    Ok(Named {
        name: arn.to_owned(),
        policy,
    })
}

fn attached_and_inline(
    snap: &Snapshot,
    attached: &[String],
    inline: &BTreeMap<String, PolicyText>,
) -> Result<Vec<Named>, Unresolved> {
    let mut found = Vec::with_capacity(attached.len() + inline.len());
    for arn in attached {
        found.push(managed_policy(snap, arn)?);
    }
    for (name, text) in inline {
        let policy = text
            .compiled(PolicyKind::Identity)
            .ok_or_else(|| Unresolved(name.clone()))?;
        found.push(Named {
            name: name.clone(),
            policy: Arc::clone(policy),
        });
    }
    Ok(found)
}

fn boundary(snap: &Snapshot, arn: Option<&str>) -> Result<Option<Vec<Named>>, Unresolved> {
    arn.map(|arn| Ok(vec![managed_policy(snap, arn)?]))
        .transpose()
}

fn session_policies(
    snap: &Snapshot,
    session: &SessionClaims,
) -> Result<Option<Vec<Named>>, Unresolved> {
    if session.policy.is_none() && session.policy_arns.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::with_capacity(1 + session.policy_arns.len());
    if let Some(text) = &session.policy {
        let policy = text
            .compiled(PolicyKind::Session)
            .ok_or_else(|| Unresolved("session policy".to_owned()))?;
        found.push(Named {
            name: "session policy".to_owned(),
            policy: Arc::clone(policy),
        });
    }
    for arn in &session.policy_arns {
        found.push(managed_policy(snap, arn)?);
    }
    Ok(Some(found))
}

impl Caller {
    /// Whether it is a principal of its account, which the account's organization limits; services
    /// and AWS's own agents are not.
    fn is_of_account(&self) -> bool {
        match &self.kind {
            CallerKind::Root { .. }
            | CallerKind::User { .. }
            | CallerKind::Role { .. }
            | CallerKind::Federated { .. } => true,
            CallerKind::Service { .. }
            | CallerKind::FargateAgent
            | CallerKind::Vouched(_)
            | CallerKind::Anonymous => false,
        }
    }

    /// The caller as the policy language sees it.
    pub fn principal(&self) -> Principal<'_> {
        let account = self.account.as_str();
        match &self.kind {
            CallerKind::Root { .. } => Principal::root(account, &self.arn),
            CallerKind::User { .. } => Principal::user(account, &self.arn, &self.unique_id),
            CallerKind::Role {
                role_arn, session, ..
            } => {
                let (role_id, name) = match &session.kind {
                    SessionKind::Role { role_id, name, .. } => (role_id.as_str(), name.as_str()),
                    _ => ("", ""),
                };
                Principal::role_session(account, &self.arn, role_arn, role_id, name)
            }
            CallerKind::Federated { session, .. } => {
                let (user_arn, user_id, name) = match &session.kind {
                    SessionKind::Federated {
                        user_arn,
                        user_id,
                        name,
                        ..
                    } => (user_arn.as_str(), user_id.as_str(), name.as_str()),
                    _ => ("", "", ""),
                };
                Principal::federated_user(account, &self.arn, user_arn, user_id, name)
            }
            CallerKind::FargateAgent => {
                let host = self.unique_id.split_once(':').map_or("", |(_, host)| host);
                Principal::role_session(account, &self.arn, "", "AROAFARGATEHOST", host)
            }
            CallerKind::Service { name, .. } => Principal::service(name),
            CallerKind::Vouched(vouched) => Principal::federated(&vouched.provider),
            CallerKind::Anonymous => Principal::anonymous(),
        }
    }
}
