//! Outbound web identity federation: whether the account issues tokens, and as whom.
//!
//! The tokens themselves are those of `sts:GetWebIdentityToken`. The texts of the errors were seen
//! on AWS.

mod disable_outbound_web_identity_federation;
mod enable_outbound_web_identity_federation;
mod get_outbound_web_identity_federation_info;

pub use disable_outbound_web_identity_federation::DisableOutboundWebIdentityFederation;
pub use enable_outbound_web_identity_federation::EnableOutboundWebIdentityFederation;
pub use get_outbound_web_identity_federation_info::GetOutboundWebIdentityFederationInfo;

use rolecall_base::{AccountId, AwsError};
use rolecall_op::Registry;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<DisableOutboundWebIdentityFederation>()
        .with_data::<EnableOutboundWebIdentityFederation>()
        .with_data::<GetOutboundWebIdentityFederationInfo>()
}

fn enabled(account: &AccountId) -> AwsError {
    let text = format!("Outbound identity federation is already enabled for account {account}");
    AwsError::new("FeatureEnabled", text).with_status(409)
}

fn already_disabled(account: &AccountId) -> AwsError {
    let text = format!("Outbound identity federation is already disabled for account {account}");
    AwsError::new("FeatureDisabled", text).with_status(404)
}

fn disabled(account: &AccountId) -> AwsError {
    let text = format!("Outbound identity federation is disabled for account {account}");
    AwsError::new("FeatureDisabled", text).with_status(404)
}
