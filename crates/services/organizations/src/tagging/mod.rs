//! Tags.

mod list_tags_for_resource;
mod tag_resource;
mod untag_resource;

pub use list_tags_for_resource::ListTagsForResource;
pub use tag_resource::TagResource;
pub use untag_resource::UntagResource;

use rolecall_base::{AwsError, Tags};
use rolecall_identity::organization::ControlPolicy;
use rolecall_op::Registry;
use rolecall_store::Txn;

use crate::{errors, find};

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<ListTagsForResource>()
        .with::<TagResource>()
        .with::<UntagResource>()
}

/// Changes the tags of a root, unit, account or policy.
pub(crate) fn change(
    tx: &mut Txn,
    id: &str,
    change: impl FnOnce(&mut Tags) -> Result<(), AwsError>,
) -> Result<(), AwsError> {
    if let Ok(mut target) = find::target(tx, id) {
        change(&mut target.tags)?;
        tx.put(target.id.clone(), target);
        return Ok(());
    }
    let policy = tx.get::<ControlPolicy>(id).map(|policy| policy.cloned());
    let mut policy = policy.ok_or_else(errors::no_target)?;
    change(&mut policy.tags)?;
    tx.put(policy.id.clone(), policy);
    Ok(())
}
