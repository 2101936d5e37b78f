//! Service-specific credentials of users: a name and a password for one service.
//!
//! No service here takes them, so that nothing of the password is kept: it is shown once, when it
//! is made, as AWS does.

mod create_service_specific_credential;
mod delete_service_specific_credential;
mod list_service_specific_credentials;
mod reset_service_specific_credential;
mod update_service_specific_credential;

pub use create_service_specific_credential::CreateServiceSpecificCredential;
pub use delete_service_specific_credential::DeleteServiceSpecificCredential;
pub use list_service_specific_credentials::ListServiceSpecificCredentials;
pub use reset_service_specific_credential::ResetServiceSpecificCredential;
pub use update_service_specific_credential::UpdateServiceSpecificCredential;

use rolecall_api::iam as api;
use rolecall_base::{AwsError, Timestamp};
use rolecall_op::Registry;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// How many credentials a user may have for one service.
///
/// Source: IAM API Reference, `CreateServiceSpecificCredential`.
const PER_SERVICE_MAX: usize = 2;

/// The services that take a name and a password.
const WITH_PASSWORD: [&str; 2] = ["codecommit.amazonaws.com", "cassandra.amazonaws.com"];
/// The services that take a long-term API key, which may have an end.
const WITH_KEY: [&str; 2] = ["bedrock.amazonaws.com", "logs.amazonaws.com"];

/// A credential. Keyed by its account, its user's unique id and its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServiceSpecificCredential {
    /// `ACCA…`
    pub id: String,
    /// The service, such as `codecommit.amazonaws.com`.
    pub service: String,
    /// The name for the service: `USER-at-ACCOUNT`.
    pub login: String,
    /// `Active` or `Inactive`.
    pub status: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

impl Document for ServiceSpecificCredential {
    const KIND: &'static str = "iam.service-specific-credential";
    const VERSION: u32 = 1;
}

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateServiceSpecificCredential>()
        .with::<DeleteServiceSpecificCredential>()
        .with::<ListServiceSpecificCredentials>()
        .with::<ResetServiceSpecificCredential>()
        .with::<UpdateServiceSpecificCredential>()
}

impl ServiceSpecificCredential {
    fn has_key(&self) -> bool {
        WITH_KEY.contains(&self.service.as_str())
    }

    /// As it is shown with its new secret.
    fn with_secret(&self, user: &Option<String>, secret: String) -> api::ServiceSpecificCredential {
        let (password, key) = if self.has_key() {
            (None, Some(secret))
        } else {
            (Some(secret), None)
        };
        let name = Some(self.login.clone());
        api::ServiceSpecificCredential {
            create_date: Some(self.created),
            expiration_date: self.expires,
            service_name: Some(self.service.clone()),
            service_user_name: name.clone().filter(|_| !self.has_key()),
            service_password: password,
            service_credential_alias: name.filter(|_| self.has_key()),
            service_credential_secret: key,
            service_specific_credential_id: Some(self.id.clone()),
            user_name: user.clone(),
            status: Some(self.status.clone()),
        }
    }

    /// As it is listed.
    fn listed(&self, user: &Option<String>) -> api::ServiceSpecificCredentialMetadata {
        let name = Some(self.login.clone());
        api::ServiceSpecificCredentialMetadata {
            user_name: user.clone(),
            status: Some(self.status.clone()),
            service_user_name: name.clone().filter(|_| !self.has_key()),
            service_credential_alias: name.filter(|_| self.has_key()),
            create_date: Some(self.created),
            expiration_date: self.expires,
            service_specific_credential_id: Some(self.id.clone()),
            service_name: Some(self.service.clone()),
        }
    }
}

fn not_found(id: &str) -> AwsError {
    let message = format!("The Service Specific Credential with id {id} cannot be found.");
    AwsError::new("NoSuchEntity", message).with_status(404)
}
