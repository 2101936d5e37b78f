//! `CreateOrganizationalUnit`.

use rolecall_api::organizations as api;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::organization::{ControlType, Target, TargetKind};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::unit::{check_name, check_room};
use crate::{access, errors, find, shapes, tags};

/// Makes a unit below the root or another unit, at most five deep. With tags,
/// `organizations:TagResource` is needed as well.
///
/// Source: AWS Organizations API Reference, `CreateOrganizationalUnit`.
pub struct CreateOrganizationalUnit;

impl Operation for CreateOrganizationalUnit {
    type Api = rolecall_api::organizations::CreateOrganizationalUnit;
    const EXAMPLE: &'static str = r#"{"ParentId":"r-0123","Name":"example"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let parent = input.parent_id.as_deref().unwrap_or_default();
        let create = access::on(req, "organizations:CreateOrganizationalUnit", parent);
        // The tags of the parent are not the new unit's.
        let tags = tags::given(&input.tags);
        Ok(access::creation(req, create, "ou", "ou-", &tags))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let parent = find::container(
            tx,
            req.input.parent_id.as_deref().unwrap_or_default(),
            errors::no_parent,
        )?;
        let name = req.input.name.as_deref().unwrap_or_default();
        let mut tags = Tags::default();
        tags::add(&mut tags, &req.input.tags)?;
        check_name(tx, &parent.id, name)?;
        check_room(tx, &parent)?;
        let id = organization.root.trim_start_matches("r-");
        let id = format!("ou-{id}-{}", find::letters(&mut req.ids(), 8));
        let unit = Target {
            id: id.clone(),
            parent: Some(parent.id),
            name: name.to_owned(),
            kind: TargetKind::Unit,
            created: req.now,
            tags,
            scps: find::first_policies(&organization, ControlType::Service),
            rcps: find::first_policies(&organization, ControlType::Resource),
        };
        tx.put(id, unit.clone());
        Ok(api::CreateOrganizationalUnitResponse {
            organizational_unit: Some(shapes::unit(tx, &organization, &unit)),
        })
    }
}
