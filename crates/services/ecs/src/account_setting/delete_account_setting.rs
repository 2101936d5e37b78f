//! `DeleteAccountSetting`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{known, principal, setting_key, shown, value_for};
use crate::documents::AccountSetting;

/// Takes back a setting of a principal: the account's default holds again.
///
/// Source: Amazon ECS API Reference, `DeleteAccountSetting`.
pub struct DeleteAccountSetting;

impl Operation for DeleteAccountSetting {
    type Api = api::DeleteAccountSetting;

    const EXAMPLE: &'static str = r#"{"name": "containerInsights"}"#;

    fn access(
        input: &api::DeleteAccountSettingRequest,
        _: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let check = AccessCheck::new("ecs:DeleteAccountSetting", "*")
            .key_opt("ecs:account-setting", input.name.as_deref());
        Ok(check.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DeleteAccountSettingResponse, AwsError> {
        let input = req.input;
        let known = known(input.name.as_deref().unwrap_or_default())?;
        let principal = principal(req.info, input.principal_arn.as_deref())?;
        let owner = (!principal.ends_with(":root")).then_some(principal.as_str());
        let value = value_for(req.info, tx, known, &principal);
        tx.delete::<AccountSetting>(&setting_key(req.info, known.name, owner));
        Ok(api::DeleteAccountSettingResponse {
            setting: Some(shown(known.name, value, Some(principal))),
        })
    }
}
