//! `PutAccountSettingDefault`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{checked, setting_key, shown};
use crate::documents::AccountSetting;

/// Sets a setting for every principal of the account that does not set it itself.
///
/// Source: Amazon ECS API Reference, `PutAccountSettingDefault`.
pub struct PutAccountSettingDefault;

impl Operation for PutAccountSettingDefault {
    type Api = api::PutAccountSettingDefault;

    const EXAMPLE: &'static str = r#"{"name": "containerInsights", "value": "enabled"}"#;

    fn access(
        input: &api::PutAccountSettingDefaultRequest,
        _: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let check = AccessCheck::new("ecs:PutAccountSettingDefault", "*")
            .key_opt("ecs:account-setting", input.name.as_deref());
        Ok(check.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::PutAccountSettingDefaultResponse, AwsError> {
        let input = req.input;
        let name = input.name.as_deref().unwrap_or_default();
        let (known, value) = checked(name, input.value.as_deref().unwrap_or_default())?;
        let setting = AccountSetting {
            name: known.name.to_owned(),
            value: value.clone(),
            principal_arn: None,
        };
        tx.put(setting_key(req.info, known.name, None), setting);
        let root = format!("arn:aws:iam::{}:root", req.account());
        Ok(api::PutAccountSettingDefaultResponse {
            setting: Some(shown(known.name, value, Some(root))),
        })
    }
}
