//! What nothing refers to any more: layers that no image of their repository has, and uploads that
//! nobody goes on with.

use std::collections::HashSet;
use std::time::Duration;

use rolecall_base::Timestamp;
use rolecall_store::{Snapshot, Txn};

use crate::documents::{Image, Layer, LayerUpload};

/// How long a layer stays that no image has: a push uploads layers first and the manifest last.
pub const UNREFERENCED: Duration = Duration::from_secs(24 * 3600);

/// Whether any repository has the layer.
pub fn is_kept(snap: &Snapshot, digest: &str) -> bool {
    snap.range::<Layer>("")
        .any(|(_, layer)| layer.digest == digest)
}

/// The digests of all layers that any repository has.
pub fn kept(snap: &Snapshot) -> HashSet<String> {
    snap.range::<Layer>("")
        .map(|(_, layer)| layer.digest.clone())
        .collect()
}

/// The keys of the repositories that have something to be forgotten.
pub fn repositories(snap: &Snapshot, now: Timestamp) -> HashSet<String> {
    let before = now.minus(UNREFERENCED);
    let layers = snap
        .range::<Layer>("")
        .filter(|(_, layer)| layer.uploaded < before);
    let uploads = snap
        .range::<LayerUpload>("")
        .filter(|(_, upload)| upload.begun < before);
    let keys = layers
        .map(|(key, _)| key)
        .chain(uploads.map(|(key, _)| key));
    keys.filter_map(|key| Some(key.split_once('@')?.0.to_owned()))
        .collect()
}

/// Forgets the layers and uploads of one repository that nothing refers to; how many. The bytes are
/// not touched.
pub fn forget(tx: &mut Txn, repository: &str, now: Timestamp) -> usize {
    let before = now.minus(UNREFERENCED);
    let prefix = format!("{repository}@");
    let used: HashSet<String> = tx
        .range::<Image>(&prefix)
        .flat_map(|(_, image)| image.blobs.clone())
        .collect();
    let layers: Vec<String> = tx
        .range::<Layer>(&prefix)
        .filter(|(_, layer)| layer.uploaded < before && !used.contains(&layer.digest))
        .map(|(key, _)| key.to_owned())
        .collect();
    let uploads: Vec<String> = tx
        .range::<LayerUpload>(&prefix)
        .filter(|(_, upload)| upload.begun < before)
        .map(|(key, _)| key.to_owned())
        .collect();
    for key in &layers {
        tx.delete::<Layer>(key);
    }
    for key in &uploads {
        tx.delete::<LayerUpload>(key);
    }
    layers.len() + uploads.len()
}
