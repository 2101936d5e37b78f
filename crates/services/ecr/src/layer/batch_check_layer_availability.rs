//! `BatchCheckLayerAvailability`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::documents::Layer;
use crate::manifest::is_digest;
use crate::place::Place;

/// Says which layers a repository has.
///
/// Source: ECR API Reference, `BatchCheckLayerAvailability`.
pub(crate) struct BatchCheckLayerAvailability;

impl Operation for BatchCheckLayerAvailability {
    type Api = api::BatchCheckLayerAvailability;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app","layerDigests":
        ["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}"#;

    fn access(
        input: &api::BatchCheckLayerAvailabilityRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:BatchCheckLayerAvailability", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::BatchCheckLayerAvailabilityResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        place.find(tx)?;
        let (mut layers, mut failures) = (Vec::new(), Vec::new());
        for digest in input.layer_digests.iter().flatten() {
            if !is_digest(digest) {
                failures.push(failure(
                    digest,
                    "InvalidLayerDigest",
                    "Invalid request parameters: layer digest should satisfy the regex \
                     '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
                ));
                continue;
            }
            let layer = tx.get::<Layer>(&place.content_key(digest));
            let availability = if layer.is_some() {
                "AVAILABLE"
            } else {
                "UNAVAILABLE"
            };
            layers.push(api::Layer {
                layer_digest: Some(digest.clone()),
                layer_availability: Some(availability.to_owned()),
                layer_size: layer
                    .as_ref()
                    .and_then(|layer| i64::try_from(layer.size).ok()),
                media_type: layer.as_ref().and_then(|layer| layer.media_type.clone()),
            });
        }
        Ok(api::BatchCheckLayerAvailabilityResponse {
            layers: Some(layers),
            failures: Some(failures),
        })
    }
}

fn failure(digest: &str, code: &str, reason: &str) -> api::LayerFailure {
    api::LayerFailure {
        layer_digest: Some(digest.to_owned()),
        failure_code: Some(code.to_owned()),
        failure_reason: Some(reason.to_owned()),
    }
}
