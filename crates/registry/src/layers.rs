//! The layer store of ECR's operations, over the content store; and its sweep.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use rolecall_base::AwsError;
use rolecall_blob::{ContentError, ContentStore, Digest, UploadId};
use rolecall_ecr::{LayerFuture, LayerStore, LayerStoreError, sweep};
use rolecall_op::Pipeline;
use rolecall_store::TransactError;
use tokio::sync::Mutex;

/// How long bytes that were just uploaded are left alone by a sweep: far longer than it takes to
/// commit that a repository has them.
const JUST_FINISHED: Duration = Duration::from_secs(3600);

/// Layers in a local folder. A clone is another handle of the same layers.
#[derive(Clone)]
pub struct LocalLayers {
    content: ContentStore,
    /// What was finished when. A sweep deletes only while it holds this, so that bytes which are
    /// uploaded anew meanwhile are not deleted after all.
    finished: Arc<Mutex<HashMap<Digest, Instant>>>,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Layers and uploads that repositories forgot.
    pub forgotten: usize,
    /// Blobs that were deleted, because no repository has them.
    pub blobs: usize,
    /// The bytes of these.
    pub bytes: u64,
    /// Uploads that were given up.
    pub uploads: usize,
}

/// Why a sweep ended early. What it did stays done.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The folder of the layers.
    #[error("sweep the layers")]
    Content(#[from] ContentError),
    /// The documents.
    #[error("forget what no image refers to")]
    Documents(#[source] TransactError<AwsError>),
}

impl LocalLayers {
    /// Layers in this store.
    pub fn new(content: ContentStore) -> Self {
        Self {
            content,
            finished: Arc::default(),
        }
    }

    /// Deletes what nothing refers to for a day: layers without an image, uploads that nobody goes
    /// on with, bytes that no repository has. Made to be called every now and then.
    ///
    /// # Errors
    /// [`SweepError`].
    pub async fn sweep(&self, pipeline: &Pipeline) -> Result<Swept, SweepError> {
        let mut swept = Swept::default();
        let (store, now) = (pipeline.store(), (pipeline.settings().now)());
        for repository in sweep::repositories(&store.snapshot(), now) {
            let forget = move |tx: &mut rolecall_store::Txn| {
                Ok::<_, AwsError>(sweep::forget(tx, &repository, now))
            };
            let done = store
                .transact(forget)
                .await
                .map_err(SweepError::Documents)?;
            swept.forgotten += done.value;
        }
        let before = SystemTime::now()
            .checked_sub(sweep::UNREFERENCED)
            .unwrap_or(SystemTime::UNIX_EPOCH);
        swept.uploads = self.content.expire_uploads(before).await?;
        let kept = sweep::kept(&store.snapshot());
        for blob in self.content.list().await? {
            let digest = blob.digest.to_string();
            if blob.modified >= before || kept.contains(&digest) {
                continue;
            }
            let mut finished = self.finished.lock().await;
            finished.retain(|_, at| at.elapsed() < JUST_FINISHED);
            // A layer that no repository has can only come back by being uploaded.
            let wanted =
                finished.contains_key(&blob.digest) || sweep::is_kept(&store.snapshot(), &digest);
            if !wanted && self.content.delete(blob.digest).await? {
                swept.blobs += 1;
                swept.bytes += blob.size;
            }
        }
        Ok(swept)
    }
}

fn upload(id: &str) -> Result<UploadId, LayerStoreError> {
    id.to_ascii_lowercase()
        .parse()
        .map_err(|()| LayerStoreError::UnknownUpload)
}

fn failed(error: ContentError) -> LayerStoreError {
    match error {
        ContentError::UnknownUpload(_) => LayerStoreError::UnknownUpload,
        ContentError::Offset { stands, .. } => LayerStoreError::NotConsecutive { received: stands },
        ContentError::DigestMismatch { .. } => LayerStoreError::DigestMismatch,
        error => LayerStoreError::Failed(Box::new(error)),
    }
}

impl LayerStore for LocalLayers {
    fn begin(&self) -> LayerFuture<'_, String> {
        Box::pin(async { Ok(self.content.begin().await.map_err(failed)?.to_string()) })
    }

    fn received<'a>(&'a self, upload_id: &'a str) -> LayerFuture<'a, u64> {
        Box::pin(async {
            self.content
                .upload_size(upload(upload_id)?)
                .await
                .map_err(failed)
        })
    }

    fn append<'a>(
        &'a self,
        upload_id: &'a str,
        first_byte: u64,
        bytes: Bytes,
    ) -> LayerFuture<'a, u64> {
        Box::pin(async move {
            self.content
                .append(upload(upload_id)?, Some(first_byte), bytes)
                .await
                .map_err(failed)
        })
    }

    fn finish<'a>(&'a self, upload_id: &'a str, digest: &'a str) -> LayerFuture<'a, u64> {
        Box::pin(async {
            let digest: Digest = digest
                .parse()
                .map_err(|_| LayerStoreError::DigestMismatch)?;
            let id = upload(upload_id)?;
            // Noted before the bytes are there, so that no sweep comes in between.
            self.finished.lock().await.insert(digest, Instant::now());
            self.content.finish(id, digest).await.map_err(failed)
        })
    }

    fn abort<'a>(&'a self, upload_id: &'a str) -> LayerFuture<'a, ()> {
        Box::pin(async {
            self.content
                .abort(upload(upload_id)?)
                .await
                .map(drop)
                .map_err(failed)
        })
    }
}
