//! `CompleteLayerUpload`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, DataContext, DataOperation};

use super::{commit, upload};
use crate::access;
use crate::documents::{Layer, LayerUpload};
use crate::errors;
use crate::place::Place;
use crate::ports::{LayerStore, LayerStoreError};

/// Ends an upload: its bytes become a layer of the repository, durably, if the digest is theirs.
///
/// Source: ECR API Reference, `CompleteLayerUpload`.
pub(crate) struct CompleteLayerUpload;

impl DataOperation for CompleteLayerUpload {
    type Api = api::CompleteLayerUpload;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app",
        "uploadId":"00000000-0000-4000-8000-000000000000","layerDigests":
        ["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}"#;

    fn access(
        input: &api::CompleteLayerUploadRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:CompleteLayerUpload", req, id, name)
    }

    async fn handle(
        input: api::CompleteLayerUploadRequest,
        ctx: DataContext,
    ) -> Result<api::CompleteLayerUploadResponse, AwsError> {
        let place = Place::of(
            &ctx,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let id = input.upload_id.clone().unwrap_or_default();
        let digest = match input.layer_digests.as_deref() {
            Some([digest]) => digest.clone(),
            _ => {
                let message = "Member must have exactly one digest";
                return Err(errors::invalid_parameter("layerDigests", message));
            }
        };
        let begun = upload(&ctx, &place, &id)?;
        let layers = ctx.port::<dyn LayerStore>()?;
        let received = layers
            .received(&id)
            .await
            .map_err(|e| refused(e, &place, &id, &digest))?;
        if received == 0 {
            return Err(errors::empty_upload());
        }
        if begun.small_part_end.is_some_and(|end| end < received) {
            return Err(errors::part_too_small());
        }
        let snap = ctx.store.snapshot();
        if snap.get::<Layer>(&place.content_key(&digest)).is_some() {
            layers.abort(&id).await.map_err(LayerStoreError::internal)?;
            forget(&ctx, &place, &id).await?;
            return Err(errors::layer_exists(&place, &digest));
        }
        drop(snap);
        let size = layers
            .finish(&id, &digest)
            .await
            .map_err(|e| refused(e, &place, &id, &digest))?;
        let layer = Layer {
            digest: digest.clone(),
            size,
            uploaded: ctx.now,
            media_type: None,
        };
        let (at, upload) = (place.clone(), id.clone());
        commit(&ctx, move |tx| {
            at.find(tx)?;
            tx.delete::<LayerUpload>(&at.content_key(&upload));
            tx.put(at.content_key(&layer.digest), layer.clone());
            Ok(())
        })
        .await?;
        Ok(api::CompleteLayerUploadResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            upload_id: Some(id),
            layer_digest: Some(digest),
        })
    }
}

async fn forget(ctx: &DataContext, place: &Place, id: &str) -> Result<(), AwsError> {
    let key = place.content_key(id);
    commit(ctx, move |tx| {
        tx.delete::<LayerUpload>(&key);
        Ok(())
    })
    .await
}

fn refused(error: LayerStoreError, place: &Place, id: &str, digest: &str) -> AwsError {
    match error {
        LayerStoreError::UnknownUpload => errors::no_upload(place, id),
        LayerStoreError::DigestMismatch => errors::invalid_layer(digest),
        error => error.internal(),
    }
}
