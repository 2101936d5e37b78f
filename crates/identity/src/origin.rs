//! Callers made from what stands behind them: a key, a session, or a record of either.
//!
//! # Invariants
//! - None of a closed account is made, whatever it is made from: its credentials are worth nothing.

use std::sync::Arc;

use rolecall_base::AccountId;
use rolecall_store::Snapshot;
use serde::{Deserialize, Serialize};

use crate::organization::{RootTask, is_closed};
use crate::{
    AccessKey, Account, Caller, CallerKind, Role, SessionClaims, SessionKind, User, name_key,
};

/// What a caller can be made from again later: what a registry token carries, sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Origin {
    /// The root user.
    Root,
    /// An IAM user; one made anew under the same name does not match.
    User {
        /// The store key of the user.
        key: String,
        /// `AIDA…`
        id: String,
    },
    /// Temporary credentials.
    Session(Box<SessionClaims>),
}

impl Origin {
    /// The caller, as it stands now; `None` if what it was made from is gone or its account closed.
    pub fn caller(&self, snap: &Snapshot, account: &AccountId) -> Option<Caller> {
        if is_closed(snap, account) {
            return None;
        }
        match self {
            Self::Root => Some(Caller::root(account, None)),
            Self::User { key, id } => {
                let user = snap.get::<User>(key).filter(|user| user.id == *id)?;
                Some(user_caller(&user, key, None, None))
            }
            Self::Session(claims) => {
                Caller::of_session(snap, &Arc::new(SessionClaims::clone(claims)))
            }
        }
    }
}

impl Caller {
    /// The root user of `account`.
    pub fn root(account: &AccountId, access_key_id: Option<String>) -> Self {
        Self {
            account: account.clone(),
            arn: Account::root_arn(account),
            unique_id: account.to_string(),
            access_key_id,
            kind: CallerKind::Root { session: None },
        }
    }

    /// The caller that a long-term key stands for; `None` if its user is gone or its account
    /// closed.
    pub fn of_key(snap: &Snapshot, key: &AccessKey) -> Option<Self> {
        if is_closed(snap, &key.account) {
            return None;
        }
        let id = Some(key.id.clone());
        let Some(name) = &key.user else {
            return Some(Self::root(&key.account, id));
        };
        let user_key = name_key(&key.account, name);
        let user = snap.get::<User>(&user_key)?;
        Some(user_caller(&user, &user_key, id, None))
    }

    /// The caller behind a session; `None` if what it was made from is gone or was made anew, or
    /// its account closed.
    pub fn of_session(snap: &Snapshot, claims: &Arc<SessionClaims>) -> Option<Self> {
        let account = AccountId::new(&claims.account).ok()?;
        if is_closed(snap, &account) {
            return None;
        }
        let access_key_id = Some(claims.access_key_id.clone());
        let session = Arc::clone(claims);
        match &claims.kind {
            SessionKind::Root => Some(Self {
                kind: CallerKind::Root {
                    session: Some(session),
                },
                ..Self::root(&account, access_key_id)
            }),
            // What was centralized may have been taken back since, or the account have left.
            SessionKind::AssumedRoot => {
                let task = RootTask::parse(claims.policy_arns.first()?)?;
                if !task.is_open_to(snap, &account) {
                    return None;
                }
                Some(Self {
                    kind: CallerKind::Root {
                        session: Some(session),
                    },
                    ..Self::root(&account, access_key_id)
                })
            }
            SessionKind::User { user_id, user_key } => {
                let user = snap
                    .get::<User>(user_key)
                    .filter(|user| user.id == *user_id)?;
                Some(user_caller(&user, user_key, access_key_id, Some(session)))
            }
            SessionKind::Federated {
                name,
                user_id,
                user_key,
                ..
            } => {
                // Root, who has no document, is known by an empty key.
                if !user_key.is_empty() {
                    snap.get::<User>(user_key)
                        .filter(|user| user.id == *user_id)?;
                }
                Some(Self {
                    arn: format!("arn:aws:sts::{account}:federated-user/{name}"),
                    unique_id: format!("{account}:{name}"),
                    account,
                    access_key_id,
                    kind: CallerKind::Federated {
                        key: user_key.clone(),
                        session,
                    },
                })
            }
            SessionKind::Role {
                role_id,
                role_key,
                name,
            } => {
                let role = snap
                    .get::<Role>(role_key)
                    .filter(|role| role.id == *role_id)?;
                Some(Self {
                    arn: format!("arn:aws:sts::{account}:assumed-role/{}/{name}", role.name),
                    unique_id: format!("{role_id}:{name}"),
                    account,
                    access_key_id,
                    kind: CallerKind::Role {
                        key: role_key.clone(),
                        role_arn: role.arn.clone(),
                        session,
                    },
                })
            }
        }
    }

    /// What this caller can be made from again; `None` for callers that only exist inside.
    pub fn origin(&self) -> Option<Origin> {
        match (&self.kind, self.session()) {
            (_, Some(session)) => Some(Origin::Session(Box::new(session.clone()))),
            (CallerKind::Root { .. }, None) => Some(Origin::Root),
            (CallerKind::User { key, .. }, None) => Some(Origin::User {
                key: key.clone(),
                id: self.unique_id.clone(),
            }),
            _ => None,
        }
    }
}

fn user_caller(
    user: &User,
    key: &str,
    access_key_id: Option<String>,
    session: Option<Arc<SessionClaims>>,
) -> Caller {
    Caller {
        account: user.account.clone(),
        arn: user.arn.clone(),
        unique_id: user.id.clone(),
        access_key_id,
        kind: CallerKind::User {
            key: key.to_owned(),
            session,
        },
    }
}
