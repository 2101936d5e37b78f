//! The iam service: one file per operation.
//!
//! Roles, users and groups share what they have in common in `holder`; managed policies, the
//! account's and AWS's, are one thing in `catalog`; what is used by what is kept as documents
//! ([`Usage`]), so that nothing here walks over all roles or users to answer a question about one
//! policy.
//!
//! # Invariants
//! - Names are unique ignoring case; the key of a document holds the lower-case name.
//! - Every attachment, boundary and instance profile membership has its [`Usage`] document, written
//!   in the same transaction.
//! - A service-linked role is changed by no operation but those made for it.

pub mod access_key;
pub mod account;
pub mod group;
pub mod instance_profile;
pub mod last_accessed;
pub mod login_profile;
pub mod mfa;
pub mod oidc_provider;
pub mod outbound_federation;
pub mod policy;
pub mod role;
pub mod root_access;
pub mod saml_provider;
pub mod server_certificate;
pub mod service_linked_role;
pub mod service_specific_credential;
pub mod signing_certificate;
pub mod simulate;
pub mod ssh_key;
pub mod user;

mod access;
mod aws_managed;
mod catalog;
mod errors;
mod holder;
mod listing;
mod quota;
mod shapes;
mod tags;
mod text;
mod trust;
mod usage;
mod user_credential;

pub use usage::Usage;

use rolecall_op::Registry;
use rolecall_store::KindInfo;

/// The kinds of document that this crate defines, for opening a store.
pub fn kinds() -> Vec<KindInfo> {
    vec![
        KindInfo::of::<Usage>(),
        KindInfo::of::<login_profile::LoginProfile>(),
        KindInfo::of::<account::AccountSettings>(),
        KindInfo::of::<account::CredentialReport>(),
        KindInfo::of::<service_linked_role::DeletionTask>(),
        KindInfo::of::<server_certificate::ServerCertificate>(),
        KindInfo::of::<signing_certificate::SigningCertificate>(),
        KindInfo::of::<ssh_key::SshKey>(),
        KindInfo::of::<service_specific_credential::ServiceSpecificCredential>(),
        KindInfo::of::<last_accessed::AccessReport>(),
        KindInfo::of::<last_accessed::OrganizationReport>(),
    ]
}

/// `registry` with the operations of this service.
pub fn register(registry: Registry) -> Registry {
    let registry = role::register(registry);
    let registry = user::register(registry);
    let registry = group::register(registry);
    let registry = login_profile::register(registry);
    let registry = mfa::register(registry);
    let registry = access_key::register(registry);
    let registry = policy::register(registry);
    let registry = instance_profile::register(registry);
    let registry = service_linked_role::register(registry);
    let registry = simulate::register(registry);
    let registry = last_accessed::register(registry);
    let registry = root_access::register(registry);
    let registry = oidc_provider::register(registry);
    let registry = outbound_federation::register(registry);
    let registry = saml_provider::register(registry);
    let registry = server_certificate::register(registry);
    let registry = signing_certificate::register(registry);
    let registry = ssh_key::register(registry);
    let registry = service_specific_credential::register(registry);
    account::register(registry)
}
