//! `GetDownloadUrlForLayer`.

use std::time::Duration;

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, DataContext, DataOperation};

use crate::access;
use crate::documents::Layer;
use crate::errors;
use crate::place::Place;
use crate::ports::RegistryAddress;
use crate::token::{LAYER_URL_S, LayerToken};

/// Makes a URL that a layer can be downloaded from for an hour, by whoever has it.
///
/// Source: ECR API Reference, `GetDownloadUrlForLayer`.
pub(crate) struct GetDownloadUrlForLayer;

impl DataOperation for GetDownloadUrlForLayer {
    type Api = api::GetDownloadUrlForLayer;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app","layerDigest":
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#;

    fn access(
        input: &api::GetDownloadUrlForLayerRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:GetDownloadUrlForLayer", req, id, name)
    }

    async fn handle(
        input: api::GetDownloadUrlForLayerRequest,
        ctx: DataContext,
    ) -> Result<api::GetDownloadUrlForLayerResponse, AwsError> {
        let place = Place::of(
            &ctx,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let address = ctx.port::<RegistryAddress>()?;
        let digest = input.layer_digest.unwrap_or_default();
        let snap = ctx.store.snapshot();
        place.find_in(&snap)?;
        let key = place.content_key(&digest);
        if snap.get::<Layer>(&key).is_none() {
            return Err(errors::layer_missing(&place, &digest));
        }
        let expires = ctx.now.plus(Duration::from_secs(LAYER_URL_S));
        let token = LayerToken {
            layer: key,
            expires,
        };
        let sealed = token.seal(&snap, ctx.account(), &mut ctx.ids())?;
        Ok(api::GetDownloadUrlForLayerResponse {
            download_url: Some(format!("{}/v2/_layers/{sealed}", address.download_base())),
            layer_digest: Some(digest),
        })
    }
}
