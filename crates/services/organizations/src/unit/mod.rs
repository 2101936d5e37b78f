//! Units, and the tree that they make with the root.

mod create_organizational_unit;
mod delete_organizational_unit;
mod describe_organizational_unit;
mod list_children;
mod list_organizational_units_for_parent;
mod list_parents;
mod update_organizational_unit;

pub use create_organizational_unit::CreateOrganizationalUnit;
pub use delete_organizational_unit::DeleteOrganizationalUnit;
pub use describe_organizational_unit::DescribeOrganizationalUnit;
pub use list_children::ListChildren;
pub use list_organizational_units_for_parent::ListOrganizationalUnitsForParent;
pub use list_parents::ListParents;
pub use update_organizational_unit::UpdateOrganizationalUnit;

use rolecall_base::AwsError;
use rolecall_identity::organization::{Target, TargetKind};
use rolecall_op::Registry;
use rolecall_store::Txn;

use crate::{errors, find};

/// How deep units may be nested, and how many an organization may have.
///
/// Source: AWS Organizations User Guide, "Quotas for AWS Organizations".
const DEPTH_MAX: usize = 5;
const UNITS_MAX: usize = 2_000;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateOrganizationalUnit>()
        .with::<DeleteOrganizationalUnit>()
        .with::<DescribeOrganizationalUnit>()
        .with::<ListChildren>()
        .with::<ListOrganizationalUnitsForParent>()
        .with::<ListParents>()
        .with::<UpdateOrganizationalUnit>()
}

/// Refuses a name that another unit of the same parent has.
pub(crate) fn check_name(tx: &Txn, parent: &str, name: &str) -> Result<(), AwsError> {
    let children = find::children(tx, parent);
    let same = |target: &Target| target.kind == TargetKind::Unit && target.name == name;
    if children.iter().any(same) {
        return Err(errors::duplicate_unit());
    }
    Ok(())
}

/// Refuses another unit below `parent` where the tree would be too deep or too large.
pub(crate) fn check_room(tx: &Txn, parent: &Target) -> Result<(), AwsError> {
    let mut depth = 1;
    let mut above = parent.parent.clone();
    while let Some(id) = above {
        depth += 1;
        above = tx
            .get::<Target>(&id)
            .and_then(|target| target.parent.clone());
    }
    if depth > DEPTH_MAX {
        return Err(errors::too_deep());
    }
    let units = tx.range_unchecked::<Target>("");
    let units = units.filter(|(_, target)| target.kind == TargetKind::Unit);
    if units.count() >= UNITS_MAX {
        return Err(errors::too_many_units());
    }
    Ok(())
}
