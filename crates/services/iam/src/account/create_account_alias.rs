//! `CreateAccountAlias`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::AccountSettings;
use crate::errors;
use crate::text::required;

/// Gives the account another name, in place of the one that it has.
///
/// Source: IAM API Reference, `CreateAccountAlias`.
pub struct CreateAccountAlias;

impl Operation for CreateAccountAlias {
    type Api = rolecall_api::iam::CreateAccountAlias;
    const EXAMPLE: &'static str = r#"{"AccountAlias":"example"}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:CreateAccountAlias", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let alias = required(&req.input.account_alias);
        let own = req.account().as_str();
        let is_taken = tx
            .range::<AccountSettings>("")
            .any(|(account, other)| account != own && other.alias.as_deref() == Some(alias));
        if is_taken {
            return Err(errors::alias_exists(alias));
        }
        let settings = AccountSettings {
            alias: Some(alias.to_owned()),
            ..AccountSettings::of(tx, req.account())
        };
        settings.store(tx, req.account());
        Ok(Empty {})
    }
}
