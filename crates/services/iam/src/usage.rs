//! Who uses what: which roles, users and groups a policy is attached to or bounds, which instance
//! profiles a role is in, and which users a group has.
//!
//! Kept as documents of their own, so that counting and listing them is a range by prefix.

use rolecall_base::AccountId;
use rolecall_store::{Document, Txn};
use serde::{Deserialize, Serialize};

/// One use. Keyed `ACCOUNT USED HOW USER`, words that hold no space.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Usage {
    /// The store key of the role, user, group or instance profile that uses it.
    pub by: String,
}

impl Document for Usage {
    const KIND: &'static str = "iam.usage";
    const VERSION: u32 = 1;
}

/// How something is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// A policy attached to a role.
    RolePolicy,
    /// A policy attached to a user.
    UserPolicy,
    /// A policy attached to a group.
    GroupPolicy,
    /// A policy that bounds a role.
    RoleBoundary,
    /// A policy that bounds a user.
    UserBoundary,
    /// A role in an instance profile.
    Profile,
    /// A group, known by its unique id, that a user is in.
    Member,
}

impl How {
    fn word(self) -> &'static str {
        match self {
            Self::RolePolicy => "attached/role",
            Self::UserPolicy => "attached/user",
            Self::GroupPolicy => "attached/group",
            Self::RoleBoundary => "boundary/role",
            Self::UserBoundary => "boundary/user",
            Self::Profile => "profile",
            Self::Member => "member",
        }
    }
}

/// Policies attached to roles, users and groups.
pub(crate) const ATTACHED: [How; 3] = [How::RolePolicy, How::UserPolicy, How::GroupPolicy];
/// Policies that bound roles and users.
pub(crate) const BOUNDARY: [How; 2] = [How::RoleBoundary, How::UserBoundary];

fn prefix(account: &AccountId, used: &str, how: How) -> String {
    format!("{account} {used} {} ", how.word())
}

/// Notes that the document under `by` uses `used`, an ARN or a unique id.
pub(crate) fn add(tx: &mut Txn, account: &AccountId, used: &str, how: How, by: &str) {
    tx.put(prefix(account, used, how) + by, Usage { by: by.to_owned() });
}

/// Forgets a use.
pub(crate) fn remove(tx: &mut Txn, account: &AccountId, used: &str, how: How, by: &str) {
    tx.delete::<Usage>(&(prefix(account, used, how) + by));
}

/// The store keys of the users of `used`, in order; all of them are preconditions of the commit.
pub(crate) fn users(tx: &Txn, account: &AccountId, used: &str, how: How) -> Vec<String> {
    tx.range::<Usage>(&prefix(account, used, how))
        .map(|(_, usage)| usage.by.clone())
        .collect()
}

/// What is used of that whose name begins with `start`, once for each use.
pub(crate) fn used_below(tx: &Txn, account: &AccountId, start: &str) -> Vec<String> {
    tx.range::<Usage>(&format!("{account} {start}"))
        .filter_map(|(key, _)| key.split(' ').nth(1).map(str::to_owned))
        .collect()
}

/// How often `used` is used, for showing: not a precondition.
pub(crate) fn count(tx: &Txn, account: &AccountId, used: &str, hows: &[How]) -> usize {
    hows.iter()
        .map(|how| {
            tx.range_unchecked::<Usage>(&prefix(account, used, *how))
                .count()
        })
        .sum()
}

/// Whether `used` is used in any of these ways; a precondition.
pub(crate) fn any(tx: &Txn, account: &AccountId, used: &str, hows: &[How]) -> bool {
    hows.iter().any(|how| {
        tx.range::<Usage>(&prefix(account, used, *how))
            .next()
            .is_some()
    })
}
