//! `PutAccountSetting`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{checked, principal, setting_key, shown};
use crate::documents::AccountSetting;

/// Sets a setting of a principal; the root user's are the account's default.
///
/// Source: Amazon ECS API Reference, `PutAccountSetting`.
pub struct PutAccountSetting;

impl Operation for PutAccountSetting {
    type Api = api::PutAccountSetting;

    const EXAMPLE: &'static str = r#"{"name": "containerInsights", "value": "enabled"}"#;

    fn access(
        input: &api::PutAccountSettingRequest,
        _: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let check = AccessCheck::new("ecs:PutAccountSetting", "*")
            .key_opt("ecs:account-setting", input.name.as_deref());
        Ok(check.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::PutAccountSettingResponse, AwsError> {
        let input = req.input;
        let name = input.name.as_deref().unwrap_or_default();
        let (known, value) = checked(name, input.value.as_deref().unwrap_or_default())?;
        let principal = principal(req.info, input.principal_arn.as_deref())?;
        let root = principal.ends_with(":root");
        let owner = (!root).then_some(principal.as_str());
        let setting = AccountSetting {
            name: known.name.to_owned(),
            value: value.clone(),
            principal_arn: owner.map(str::to_owned),
        };
        tx.put(setting_key(req.info, known.name, owner), setting);
        Ok(api::PutAccountSettingResponse {
            setting: Some(shown(known.name, value, Some(principal))),
        })
    }
}
