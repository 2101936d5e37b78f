//! Login profiles: the passwords of users.
//!
//! Nothing here signs in with them; they are kept, checked and changed as AWS does it, and stored
//! as salted Argon2id hashes only.

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

use rolecall_base::AwsError;
use rolecall_identity::User;
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

/// The user of this name, or the caller: its store key and itself.
fn owner(info: &RequestInfo, tx: &Txn, name: Option<&str>) -> Result<(String, User), AwsError> {
    match Whose::new(info, name)? {
        Whose::User(name) => holder::load::<User>(tx, info.account(), &name),
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
    let (key, user) = owner(info, tx, name)?;
    let profile = tx
        .get::<LoginProfile>(&key)
        .ok_or_else(|| errors::no_login_profile(&user.name))?;
    Ok((key, profile.cloned()))
}
