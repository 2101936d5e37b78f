//! Server certificates.

mod delete_server_certificate;
mod get_server_certificate;
mod list_server_certificate_tags;
mod list_server_certificates;
mod tag_server_certificate;
mod untag_server_certificate;
mod update_server_certificate;
mod upload_server_certificate;

pub use delete_server_certificate::DeleteServerCertificate;
pub use get_server_certificate::GetServerCertificate;
pub use list_server_certificate_tags::ListServerCertificateTags;
pub use list_server_certificates::ListServerCertificates;
pub use tag_server_certificate::TagServerCertificate;
pub use untag_server_certificate::UntagServerCertificate;
pub use update_server_certificate::UpdateServerCertificate;
pub use upload_server_certificate::UploadServerCertificate;

use std::fmt;

use rolecall_api::iam as api;
use rolecall_base::{AccountId, AwsError, Tags, Timestamp};
use rolecall_identity::name_key;
use rolecall_op::{AccessCheck, AccessRequest, Registry};
use rolecall_store::{Document, Txn};
use serde::{Deserialize, Serialize};

/// How many certificates an account may have (IAM quotas).
const CERTIFICATES_MAX: usize = 20;
/// The quota of tags.
const TAGS_QUOTA: &str = "TagsPerServerCertificate";

/// A server certificate with its private key. Keyed by [`name_key`].
#[derive(Clone, Serialize, Deserialize)]
pub struct ServerCertificate {
    /// Whose it is.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// Its path, `/` or `/a/b/`.
    pub path: String,
    /// `ASCA…`
    pub id: String,
    /// `arn:aws:iam::ACCOUNT:server-certificate/PATH/NAME`
    pub arn: String,
    /// The certificate, PEM.
    pub body: String,
    /// The chain, PEM.
    pub chain: Option<String>,
    /// The private key, PEM. No operation shows it.
    pub private_key: String,
    /// When it was uploaded.
    pub uploaded: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Its tags.
    pub tags: Tags,
}

impl Document for ServerCertificate {
    const KIND: &'static str = "iam.server-certificate";
    const VERSION: u32 = 1;
    const COUNTED: bool = true;
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerCertificate({})", self.arn)
    }
}

impl ServerCertificate {
    fn arn_of(account: &AccountId, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{account}:server-certificate{path}{name}")
    }

    fn metadata(&self) -> api::ServerCertificateMetadata {
        api::ServerCertificateMetadata {
            path: Some(self.path.clone()),
            server_certificate_name: Some(self.name.clone()),
            server_certificate_id: Some(self.id.clone()),
            arn: Some(self.arn.clone()),
            upload_date: Some(self.uploaded),
            expiration: Some(self.expires),
        }
    }
}

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<DeleteServerCertificate>()
        .with::<GetServerCertificate>()
        .with::<ListServerCertificateTags>()
        .with::<ListServerCertificates>()
        .with::<TagServerCertificate>()
        .with::<UntagServerCertificate>()
        .with::<UpdateServerCertificate>()
        .with::<UploadServerCertificate>()
}

/// The certificate of this name and its store key.
fn load(
    tx: &Txn,
    account: &AccountId,
    name: &str,
) -> Result<(String, ServerCertificate), AwsError> {
    let key = name_key(account, name);
    let found = tx.get::<ServerCertificate>(&key).ok_or_else(|| {
        let message = format!("The Server Certificate with name {name} cannot be found.");
        AwsError::new("NoSuchEntity", message).with_status(404)
    })?;
    Ok((key, found.cloned()))
}

fn exists(name: &str) -> AwsError {
    let message = format!("The Server Certificate with name {name} already exists.");
    AwsError::new("EntityAlreadyExists", message).with_status(409)
}

/// `action` on the certificate of this name.
fn check(req: &AccessRequest<'_>, action: &'static str, name: &str) -> AccessCheck {
    let found = req
        .snap
        .get::<ServerCertificate>(&name_key(req.account(), name));
    let check = match found {
        Some(found) => AccessCheck::new(action, found.arn.clone()).resource_tags(&found.tags),
        None => AccessCheck::new(action, ServerCertificate::arn_of(req.account(), "/", name)),
    };
    check.called(format!("server certificate {name}"))
}
