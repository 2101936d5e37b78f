//! `UpdateAccountPasswordPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::{AccountSettings, PasswordPolicy};

/// The shortest password where none is said.
const LENGTH_DEFAULT: i32 = 6;

/// Sets the account's password policy as a whole: what is not given has its default.
///
/// Source: IAM API Reference, `UpdateAccountPasswordPolicy`.
pub struct UpdateAccountPasswordPolicy;

impl Operation for UpdateAccountPasswordPolicy {
    type Api = rolecall_api::iam::UpdateAccountPasswordPolicy;
    const EXAMPLE: &'static str = r#"{"MinimumPasswordLength":12}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:UpdateAccountPasswordPolicy", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let is = |flag: Option<bool>| flag.unwrap_or(false);
        let policy = PasswordPolicy {
            minimum_length: input.minimum_password_length.unwrap_or(LENGTH_DEFAULT),
            symbols: is(input.require_symbols),
            numbers: is(input.require_numbers),
            uppercase: is(input.require_uppercase_characters),
            lowercase: is(input.require_lowercase_characters),
            users_may_change: is(input.allow_users_to_change_password),
            max_age_days: input.max_password_age,
            reuse_prevention: input.password_reuse_prevention,
            hard_expiry: input.hard_expiry,
        };
        let settings = AccountSettings {
            password_policy: Some(policy),
            ..AccountSettings::of(tx, req.account())
        };
        settings.store(tx, req.account());
        Ok(Empty {})
    }
}
