//! `GetCallerIdentity`.

use rolecall_api::sts as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

/// Who signed the call. No policy allows or denies it.
///
/// Source: STS API Reference, `GetCallerIdentity`.
pub struct GetCallerIdentity;

impl Operation for GetCallerIdentity {
    type Api = api::GetCallerIdentity;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(Access::AnySignedCaller)
    }

    fn handle(req: Authorized<'_, Self>, _: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        Ok(api::GetCallerIdentityResponse {
            user_id: Some(req.caller.unique_id.clone()),
            account: Some(req.caller.account.to_string()),
            arn: Some(req.caller.arn.clone()),
        })
    }
}
