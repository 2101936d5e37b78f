//! `ListOrganizationalUnitsForParent`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::TargetKind;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::paged;
use crate::{access, errors, find, shapes};

/// The units directly below a root or unit.
///
/// Source: AWS Organizations API Reference, `ListOrganizationalUnitsForParent`.
pub struct ListOrganizationalUnitsForParent;

impl Operation for ListOrganizationalUnitsForParent {
    type Api = rolecall_api::organizations::ListOrganizationalUnitsForParent;
    const EXAMPLE: &'static str = r#"{"ParentId":"r-0123"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on(
            req,
            "organizations:ListOrganizationalUnitsForParent",
            input.parent_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let parent = find::container(
            tx,
            req.input.parent_id.as_deref().unwrap_or_default(),
            errors::no_parent,
        )?;
        let mut units = find::children(tx, &parent.id);
        units.retain(|target| target.kind == TargetKind::Unit);
        let (token, max) = (&req.input.next_token, req.input.max_results);
        let page = paged(units, |unit| unit.id.clone(), token, max)?;
        let units = page
            .items
            .iter()
            .map(|unit| shapes::unit(tx, &organization, unit));
        Ok(api::ListOrganizationalUnitsForParentResponse {
            organizational_units: Some(units.collect()),
            next_token: page.next,
        })
    }
}
