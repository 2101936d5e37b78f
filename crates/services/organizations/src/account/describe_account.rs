//! `DescribeAccount`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, find, shapes};

/// One account of the organization.
///
/// Source: AWS Organizations API Reference, `DescribeAccount`.
pub struct DescribeAccount;

impl Operation for DescribeAccount {
    type Api = rolecall_api::organizations::DescribeAccount;
    const EXAMPLE: &'static str = r#"{"AccountId":"111122223333"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on(
            req,
            "organizations:DescribeAccount",
            input.account_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let account = find::account(tx, req.input.account_id.as_deref().unwrap_or_default())?;
        Ok(api::DescribeAccountResponse {
            account: Some(shapes::account(tx, &organization, &account)),
        })
    }
}
