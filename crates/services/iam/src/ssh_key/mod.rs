//! SSH public keys of users.

mod delete_ssh_public_key;
mod get_ssh_public_key;
mod list_ssh_public_keys;
mod update_ssh_public_key;
mod upload_ssh_public_key;

pub use delete_ssh_public_key::DeleteSSHPublicKey;
pub use get_ssh_public_key::GetSSHPublicKey;
pub use list_ssh_public_keys::ListSSHPublicKeys;
pub use update_ssh_public_key::UpdateSSHPublicKey;
pub use upload_ssh_public_key::UploadSSHPublicKey;

use rolecall_base::{AwsError, Timestamp};
use rolecall_op::Registry;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// How many keys a user may have (IAM quotas).
const KEYS_MAX: usize = 5;

/// An SSH public key. Keyed by its account, its user's unique id and its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SshKey {
    /// `APKA…`
    pub id: String,
    /// The key as it was given.
    pub body: String,
    /// The MD5 of the key.
    pub fingerprint: String,
    /// `Active` or `Inactive`.
    pub status: String,
    /// When it was uploaded.
    pub uploaded: Timestamp,
}

impl Document for SshKey {
    const KIND: &'static str = "iam.ssh-key";
    const VERSION: u32 = 1;
}

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<DeleteSSHPublicKey>()
        .with::<GetSSHPublicKey>()
        .with::<ListSSHPublicKeys>()
        .with::<UpdateSSHPublicKey>()
        .with::<UploadSSHPublicKey>()
}

fn not_found(id: &str) -> AwsError {
    let message = format!("The Public Key with id {id} cannot be found.");
    AwsError::new("NoSuchEntity", message).with_status(404)
}
