//! Repository policies.
//!
//! Source: ECR User Guide, "Private repository policies": a resource policy whose statements have
//! no
//! `Resource`, since they are about the repository that they are set on.

mod delete_repository_policy;
mod get_repository_policy;
mod set_repository_policy;
mod text;

pub(crate) use delete_repository_policy::DeleteRepositoryPolicy;
pub(crate) use get_repository_policy::GetRepositoryPolicy;
pub(crate) use set_repository_policy::SetRepositoryPolicy;

use rolecall_base::{AccountId, Arn};
use rolecall_identity::{PolicyText, Role, User, name_key};
use rolecall_store::Snapshot;

/// The unique id of the user or role with this ARN, if there is one.
fn unique_id(snap: &Snapshot, arn: &str) -> Option<String> {
    if let Some(role) = Role::by_arn(snap, arn) {
        return Some(role.id.clone());
    }
    let parsed = Arn::parse(arn).ok()?;
    let account = AccountId::new(parsed.account()).ok()?;
    let (kind, path) = parsed.type_and_id();
    if parsed.service() != "iam" || kind != "user" {
        return None;
    }
    let user = snap.get::<User>(&name_key(&account, path.rsplit('/').next()?))?;
    (user.arn == arn).then(|| user.id.clone())
}

/// A policy as it is answered: a user or role that is gone stands there by its unique id.
fn shown(policy: &PolicyText, snap: &Snapshot) -> String {
    let shown = policy.shown(|arn| unique_id(snap, arn));
    text::normalise(&shown).unwrap_or_else(|| shown.into_owned())
}
