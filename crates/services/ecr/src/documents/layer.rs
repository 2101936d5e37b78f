//! Layers: which blobs a repository has, and which uploads are under way.

use rolecall_base::Timestamp;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// A blob (layer or config) that a repository has. Keyed `{repository}@{digest}`.
///
/// The bytes are in the layer store under the digest; repositories share them without seeing each
/// other's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Layer {
    /// `sha256:…`
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was uploaded.
    pub uploaded: Timestamp,
    /// The media type that a manifest gave it.
    pub media_type: Option<String>,
}

impl Document for Layer {
    const KIND: &'static str = "ecr.layer";
    const VERSION: u32 = 1;
}

/// An upload under way. Keyed `{repository}@{upload id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LayerUpload {
    /// The upload's id, a UUID.
    pub id: String,
    /// When it was begun.
    pub begun: Timestamp,
    /// Where a part that is too small to be followed by another one ends, in bytes.
    pub small_part_end: Option<u64>,
}

impl Document for LayerUpload {
    const KIND: &'static str = "ecr.upload";
    const VERSION: u32 = 1;
}
