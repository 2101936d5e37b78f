//! The user, group, role or policy that a report is about.

use std::collections::BTreeMap;

use rolecall_base::AccountId;
use rolecall_identity::{CustomerPolicy, Group, PolicyText, Role, User, managed, name_key};
use rolecall_store::{Doc, Snapshot};
use serde::{Deserialize, Serialize};

/// A user or role that may have used the permissions in question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Who {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) path: String,
    /// `USER` or `ROLE`.
    pub(super) kind: String,
}

/// A policy and where it is.
pub(super) struct Held {
    /// The name.
    pub(super) name: String,
    /// The ARN of a managed one.
    pub(super) arn: Option<String>,
    /// Of an inline one, the type (`USER`) and name of what it is in.
    pub(super) of: Option<(&'static str, String)>,
    /// The document.
    pub(super) text: String,
}

/// What a report is about.
pub(super) enum Entity {
    User(Doc<User>),
    Role(Doc<Role>),
    Group(Doc<Group>, String),
    Policy(String),
}

impl Entity {
    /// The entity of this ARN, if it is there.
    pub(super) fn find(snap: &Snapshot, account: &AccountId, arn: &str) -> Option<Self> {
        let kind = arn.splitn(6, ':').nth(5)?.split('/').next()?;
        let key = name_key(account, arn.rsplit('/').next()?);
        match kind {
            "user" => snap
                .get::<User>(&key)
                .filter(|user| user.arn == arn)
                .map(Self::User),
            "role" => snap
                .get::<Role>(&key)
                .filter(|role| role.arn == arn)
                .map(Self::Role),
            "group" => snap
                .get::<Group>(&key)
                .filter(|group| group.arn == arn)
                .map(|group| Self::Group(group, key)),
            "policy" => document(snap, arn).map(|_| Self::Policy(arn.to_owned())),
            _ => None,
        }
    }

    /// The users and roles that have its permissions, in the order of their ARNs.
    pub(super) fn who(&self, snap: &Snapshot, account: &AccountId) -> Vec<Who> {
        let all = format!("{account}/");
        let users = || snap.range::<User>(&all).map(|(_, user)| user);
        let mut found: Vec<Who> = match self {
            Self::User(user) => vec![of_user(user)],
            Self::Role(role) => vec![of_role(role)],
            Self::Group(_, key) => users()
                .filter(|user| user.groups.contains(key))
                .map(|user| of_user(&user))
                .collect(),
            Self::Policy(arn) => {
                let has = |key: &String| {
                    let group = snap.get::<Group>(key);
                    group.is_some_and(|group| group.attached.contains(arn))
                };
                let users = users()
                    .filter(|user| user.attached.contains(arn) || user.groups.iter().any(has))
                    .map(|user| of_user(&user));
                let roles = snap
                    .range::<Role>(&all)
                    .filter(|(_, role)| role.attached.contains(arn))
                    .map(|(_, role)| of_role(&role));
                users.chain(roles).collect()
            }
        };
        found.sort_by(|a, b| a.arn.cmp(&b.arn));
        found
    }

    /// Its policies: a user's with those of its groups.
    pub(super) fn policies(&self, snap: &Snapshot) -> Vec<Held> {
        match self {
            Self::User(user) => {
                let mut held = of(snap, ("USER", &user.name), &user.attached, &user.inline);
                for group in user.groups.iter().filter_map(|key| snap.get::<Group>(key)) {
                    let owner = ("GROUP", group.name.as_str());
                    held.extend(of(snap, owner, &group.attached, &group.inline));
                }
                held
            }
            Self::Role(role) => of(snap, ("ROLE", &role.name), &role.attached, &role.inline),
            Self::Group(group, _) => {
                of(snap, ("GROUP", &group.name), &group.attached, &group.inline)
            }
            Self::Policy(arn) => managed_of(snap, arn).into_iter().collect(),
        }
    }
}

fn of_user(user: &User) -> Who {
    Who {
        arn: user.arn.clone(),
        name: user.name.clone(),
        id: user.id.clone(),
        path: user.path.clone(),
        kind: "USER".to_owned(),
    }
}

fn of_role(role: &Role) -> Who {
    Who {
        arn: role.arn.clone(),
        name: role.name.clone(),
        id: role.id.clone(),
        path: role.path.clone(),
        kind: "ROLE".to_owned(),
    }
}

fn of(
    snap: &Snapshot,
    (kind, owner): (&'static str, &str),
    attached: &[String],
    inline: &BTreeMap<String, PolicyText>,
) -> Vec<Held> {
    let managed = attached.iter().filter_map(|arn| managed_of(snap, arn));
    let inline = inline.iter().map(|(name, policy)| Held {
        name: name.clone(),
        arn: None,
        of: Some((kind, owner.to_owned())),
        text: policy.text().to_owned(),
    });
    managed.chain(inline).collect()
}

fn managed_of(snap: &Snapshot, arn: &str) -> Option<Held> {
    Some(Held {
        name: arn.rsplit('/').next().unwrap_or_default().to_owned(),
        arn: Some(arn.to_owned()),
        of: None,
        text: document(snap, arn)?,
    })
}

/// The default version of a managed policy.
fn document(snap: &Snapshot, arn: &str) -> Option<String> {
    if arn.starts_with("arn:aws:iam::aws:") {
        return managed::get(arn)?.default_document();
    }
    let policy = CustomerPolicy::by_arn(snap, arn)?;
    policy
        .default()
        .map(|version| version.document.text().to_owned())
}
