//! What ECR stores: repositories, images by digest, tags by name, layers and uploads under way.
//!
//! Keys begin with the repository's, `{account}/{region}/{name}`; `@` and `:` cannot be part of a
//! repository's name, so no repository's keys are among another's.

mod image;
mod layer;
mod repository;

pub use image::{Image, ImageTag, Manifest};
pub use layer::{Layer, LayerUpload};
pub(crate) use repository::wildcard;
pub use repository::{ExclusionFilter, Lifecycle, Mutability, Preview, Repository};

use rolecall_store::KindInfo;

/// The kinds of document that this crate defines, for opening a store.
pub fn kinds() -> Vec<KindInfo> {
    vec![
        KindInfo::of::<Repository>(),
        KindInfo::of::<Image>(),
        KindInfo::of::<ImageTag>(),
        KindInfo::of::<Manifest>(),
        KindInfo::of::<Layer>(),
        KindInfo::of::<LayerUpload>(),
    ]
}
