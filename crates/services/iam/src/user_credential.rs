//! Credentials of users beside access keys: SSH keys, signing certificates, service-specific
//! credentials. Each is a document of its own, keyed by the unique id of its user, so that it stays
//! with a user that is renamed.

use rolecall_base::{AccountId, AwsError};
use rolecall_identity::User;
use rolecall_op::RequestInfo;
use rolecall_store::{Document, Txn};

use crate::holder;
use crate::service_specific_credential::ServiceSpecificCredential;
use crate::signing_certificate::SigningCertificate;
use crate::ssh_key::SshKey;
use crate::user::Whose;

/// Whose a credential is.
pub(crate) struct Owner {
    account: AccountId,
    /// The user's unique id; `root` of the root user.
    id: String,
    /// The user's name; none of the root user.
    pub(crate) name: Option<String>,
}

impl Owner {
    /// The user of this name, or the caller.
    ///
    /// # Errors
    /// `NoSuchEntity`, and `ValidationError` for a caller that is no user and names nobody.
    pub(crate) fn of(tx: &Txn, info: &RequestInfo, name: Option<&str>) -> Result<Self, AwsError> {
        let account = info.account().clone();
        match Whose::new(info, name)? {
            Whose::User(name) => {
                let (_, user) = holder::load::<User>(tx, &account, &name)?;
                Ok(Self {
                    account,
                    id: user.id,
                    name: Some(user.name),
                })
            }
            Whose::Root => Ok(Self {
                account,
                id: "root".to_owned(),
                name: None,
            }),
        }
    }

    /// What the keys of its credentials begin with.
    pub(crate) fn prefix(&self) -> String {
        prefix(&self.account, &self.id)
    }

    /// The store key of its credential `id`.
    pub(crate) fn key(&self, id: &str) -> String {
        self.prefix() + id
    }

    /// All of its credentials of a kind.
    pub(crate) fn all<D: Document + Clone>(&self, tx: &Txn) -> Vec<D> {
        let found = tx.range::<D>(&self.prefix());
        found.map(|(_, document)| document.cloned()).collect()
    }

    /// One credential.
    pub(crate) fn one<D: Document + Clone>(&self, tx: &Txn, id: &str) -> Option<D> {
        tx.get::<D>(&self.key(id)).map(|document| document.cloned())
    }
}

/// What the keys of the credentials of the user with this unique id (`root` for root) begin with.
pub(crate) fn prefix(account: &AccountId, id: &str) -> String {
    format!("{account}/{id}/")
}

/// Refuses to delete a user that has one of these credentials.
///
/// # Errors
/// `DeleteConflict`.
pub(crate) fn check_none(tx: &Txn, user: &User) -> Result<(), AwsError> {
    let prefix = prefix(&user.account, &user.id);
    let has = if tx.range::<SshKey>(&prefix).next().is_some() {
        "SSH public keys"
    } else if tx.range::<SigningCertificate>(&prefix).next().is_some() {
        "signing certificates"
    } else if tx
        .range::<ServiceSpecificCredential>(&prefix)
        .next()
        .is_some()
    {
        "service-specific credentials"
    } else {
        return Ok(());
    };
    let message = format!("Cannot delete entity, must delete {has} first.");
    Err(AwsError::new("DeleteConflict", message).with_status(409))
}
