//! Amazon ECR: repositories, their policies, images and layers. One file per operation.
//!
//! The operations on documents are pure; the bytes of layers are behind [`LayerStore`], and move by
//! the layer operations here or by the distribution protocol, which calls these operations as the
//! bearer of a token of [`RegistryToken`].
//!
//! # Invariants
//! - A layer can be read through a repository only if it was uploaded to that repository, or
//!   mounted from one that the caller may read: knowing a digest gives nothing.
//! - An image's manifest refers only to layers and images that its repository has.

mod access;
pub mod documents;
mod errors;
mod image;
mod layer;
mod lifecycle;
mod listing;
pub mod manifest;
mod place;
mod policy;
mod ports;
mod repository;
pub mod sweep;
mod tagging;
mod token;

pub use access::repository_checks;
pub use documents::kinds;
pub use layer::mount;
pub use lifecycle::{
    Evaluated, Expired, Plan as ExpiryPlan, due as lifecycle_due, plan as plan_expiry,
};
pub use place::{Place, registry_host, registry_of_host};
pub use ports::{LayerFuture, LayerStore, LayerStoreError, RegistryAddress};
pub use token::{LAYER_URL_S, LayerToken, REGISTRY_TOKEN_S, RegistryToken};

use rolecall_op::Registry;

/// The operations of this service beside those of `registry`.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .with_data::<repository::GetAuthorizationToken>()
        .with::<repository::CreateRepository>()
        .with::<repository::DescribeRepositories>()
        .with::<repository::DeleteRepository>()
        .with::<repository::PutImageTagMutability>()
        .with::<repository::PutImageScanningConfiguration>()
        .with::<policy::SetRepositoryPolicy>()
        .with::<policy::GetRepositoryPolicy>()
        .with::<policy::DeleteRepositoryPolicy>()
        .with::<lifecycle::PutLifecyclePolicy>()
        .with::<lifecycle::GetLifecyclePolicy>()
        .with::<lifecycle::DeleteLifecyclePolicy>()
        .with::<lifecycle::StartLifecyclePolicyPreview>()
        .with::<lifecycle::GetLifecyclePolicyPreview>()
        .with::<tagging::TagResource>()
        .with::<tagging::UntagResource>()
        .with::<tagging::ListTagsForResource>()
        .with::<image::PutImage>()
        .with::<image::BatchGetImage>()
        .with::<image::BatchDeleteImage>()
        .with::<image::ListImages>()
        .with::<image::DescribeImages>()
        .with::<layer::BatchCheckLayerAvailability>()
        .with_data::<layer::InitiateLayerUpload>()
        .with_data::<layer::UploadLayerPart>()
        .with_data::<layer::CompleteLayerUpload>()
        .with_data::<layer::GetDownloadUrlForLayer>()
}
