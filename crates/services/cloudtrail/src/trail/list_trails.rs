//! `ListTrails`.

use rolecall_api::cloudtrail::ListTrailsResponse;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

/// Lists the trails: none, since trails cannot be made here.
///
/// Source: CloudTrail API Reference, `ListTrails`.
pub struct ListTrails;

impl Operation for ListTrails {
    type Api = rolecall_api::cloudtrail::ListTrails;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("cloudtrail:ListTrails", "*").into())
    }

    fn handle(_: Authorized<'_, Self>, _: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        Ok(ListTrailsResponse {
            trails: Some(Vec::new()),
            ..Default::default()
        })
    }
}
