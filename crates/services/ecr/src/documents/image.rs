//! An image, its manifest, and the tags that point to it.

use rolecall_base::Timestamp;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// An image. Keyed `{repository}@{digest}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Image {
    /// The digest of its manifest.
    pub digest: String,
    /// The manifest's media type.
    pub media_type: String,
    /// The artifact type (OCI image-spec 1.1), or the config's media type.
    pub artifact_type: Option<String>,
    /// The size of its config and layers in bytes; of an index, of its largest image.
    pub size: u64,
    /// When it was pushed first.
    pub pushed: Timestamp,
    /// When it was pulled last, at most a day late; `None` if never.
    pub pulled: Option<Timestamp>,
    /// The tags that point to it, in the order in which they were set.
    pub tags: Vec<String>,
    /// The digests of its config and layers.
    pub blobs: Vec<String>,
    /// The digests of the images of an index.
    pub images: Vec<String>,
    /// The digest of the image that it is about (OCI image-spec 1.1, `subject`).
    pub subject: Option<String>,
    /// Its annotations, which the referrers of a subject are listed with.
    pub annotations: std::collections::BTreeMap<String, String>,
}

impl Document for Image {
    const KIND: &'static str = "ecr.image";
    const VERSION: u32 = 1;
}

/// The manifest of an image, byte for byte. Keyed as the image.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The manifest.
    pub text: String,
}

impl Document for Manifest {
    const KIND: &'static str = "ecr.manifest";
    const VERSION: u32 = 1;
}

/// A tag. Keyed `{repository}:{tag}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImageTag {
    /// The digest of the image that it points to.
    pub digest: String,
}

impl Document for ImageTag {
    const KIND: &'static str = "ecr.tag";
    const VERSION: u32 = 1;
}
