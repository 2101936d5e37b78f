//! `UpdateOrganizationalUnit`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::unit::check_name;
use crate::{access, find, shapes};

/// Renames a unit; its id and ARN stay.
///
/// Source: AWS Organizations API Reference, `UpdateOrganizationalUnit`.
pub struct UpdateOrganizationalUnit;

impl Operation for UpdateOrganizationalUnit {
    type Api = rolecall_api::organizations::UpdateOrganizationalUnit;
    const EXAMPLE: &'static str = r#"{"OrganizationalUnitId":"ou-0123-01234567","Name":"renamed"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on(
            req,
            "organizations:UpdateOrganizationalUnit",
            input.organizational_unit_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let mut unit = find::unit(
            tx,
            req.input
                .organizational_unit_id
                .as_deref()
                .unwrap_or_default(),
        )?;
        if let Some(name) = req.input.name.as_deref().filter(|name| *name != unit.name) {
            check_name(tx, unit.parent.as_deref().unwrap_or_default(), name)?;
            name.clone_into(&mut unit.name);
            tx.put(unit.id.clone(), unit.clone());
        }
        Ok(api::UpdateOrganizationalUnitResponse {
            organizational_unit: Some(shapes::unit(tx, &organization, &unit)),
        })
    }
}
