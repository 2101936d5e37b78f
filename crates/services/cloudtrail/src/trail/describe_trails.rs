//! `DescribeTrails`.

use rolecall_api::cloudtrail::DescribeTrailsResponse;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

/// Lists the trails: none, since trails cannot be made here.
///
/// Source: CloudTrail API Reference, `DescribeTrails`.
pub struct DescribeTrails;

impl Operation for DescribeTrails {
    type Api = rolecall_api::cloudtrail::DescribeTrails;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("cloudtrail:DescribeTrails", "*").into())
    }

    fn handle(_: Authorized<'_, Self>, _: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        Ok(DescribeTrailsResponse {
            trail_list: Some(Vec::new()),
        })
    }
}
