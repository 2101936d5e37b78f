//! `DeleteOrganizationalUnit`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::organization::Target;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find};

/// Deletes a unit, in which no account and no other unit may be.
///
/// Source: AWS Organizations API Reference, `DeleteOrganizationalUnit`.
pub struct DeleteOrganizationalUnit;

impl Operation for DeleteOrganizationalUnit {
    type Api = rolecall_api::organizations::DeleteOrganizationalUnit;
    const EXAMPLE: &'static str = r#"{"OrganizationalUnitId":"ou-0123-01234567"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on(
            req,
            "organizations:DeleteOrganizationalUnit",
            input.organizational_unit_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let unit = find::unit(
            tx,
            req.input
                .organizational_unit_id
                .as_deref()
                .unwrap_or_default(),
        )?;
        if !find::children(tx, &unit.id).is_empty() {
            return Err(errors::unit_not_empty());
        }
        tx.delete::<Target>(&unit.id);
        Ok(Empty {})
    }
}
