//! Who calls, and under which policies: the documents that authentication and authorization read.
//!
//! The `iam` and `sts` services write these documents; the pipeline reads them for every call of
//! every service. They live below both so that neither depends on the other.
//!
//! # Invariants
//! - A policy text that does not compile grants nothing: the caller is refused, never let through.
//! - The names of IAM are unique ignoring case; a document's key holds the lower-case name.
//! - No secret appears in a `Debug` output.

pub mod access_key;
pub mod account;
pub mod attempts;
pub mod caller;
pub mod group;
pub mod instance_profile;
pub mod last_use;
pub mod managed;
pub mod mfa;
pub mod oidc_provider;
pub mod organization;
pub mod origin;
pub mod policy_text;
pub mod quotas;
pub mod resolve;
pub mod role;
pub mod saml_provider;
pub mod sealed;
pub mod token_issuer;
pub mod user;
pub mod vouched;

mod customer_policy;

pub use access_key::{AccessKey, KeyStatus};
pub use account::Account;
pub use attempts::Attempts;
pub use caller::{Caller, CallerKind, SessionKind};
pub use customer_policy::{CustomerPolicy, POLICY_VERSIONS_MAX, PolicyVersion};
pub use group::Group;
pub use instance_profile::InstanceProfile;
pub use last_use::LastUse;
pub use mfa::VirtualMfaDevice;
pub use oidc_provider::OidcProvider;
pub use origin::Origin;
pub use policy_text::PolicyText;
pub use quotas::Quotas;
pub use resolve::{Applied, Named};
pub use role::Role;
pub use saml_provider::{SamlKey, SamlProvider};
pub use sealed::{SessionClaims, TokenKey};
pub use token_issuer::{IssuerAddress, TokenIssuer, TokenIssuerId};
pub use user::User;
pub use vouched::{ProviderKey, ProviderSession, Vouched};

use rolecall_base::AccountId;
use rolecall_store::KindInfo;

/// The key of a document whose name is unique in its account ignoring case.
pub fn name_key(account: &AccountId, name: &str) -> String {
    format!("{account}/{}", name.to_lowercase())
}

/// The kinds of document that this crate defines, for opening a store.
pub fn kinds() -> Vec<KindInfo> {
    vec![
        KindInfo::of::<Account>(),
        KindInfo::of::<AccessKey>(),
        KindInfo::of::<Role>(),
        KindInfo::of::<User>(),
        KindInfo::of::<Group>(),
        KindInfo::of::<VirtualMfaDevice>(),
        KindInfo::of::<LastUse>(),
        KindInfo::of::<CustomerPolicy>(),
        KindInfo::of::<InstanceProfile>(),
        KindInfo::of::<OidcProvider>(),
        KindInfo::of::<SamlProvider>(),
        KindInfo::of::<TokenIssuer>(),
        KindInfo::of::<TokenIssuerId>(),
        KindInfo::of::<Quotas>(),
        KindInfo::of::<organization::Organization>(),
        KindInfo::of::<organization::Target>(),
        KindInfo::of::<organization::ControlPolicy>(),
    ]
}
