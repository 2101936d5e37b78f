//! `UploadLayerPart`.

use bytes::Bytes;
use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, DataContext, DataOperation};

use super::{PART_MIN_BYTES, commit, upload};
use crate::access;
use crate::documents::LayerUpload;
use crate::errors;
use crate::place::Place;
use crate::ports::{LayerStore, LayerStoreError};

/// Adds a part to an upload: it must follow the bytes that are there.
///
/// Source: ECR API Reference, `UploadLayerPart`.
pub(crate) struct UploadLayerPart;

impl DataOperation for UploadLayerPart {
    type Api = api::UploadLayerPart;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app",
        "uploadId":"00000000-0000-4000-8000-000000000000",
        "partFirstByte":0,"partLastByte":3,"layerPartBlob":"AAAAAA=="}"#;

    fn access(
        input: &api::UploadLayerPartRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:UploadLayerPart", req, id, name)
    }

    async fn handle(
        input: api::UploadLayerPartRequest,
        ctx: DataContext,
    ) -> Result<api::UploadLayerPartResponse, AwsError> {
        let place = Place::of(
            &ctx,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let id = input.upload_id.clone().unwrap_or_default();
        upload(&ctx, &place, &id)?;
        let layers = ctx.port::<dyn LayerStore>()?;
        let blob = input.layer_part_blob.map(|blob| blob.0).unwrap_or_default();
        let position = |at: Option<i64>| at.and_then(|at| u64::try_from(at).ok()).unwrap_or(0);
        let first = position(input.part_first_byte);
        let length = blob.len() as u64;
        if position(input.part_last_byte).checked_add(1) != first.checked_add(length) || length == 0
        {
            let received = layers.received(&id).await.unwrap_or(0);
            let message = format!(
                "Layer part size is not valid: {length} bytes were sent from byte {first} to byte {}",
                position(input.part_last_byte)
            );
            return Err(errors::invalid_part(&place, &id, received, message));
        }
        let end = match layers.append(&id, first, Bytes::from(blob)).await {
            Ok(end) => end,
            Err(LayerStoreError::NotConsecutive { received }) => {
                let message = format!(
                    "Layer part is not consecutive: {received} bytes were received, the part begins \
                     at byte {first}"
                );
                return Err(errors::invalid_part(&place, &id, received, message));
            }
            Err(LayerStoreError::UnknownUpload) => return Err(errors::no_upload(&place, &id)),
            Err(error) => return Err(error.internal()),
        };
        if length < PART_MIN_BYTES {
            let key = place.content_key(&id);
            commit(&ctx, move |tx| {
                tx.update::<LayerUpload>(&key, |upload| {
                    upload.small_part_end.get_or_insert(end);
                });
                Ok(())
            })
            .await?;
        }
        Ok(api::UploadLayerPartResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            upload_id: Some(id),
            last_byte_received: i64::try_from(end).ok().map(|end| end - 1),
        })
    }
}
