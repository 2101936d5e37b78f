//! `ListAccountAliases`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::AccountSettings;

/// Lists the one other name that an account may have.
///
/// Source: IAM API Reference, `ListAccountAliases`.
pub struct ListAccountAliases;

impl Operation for ListAccountAliases {
    type Api = rolecall_api::iam::ListAccountAliases;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:ListAccountAliases", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let settings = AccountSettings::of(tx, req.account());
        Ok(api::ListAccountAliasesResponse {
            account_aliases: Some(settings.alias.into_iter().collect()),
            is_truncated: Some(false),
            marker: None,
        })
    }
}
