//! `BatchGetImage`.

use std::time::Duration;

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{NotThere, named};
use crate::access;
use crate::documents::{Image, Manifest};
use crate::place::Place;

/// How old the recorded time of the last pull may become before a pull writes it anew.
///
/// Source: ECR API Reference, `ImageDetail`, `lastRecordedPullTime`: "Amazon ECR refreshes the last
/// image pull timestamp at least once every 24 hours."
const PULL_RECORDED: Duration = Duration::from_secs(24 * 3600);

/// Answers with the manifests of images; what is not there is among the failures.
///
/// An image of a media type that is not accepted is not found.
///
/// Source: ECR API Reference, `BatchGetImage`.
pub(crate) struct BatchGetImage;

impl Operation for BatchGetImage {
    type Api = api::BatchGetImage;

    const EXAMPLE: &'static str =
        r#"{"repositoryName":"team/app","imageIds":[{"imageTag":"latest"}]}"#;

    fn access(
        input: &api::BatchGetImageRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:BatchGetImage", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::BatchGetImageResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        place.find(tx)?;
        let (mut images, mut failures) = (Vec::new(), Vec::new());
        for id in input.image_ids.iter().flatten() {
            let image = match named(tx, &place, id) {
                Ok(image) => image,
                Err(why) => {
                    failures.push(why.failure(id));
                    continue;
                }
            };
            let key = place.content_key(&image.digest);
            let accepted = input.accepted_media_types.as_ref();
            let manifest = tx
                .get::<Manifest>(&key)
                .filter(|_| accepted.is_none_or(|types| types.contains(&image.media_type)));
            let Some(manifest) = manifest else {
                failures.push(NotThere::NOT_FOUND.failure(id));
                continue;
            };
            if image
                .pulled
                .is_none_or(|pulled| req.now.since(pulled) >= PULL_RECORDED)
            {
                tx.update::<Image>(&key, |image| image.pulled = Some(req.now));
            }
            images.push(api::Image {
                registry_id: Some(place.account.to_string()),
                repository_name: Some(place.name.clone()),
                image_id: Some(api::ImageIdentifier {
                    image_digest: Some(image.digest.clone()),
                    image_tag: id.image_tag.clone(),
                }),
                image_manifest: Some(manifest.text.clone()),
                image_manifest_media_type: Some(image.media_type.clone()),
            });
        }
        Ok(api::BatchGetImageResponse {
            images: Some(images),
            failures: Some(failures),
        })
    }
}
