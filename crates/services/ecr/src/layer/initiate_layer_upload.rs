//! `InitiateLayerUpload`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, DataContext, DataOperation};

use super::{PART_BYTES, commit};
use crate::access;
use crate::documents::LayerUpload;
use crate::place::Place;
use crate::ports::{LayerStore, LayerStoreError};

/// Begins the upload of a layer.
///
/// Source: ECR API Reference, `InitiateLayerUpload`.
pub(crate) struct InitiateLayerUpload;

impl DataOperation for InitiateLayerUpload {
    type Api = api::InitiateLayerUpload;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app"}"#;

    fn access(
        input: &api::InitiateLayerUploadRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:InitiateLayerUpload", req, id, name)
    }

    async fn handle(
        input: api::InitiateLayerUploadRequest,
        ctx: DataContext,
    ) -> Result<api::InitiateLayerUploadResponse, AwsError> {
        let place = Place::of(
            &ctx,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        place.find_in(&ctx.store.snapshot())?;
        let layers = ctx.port::<dyn LayerStore>()?;
        let id = layers.begin().await.map_err(LayerStoreError::internal)?;
        let upload = LayerUpload {
            id: id.clone(),
            begun: ctx.now,
            small_part_end: None,
        };
        commit(&ctx, move |tx| {
            place.find(tx)?;
            tx.put(place.content_key(&upload.id), upload.clone());
            Ok(())
        })
        .await?;
        Ok(api::InitiateLayerUploadResponse {
            upload_id: Some(id),
            part_size: Some(PART_BYTES),
        })
    }
}
