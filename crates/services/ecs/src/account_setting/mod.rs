//! Account settings.
//!
//! Source: Amazon ECS Developer Guide, "Access Amazon ECS features with account settings".

mod delete_account_setting;
mod list_account_settings;
mod put_account_setting;
mod put_account_setting_default;

pub use delete_account_setting::DeleteAccountSetting;
pub use list_account_settings::ListAccountSettings;
pub use put_account_setting::PutAccountSetting;
pub use put_account_setting_default::PutAccountSettingDefault;

use rolecall_api::ecs as api;
use rolecall_base::{Arn, AwsError};
use rolecall_identity::CallerKind;
use rolecall_op::{Registry, RequestInfo};

use crate::documents::AccountSetting;
use crate::errors;
use crate::refs::{Docs, key};

/// `registry` with the operations on account settings.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<ListAccountSettings>()
        .with::<PutAccountSetting>()
        .with::<PutAccountSettingDefault>()
        .with::<DeleteAccountSetting>()
}

/// A setting, its value when nobody set it, and the values that it may have.
struct Known {
    name: &'static str,
    default: &'static str,
    values: &'static [&'static str],
}

const ON_OFF: &[&str] = &["enabled", "disabled", "on", "off"];

/// Every setting, by name, which is the order that pages go on in.
const KNOWN: &[Known] = &[
    Known {
        name: "awsvpcTrunking",
        default: "disabled",
        values: ON_OFF,
    },
    Known {
        name: "containerInsights",
        default: "disabled",
        values: &["enabled", "disabled", "enhanced", "on", "off"],
    },
    Known {
        name: "containerInstanceLongArnFormat",
        default: "enabled",
        values: ON_OFF,
    },
    Known {
        name: "defaultLogDriverMode",
        default: "non-blocking",
        values: &["blocking", "non-blocking"],
    },
    Known {
        name: "dualStackIPv6",
        default: "enabled",
        values: ON_OFF,
    },
    Known {
        name: "fargateEventWindows",
        default: "disabled",
        values: ON_OFF,
    },
    Known {
        name: "fargateFIPSMode",
        default: "disabled",
        values: ON_OFF,
    },
    Known {
        name: "fargateTaskRetirementWaitPeriod",
        default: "7",
        values: &["0", "7", "14"],
    },
    Known {
        name: "guardDutyActivate",
        default: "off",
        values: ON_OFF,
    },
    Known {
        name: "serviceLongArnFormat",
        default: "enabled",
        values: ON_OFF,
    },
    Known {
        name: "tagResourceAuthorization",
        default: "on",
        values: ON_OFF,
    },
    Known {
        name: "taskLongArnFormat",
        default: "enabled",
        values: ON_OFF,
    },
];

fn known(name: &str) -> Result<&'static Known, AwsError> {
    let found = KNOWN.iter().find(|known| known.name == name);
    found.ok_or_else(|| errors::invalid(format!("Invalid setting name: {name}")))
}

/// The setting that AWS changes itself, on behalf of Amazon GuardDuty: it is only read here.
///
/// Source: Amazon ECS API Reference, `PutAccountSetting`, `name`.
const READ_ONLY: &str = "guardDutyActivate";

/// The value as it is stored, if the setting may have it.
fn checked(name: &str, value: &str) -> Result<(&'static Known, String), AwsError> {
    let known = known(name)?;
    if known.name == READ_ONLY {
        // AWS's words are not known.
        return Err(errors::invalid(format!(
            "The setting '{name}' is read-only."
        )));
    }
    if !known.values.contains(&value) {
        return Err(errors::invalid(format!(
            "Invalid value '{value}' for setting '{name}'."
        )));
    }
    Ok((known, value.to_owned()))
}

/// The key of a setting of a principal, or of the account's default.
fn setting_key(info: &RequestInfo, name: &str, principal: Option<&str>) -> String {
    key(info, &format!("{name}#{}", principal.unwrap_or_default()))
}

/// The principal that settings of the caller belong to: of a role's session, the role.
fn own_principal(info: &RequestInfo) -> String {
    match &info.caller.kind {
        CallerKind::Role { role_arn, .. } => role_arn.clone(),
        _ => info.caller.arn.clone(),
    }
}

/// The principal of a request: the caller, or the one that it names in its own account.
fn principal(info: &RequestInfo, given: Option<&str>) -> Result<String, AwsError> {
    let Some(given) = given else {
        return Ok(own_principal(info));
    };
    let own = Arn::parse(given)
        .is_ok_and(|a| a.service() == "iam" && a.account() == info.account().as_str());
    if own {
        Ok(given.to_owned())
    } else {
        Err(errors::invalid("Invalid principal ARN."))
    }
}

/// The value that holds for a principal: its own, the account's, or AWS's default.
fn value_for(info: &RequestInfo, docs: &impl Docs, known: &Known, principal: &str) -> String {
    let own = docs.doc::<AccountSetting>(&setting_key(info, known.name, Some(principal)));
    let found = own.or_else(|| docs.doc(&setting_key(info, known.name, None)));
    found.map_or_else(|| known.default.to_owned(), |setting| setting.value.clone())
}

/// The value of a setting that holds for the caller.
pub(crate) fn effective(info: &RequestInfo, docs: &impl Docs, name: &'static str) -> String {
    match KNOWN.iter().find(|known| known.name == name) {
        Some(known) => value_for(info, docs, known, &own_principal(info)),
        None => String::new(),
    }
}

/// A setting as the API writes it.
fn shown(name: &str, value: String, principal: Option<String>) -> api::Setting {
    let kind = if name == READ_ONLY {
        "aws_managed"
    } else {
        "user"
    };
    api::Setting {
        name: Some(name.to_owned()),
        value: Some(value),
        principal_arn: principal,
        r#type: Some(kind.to_owned()),
    }
}
