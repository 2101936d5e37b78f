//! Account settings.

use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// The value of a setting for a principal. Keyed by account, region, name, and the principal's
/// ARN, which is empty for the account's default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSetting {
    /// The setting.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The principal; absent for the account's default.
    pub principal_arn: Option<String>,
}

impl Document for AccountSetting {
    const KIND: &'static str = "ecs.account_setting";
    const VERSION: u32 = 1;
}
