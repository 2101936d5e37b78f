//! `DescribeOrganization`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, find, shapes};

/// The organization that the caller's account is in, as its management account or as a member.
///
/// Source: AWS Organizations API Reference, `DescribeOrganization`.
pub struct DescribeOrganization;

impl Operation for DescribeOrganization {
    type Api = rolecall_api::organizations::DescribeOrganization;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::anywhere("organizations:DescribeOrganization").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::joined(tx, req.info)?;
        Ok(api::DescribeOrganizationResponse {
            organization: Some(shapes::organization(tx, &organization)),
        })
    }
}
