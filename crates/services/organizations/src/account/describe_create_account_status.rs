//! `DescribeCreateAccountStatus`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::Creation;
use crate::{access, errors, find};

/// What became of a `CreateAccount`.
///
/// Source: AWS Organizations API Reference, `DescribeCreateAccountStatus`.
pub struct DescribeCreateAccountStatus;

impl Operation for DescribeCreateAccountStatus {
    type Api = rolecall_api::organizations::DescribeCreateAccountStatus;
    const EXAMPLE: &'static str = r#"{"CreateAccountRequestId":"car-01234567"}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::anywhere("organizations:DescribeCreateAccountStatus").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let id = req
            .input
            .create_account_request_id
            .as_deref()
            .unwrap_or_default();
        let creation = tx.get::<Creation>(id).ok_or_else(errors::no_creation)?;
        Ok(api::DescribeCreateAccountStatusResponse {
            create_account_status: Some(creation.shown()),
        })
    }
}
