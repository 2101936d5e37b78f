//! Layers: whether they are there, how they are uploaded, and where they are downloaded from.

mod batch_check_layer_availability;
mod complete_layer_upload;
mod get_download_url_for_layer;
mod initiate_layer_upload;
mod mount;
mod upload_layer_part;

pub(crate) use batch_check_layer_availability::BatchCheckLayerAvailability;
pub(crate) use complete_layer_upload::CompleteLayerUpload;
pub(crate) use get_download_url_for_layer::GetDownloadUrlForLayer;
pub(crate) use initiate_layer_upload::InitiateLayerUpload;
pub use mount::mount;
pub(crate) use upload_layer_part::UploadLayerPart;

use rolecall_base::AwsError;
use rolecall_op::DataContext;
use rolecall_store::{Doc, Txn};

use crate::documents::LayerUpload;
use crate::errors;
use crate::place::Place;

/// The size that a part has at least, but for the last one, in bytes.
///
/// Source: ECR User Guide, "Amazon ECR service quotas", "Minimum layer part size".
const PART_MIN_BYTES: u64 = 5 << 20;

/// The size of a part that clients are told to use, and at most may, in bytes.
const PART_BYTES: i64 = 20 << 20;

/// The upload of a repository by its id.
///
/// # Errors
/// `RepositoryNotFoundException`, `UploadNotFoundException`.
fn upload(ctx: &DataContext, place: &Place, id: &str) -> Result<Doc<LayerUpload>, AwsError> {
    let snap = ctx.store.snapshot();
    place.find_in(&snap)?;
    snap.get::<LayerUpload>(&place.content_key(id))
        .ok_or_else(|| errors::no_upload(place, id))
}

/// Commits what `body` does.
///
/// # Errors
/// What `body` refuses, or an internal failure.
async fn commit<T: Send + 'static>(
    ctx: &DataContext,
    body: impl Fn(&mut Txn) -> Result<T, AwsError> + Send + Sync + 'static,
) -> Result<T, AwsError> {
    match ctx.store.transact(body).await {
        Ok(committed) => Ok(committed.value),
        Err(error) => Err(error.into_refused().unwrap_or_else(|fault| {
            tracing::error!(
                error = &fault as &dyn std::error::Error,
                "the commit failed"
            );
            AwsError::internal()
        })),
    }
}
