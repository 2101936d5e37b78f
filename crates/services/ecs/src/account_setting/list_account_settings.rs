//! `ListAccountSettings`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{KNOWN, known, principal, shown, value_for};
use crate::documents::AccountSetting;
use crate::errors;
use crate::listing::PageRequest;
use crate::refs::key;

/// Lists settings: those that a principal set itself, or with `effectiveSettings` every one as it
/// holds for the principal.
///
/// Source: Amazon ECS API Reference, `ListAccountSettings`.
pub struct ListAccountSettings;

impl Operation for ListAccountSettings {
    type Api = api::ListAccountSettings;

    const EXAMPLE: &'static str = r#"{"name": "containerInsights", "effectiveSettings": true}"#;

    fn access(
        _: &api::ListAccountSettingsRequest,
        _: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("ecs:ListAccountSettings", "*").into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::ListAccountSettingsResponse, AwsError> {
        let input = req.input;
        if let Some(name) = &input.name {
            known(name)?;
        }
        if input.value.is_some() && input.name.is_none() {
            return Err(errors::invalid(
                "You must also specify a setting name to use this filter.",
            ));
        }
        let principal = principal(req.info, input.principal_arn.as_deref())?;
        let wanted = |name: &str, value: &str| {
            input.name.as_deref().is_none_or(|n| n == name)
                && input.value.as_deref().is_none_or(|v| v == value)
        };
        let page = PageRequest::new(input.next_token.as_deref(), input.max_results, 10)?;
        let after = page.after.clone().unwrap_or_default();
        let effective = input.effective_settings.unwrap_or(false);
        let mut all = Vec::new();
        if effective {
            for known in KNOWN {
                let value = value_for(req.info, tx, known, &principal);
                all.push((known.name.to_owned(), value));
            }
        } else {
            let prefix = key(req.info, "");
            for (_, setting) in tx.range::<AccountSetting>(&prefix) {
                if setting.principal_arn.as_deref() == Some(principal.as_str()) {
                    all.push((setting.name.clone(), setting.value.clone()));
                }
            }
        }
        let listed = all
            .iter()
            .filter(|(name, value)| *name > after && wanted(name, value))
            .map(|(name, value)| {
                let setting = shown(name, value.clone(), Some(principal.clone()));
                (name.as_str(), setting)
            });
        let (settings, next_token) = page.take(listed);
        Ok(api::ListAccountSettingsResponse {
            settings: Some(settings),
            next_token,
        })
    }
}
