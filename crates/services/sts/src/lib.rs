//! The sts service: one file per operation.
//!
//! Not built, and answered so: `GetDelegatedAccessToken`.
//!
//! # Invariants
//! - A session is its token: nothing is stored, and nothing but the account's key can make one.
//! - A token or an assertion is verified before anything is decided about whoever it speaks of.
//! - Whoever assumes a role is named by the role's trust policy, services inside Rolecall included.

pub mod authorization_message;

mod apart;
mod assume_role;
mod assume_role_with_saml;
mod assume_role_with_web_identity;
mod assume_root;
mod decode_authorization_message;
mod errors;
mod federated;
mod get_access_key_info;
mod get_caller_identity;
mod get_federation_token;
mod get_session_token;
mod get_web_identity_token;
mod issue;
mod mfa;
mod saml;
mod saml_attributes;
mod session_policy;
mod session_tags;
mod web_identity;

pub use assume_role::AssumeRole;
pub use assume_role_with_saml::AssumeRoleWithSAML;
pub use assume_role_with_web_identity::AssumeRoleWithWebIdentity;
pub use assume_root::AssumeRoot;
pub use decode_authorization_message::DecodeAuthorizationMessage;
pub use get_access_key_info::GetAccessKeyInfo;
pub use get_caller_identity::GetCallerIdentity;
pub use get_federation_token::GetFederationToken;
pub use get_session_token::GetSessionToken;
pub use get_web_identity_token::GetWebIdentityToken;

use rolecall_base::AwsError;
use rolecall_identity::{Caller, CallerKind};
use rolecall_op::Registry;
use rolecall_store::KindInfo;

/// The kinds of document that this crate defines: none, a session is in its token.
pub fn kinds() -> Vec<KindInfo> {
    Vec::new()
}

/// Refuses a federated user, who may call nothing of this service but `GetCallerIdentity`.
///
/// Source: STS API Reference, `GetFederationToken`: "You cannot call any STS operations except
/// GetCallerIdentity".
fn not_federated(caller: &Caller, operation: &str) -> Result<(), AwsError> {
    match caller.kind {
        CallerKind::Federated { .. } => Err(errors::federated_user_calls(operation)),
        _ => Ok(()),
    }
}

/// `registry` with the operations of this service.
pub fn register(registry: Registry) -> Registry {
    registry
        .with::<AssumeRole>()
        .with_token::<AssumeRoleWithSAML>()
        .with_token::<AssumeRoleWithWebIdentity>()
        .with::<AssumeRoot>()
        .with::<DecodeAuthorizationMessage>()
        .with::<GetAccessKeyInfo>()
        .with::<GetCallerIdentity>()
        .with::<GetFederationToken>()
        .with::<GetSessionToken>()
        .with_data::<GetWebIdentityToken>()
}
