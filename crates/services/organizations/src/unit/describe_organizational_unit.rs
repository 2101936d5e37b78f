//! `DescribeOrganizationalUnit`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, find, shapes};

/// One unit.
///
/// Source: AWS Organizations API Reference, `DescribeOrganizationalUnit`.
pub struct DescribeOrganizationalUnit;

impl Operation for DescribeOrganizationalUnit {
    type Api = rolecall_api::organizations::DescribeOrganizationalUnit;
    const EXAMPLE: &'static str = r#"{"OrganizationalUnitId":"ou-0123-01234567"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on(
            req,
            "organizations:DescribeOrganizationalUnit",
            input.organizational_unit_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let unit = find::unit(
            tx,
            req.input
                .organizational_unit_id
                .as_deref()
                .unwrap_or_default(),
        )?;
        Ok(api::DescribeOrganizationalUnitResponse {
            organizational_unit: Some(shapes::unit(tx, &organization, &unit)),
        })
    }
}
