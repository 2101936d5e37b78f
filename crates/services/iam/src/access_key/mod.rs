//! Access keys of users and of root.

mod create_access_key;
mod delete_access_key;
mod get_access_key_last_used;
mod list_access_keys;
mod update_access_key;

pub use create_access_key::CreateAccessKey;
pub use delete_access_key::DeleteAccessKey;
pub use get_access_key_last_used::GetAccessKeyLastUsed;
pub use list_access_keys::ListAccessKeys;
pub use update_access_key::UpdateAccessKey;

use rolecall_base::{AccountId, AwsError};
use rolecall_identity::{AccessKey, User};
use rolecall_op::Registry;
use rolecall_store::Txn;

use crate::user::Whose;
use crate::{errors, holder};

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateAccessKey>()
        .with::<DeleteAccessKey>()
        .with::<GetAccessKeyLastUsed>()
        .with::<ListAccessKeys>()
        .with::<UpdateAccessKey>()
}

/// How many access keys a user may have (IAM quotas).
const ACCESS_KEYS_MAX: usize = 2;

/// The keys of a user in the order in which they were made, or those of root.
fn keys_of(tx: &Txn, account: &AccountId, whose: &Whose) -> Result<Vec<AccessKey>, AwsError> {
    match whose {
        Whose::User(name) => {
            let (_, user) = holder::load::<User>(tx, account, name)?;
            let keys = user.access_keys.iter();
            Ok(keys
                .filter_map(|id| Some(tx.get::<AccessKey>(id)?.cloned()))
                .collect())
        }
        // Root has two keys at most, and nobody asks for them often: a walk over all keys will do.
        Whose::Root => Ok(tx
            .range::<AccessKey>("")
            .filter(|(_, key)| key.user.is_none() && key.account == *account)
            .map(|(_, key)| key.cloned())
            .collect()),
    }
}

/// One key of a user or of root.
fn key_of(tx: &Txn, account: &AccountId, whose: &Whose, id: &str) -> Result<AccessKey, AwsError> {
    let keys = keys_of(tx, account, whose)?;
    keys.into_iter()
        .find(|key| key.id == id)
        .ok_or_else(|| errors::no_access_key(id))
}
