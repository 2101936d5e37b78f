//! `DeleteAccountAlias`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::AccountSettings;
use crate::errors;
use crate::text::required;

/// Takes the other name of the account away.
///
/// Source: IAM API Reference, `DeleteAccountAlias`.
pub struct DeleteAccountAlias;

impl Operation for DeleteAccountAlias {
    type Api = rolecall_api::iam::DeleteAccountAlias;
    const EXAMPLE: &'static str = r#"{"AccountAlias":"example"}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:DeleteAccountAlias", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let alias = required(&req.input.account_alias);
        let mut settings = AccountSettings::of(tx, req.account());
        if settings.alias.as_deref() != Some(alias) {
            return Err(errors::no_alias(alias));
        }
        settings.alias = None;
        settings.store(tx, req.account());
        Ok(Empty {})
    }
}
