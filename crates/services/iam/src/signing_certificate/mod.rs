//! X.509 signing certificates of users and of root.

mod delete_signing_certificate;
mod list_signing_certificates;
mod update_signing_certificate;
mod upload_signing_certificate;

pub use delete_signing_certificate::DeleteSigningCertificate;
pub use list_signing_certificates::ListSigningCertificates;
pub use update_signing_certificate::UpdateSigningCertificate;
pub use upload_signing_certificate::UploadSigningCertificate;

use rolecall_api::iam as api;
use rolecall_base::{AwsError, Timestamp};
use rolecall_op::Registry;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// How many certificates a user may have (IAM quotas).
const CERTIFICATES_MAX: usize = 2;

/// A signing certificate. Keyed by its account, its user's unique id and its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SigningCertificate {
    /// Its id.
    pub id: String,
    /// The certificate, PEM.
    pub body: String,
    /// `Active` or `Inactive`.
    pub status: String,
    /// When it was uploaded.
    pub uploaded: Timestamp,
}

impl Document for SigningCertificate {
    const KIND: &'static str = "iam.signing-certificate";
    const VERSION: u32 = 1;
}

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<DeleteSigningCertificate>()
        .with::<ListSigningCertificates>()
        .with::<UpdateSigningCertificate>()
        .with::<UploadSigningCertificate>()
}

fn not_found(id: &str) -> AwsError {
    let message = format!("The Certificate with id {id} cannot be found.");
    AwsError::new("NoSuchEntity", message).with_status(404)
}

fn shown(certificate: &SigningCertificate, user: &Option<String>) -> api::SigningCertificate {
    api::SigningCertificate {
        user_name: user.clone(),
        certificate_id: Some(certificate.id.clone()),
        certificate_body: Some(certificate.body.clone()),
        status: Some(certificate.status.clone()),
        upload_date: Some(certificate.uploaded),
    }
}
