//! `DescribePolicy`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, find, shapes};

/// One policy with its content.
///
/// Source: AWS Organizations API Reference, `DescribePolicy`.
pub struct DescribePolicy;

impl Operation for DescribePolicy {
    type Api = rolecall_api::organizations::DescribePolicy;
    const EXAMPLE: &'static str = r#"{"PolicyId":"p-01234567"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on_policy(
            req,
            "organizations:DescribePolicy",
            input.policy_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let policy = find::policy(tx, req.input.policy_id.as_deref().unwrap_or_default())?;
        Ok(api::DescribePolicyResponse {
            policy: Some(shapes::policy(&policy)),
        })
    }
}
