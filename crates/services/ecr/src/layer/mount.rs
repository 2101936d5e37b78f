//! A layer of one repository becomes a layer of another, without its bytes being sent again.

use rolecall_base::{AwsError, Timestamp};
use rolecall_store::Txn;

use crate::documents::Layer;
use crate::place::Place;

/// Gives the repository `to` the layer that `from` has; whether `from` has it.
///
/// The caller must have been allowed to read the layer from `from` and to upload it to `to`; both
/// repositories and the layer are preconditions of the commit.
///
/// Source: OCI distribution-spec, "Mounting a blob from another repository".
///
/// # Errors
/// `RepositoryNotFoundException` if `to` does not exist.
pub fn mount(
    tx: &mut Txn,
    from: &Place,
    to: &Place,
    digest: &str,
    now: Timestamp,
) -> Result<bool, AwsError> {
    to.find(tx)?;
    let Some(layer) = tx.get::<Layer>(&from.content_key(digest)) else {
        return Ok(false);
    };
    let key = to.content_key(digest);
    if tx.get::<Layer>(&key).is_none() {
        tx.put(
            key,
            Layer {
                uploaded: now,
                ..layer.cloned()
            },
        );
    }
    Ok(true)
}
