//! Login profiles: the passwords of users.
//!
//! Nothing here signs in with them; they are kept, checked and changed as AWS does it, and stored
//! as salted Argon2id hashes only. The root user of a member account may have a profile without a
//! password: whoever reads root's mail may set one.

mod change_password;
mod create_login_profile;
mod delete_login_profile;
mod get_login_profile;
mod password;
mod profile;
mod update_login_profile;

pub use change_password::ChangePassword;
pub use create_login_profile::CreateLoginProfile;
pub use delete_login_profile::DeleteLoginProfile;
pub use get_login_profile::GetLoginProfile;
pub use profile::LoginProfile;
pub use update_login_profile::UpdateLoginProfile;

use rolecall_base::{AccountId, AwsError};
use rolecall_identity::{User, name_key};
use rolecall_op::{Registry, RequestInfo};
use rolecall_store::Txn;

use crate::user::Whose;
use crate::{errors, holder};

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<ChangePassword>()
        .with::<CreateLoginProfile>()
        .with::<DeleteLoginProfile>()
        .with::<GetLoginProfile>()
        .with::<UpdateLoginProfile>()
}

/// Whose password it is.
struct Owner {
    /// The store key of the login profile.
    key: String,
    /// The user's name; none of the root user.
    name: Option<String>,
}

impl Owner {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("root")
    }
}

/// The store key of the root user's profile: a user's name has no slash.
pub(crate) fn root_key(account: &AccountId) -> String {
    name_key(account, "/root")
}

/// The user of this name, or the caller: a user, or the root user in a privileged session.
///
/// Source: IAM API Reference, `GetLoginProfile`: "When you make this request with root user
/// credentials, you must use an AssumeRoot session to omit the user name."
fn owner(info: &RequestInfo, tx: &Txn, name: Option<&str>) -> Result<Owner, AwsError> {
    match Whose::new(info, name)? {
        Whose::User(name) => {
            let (key, user) = holder::load::<User>(tx, info.account(), &name)?;
            let name = Some(user.name);
            Ok(Owner { key, name })
        }
        Whose::Root if info.caller.is_assumed_root() => Ok(Owner {
            key: root_key(info.account()),
            name: None,
        }),
        Whose::Root => Err(errors::validation(
            "Must specify userName when calling with non-User credentials",
        )),
    }
}

/// The login profile of the user of this name, or of the caller, and its store key.
fn load(
    info: &RequestInfo,
    tx: &Txn,
    name: Option<&str>,
) -> Result<(String, LoginProfile), AwsError> {
    let owner = owner(info, tx, name)?;
    let profile = tx
        .get::<LoginProfile>(&owner.key)
        .ok_or_else(|| errors::no_login_profile(owner.name()))?;
    Ok((owner.key, profile.cloned()))
}
