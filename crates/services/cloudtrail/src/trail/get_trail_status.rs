//! `GetTrailStatus`.

use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::errors;

/// Answers that there is no such trail, since trails cannot be made here.
///
/// Source: CloudTrail API Reference, `GetTrailStatus`.
pub struct GetTrailStatus;

impl Operation for GetTrailStatus {
    type Api = rolecall_api::cloudtrail::GetTrailStatus;
    const EXAMPLE: &'static str = r#"{"Name":"management-events"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = input.name.as_deref().unwrap_or_default();
        Ok(super::check("cloudtrail:GetTrailStatus", name, req).into())
    }

    fn handle(req: Authorized<'_, Self>, _: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        match req.input.name.as_deref().unwrap_or_default() {
            "" => Err(errors::trail_name()),
            name => Err(errors::no_trail(name, req.account().as_str())),
        }
    }
}
