//! What happens to a family when one of its revisions changes its status.

use rolecall_base::{AccountId, Region};
use rolecall_store::Txn;

use crate::documents::{Family, TaskDefinition, TaskDefinitionStatus, regional_key};

/// Brings the family's latest active revision up to date after `revision` ceased to be active.
pub(super) fn refresh_latest(
    tx: &mut Txn,
    account: &AccountId,
    region: &Region,
    family: &str,
    revision: u32,
) {
    let key = regional_key(account, region, family);
    let latest = tx.get::<Family>(&key).and_then(|f| f.latest_active);
    if latest != Some(revision) {
        return;
    }
    let prefix = regional_key(account, region, &format!("{family}#"));
    let next = tx
        .range::<TaskDefinition>(&prefix)
        .filter(|(_, d)| d.status == TaskDefinitionStatus::Active)
        .map(|(_, d)| d.revision)
        .last();
    tx.update::<Family>(&key, |f| f.latest_active = next);
}

/// Forgets a revision that was to be deleted and that nothing uses any more. The family keeps its
/// counter.
pub(crate) fn forget(tx: &mut Txn, key: &str) -> bool {
    let Some(found) = tx.get::<TaskDefinition>(key) else {
        return false;
    };
    if found.status != TaskDefinitionStatus::DeleteInProgress {
        return false;
    }
    tx.delete::<TaskDefinition>(key);
    if let Some((place, _)) = key.rsplit_once('/') {
        let family = format!("{place}/{}", found.family);
        tx.update::<Family>(&family, |f| f.revisions = f.revisions.saturating_sub(1));
    }
    true
}
