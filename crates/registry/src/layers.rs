//! The layer store of ECR's operations, over the content store.

use bytes::Bytes;
use rolecall_blob::{ContentError, ContentStore, Digest, UploadId};
use rolecall_ecr::{LayerFuture, LayerStore, LayerStoreError};

/// Layers in a local folder.
#[derive(Clone)]
pub struct LocalLayers(ContentStore);

impl LocalLayers {
    /// Layers in this store.
    pub fn new(content: ContentStore) -> Self {
        Self(content)
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
        Box::pin(async { Ok(self.0.begin().await.map_err(failed)?.to_string()) })
    }

    fn received<'a>(&'a self, upload_id: &'a str) -> LayerFuture<'a, u64> {
        Box::pin(async { self.0.upload_size(upload(upload_id)?).await.map_err(failed) })
    }

    fn append<'a>(
        &'a self,
        upload_id: &'a str,
        first_byte: u64,
        bytes: Bytes,
    ) -> LayerFuture<'a, u64> {
        Box::pin(async move {
            self.0
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
            self.0
                .finish(upload(upload_id)?, digest)
                .await
                .map_err(failed)
        })
    }

    fn abort<'a>(&'a self, upload_id: &'a str) -> LayerFuture<'a, ()> {
        Box::pin(async {
            self.0
                .abort(upload(upload_id)?)
                .await
                .map(drop)
                .map_err(failed)
        })
    }
}
