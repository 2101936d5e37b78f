//! `SetSecurityTokenServicePreferences`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::AccountSettings;

/// Says which version of token STS's global endpoint gives. It is kept and shown by
/// `GetAccountSummary`; every token of Rolecall is valid in every region.
///
/// Source: IAM API Reference, `SetSecurityTokenServicePreferences`.
pub struct SetSecurityTokenServicePreferences;

impl Operation for SetSecurityTokenServicePreferences {
    type Api = rolecall_api::iam::SetSecurityTokenServicePreferences;
    const EXAMPLE: &'static str = r#"{"GlobalEndpointTokenVersion":"v2Token"}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:SetSecurityTokenServicePreferences", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let version = req.input.global_endpoint_token_version.as_deref();
        let settings = AccountSettings {
            v2_tokens: version == Some("v2Token"),
            ..AccountSettings::of(tx, req.account())
        };
        settings.store(tx, req.account());
        Ok(Empty {})
    }
}
