//! `BatchDeleteImage`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::named;
use crate::access;
use crate::documents::{Image, ImageTag, Manifest};
use crate::place::Place;

/// Deletes images by digest, with all their tags, or tags by name; an image goes with its last tag.
///
/// An image that an index refers to stays. The layers stay too, for images that share them.
///
/// Source: ECR API Reference, `BatchDeleteImage`.
pub(crate) struct BatchDeleteImage;

impl Operation for BatchDeleteImage {
    type Api = api::BatchDeleteImage;

    const EXAMPLE: &'static str =
        r#"{"repositoryName":"team/app","imageIds":[{"imageTag":"latest"}]}"#;

    fn access(
        input: &api::BatchDeleteImageRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:BatchDeleteImage", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::BatchDeleteImageResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        place.find(tx)?;
        let (mut image_ids, mut failures) = (Vec::new(), Vec::new());
        for id in input.image_ids.iter().flatten() {
            let image = match named(tx, &place, id) {
                Ok(image) => image.cloned(),
                Err(why) => {
                    failures.push(why.failure(id));
                    continue;
                }
            };
            let whole = id.image_tag.is_none() || image.tags.len() <= 1;
            if whole && let Some(index) = index_of(tx, &place, &image.digest) {
                failures.push(referenced(&image, id, &index));
                continue;
            }
            match &id.image_tag {
                Some(tag) => image_ids.push(untag(tx, &place, image, tag, whole)),
                None => image_ids.extend(delete(tx, &place, &image)),
            }
        }
        Ok(api::BatchDeleteImageResponse {
            image_ids: Some(image_ids),
            failures: Some(failures),
        })
    }
}

/// The digest of an index that the image is part of.
fn index_of(tx: &Txn, place: &Place, digest: &str) -> Option<String> {
    let all = place.content_key("");
    let mut images = tx.range::<Image>(&all);
    let index = images.find(|(_, image)| image.images.iter().any(|part| part == digest));
    index.map(|(_, index)| index.digest.clone())
}

fn referenced(image: &Image, id: &api::ImageIdentifier, index: &str) -> api::ImageFailure {
    api::ImageFailure {
        image_id: Some(api::ImageIdentifier {
            image_digest: Some(image.digest.clone()),
            image_tag: id.image_tag.clone(),
        }),
        failure_code: Some("ImageReferencedByManifestList".to_owned()),
        failure_reason: Some(format!(
            "Requested image referenced by manifest list: [{index}]"
        )),
    }
}

/// Removes a tag; with the last one the image.
fn untag(
    tx: &mut Txn,
    place: &Place,
    mut image: Image,
    tag: &str,
    whole: bool,
) -> api::ImageIdentifier {
    let digest = image.digest.clone();
    if whole {
        delete(tx, place, &image);
    } else {
        image.tags.retain(|one| one != tag);
        tx.delete::<ImageTag>(&place.tag_key(tag));
        tx.put(place.content_key(&digest), image);
    }
    api::ImageIdentifier {
        image_digest: Some(digest),
        image_tag: Some(tag.to_owned()),
    }
}

/// Deletes an image; what was deleted, by tag if it had any.
pub(crate) fn delete(tx: &mut Txn, place: &Place, image: &Image) -> Vec<api::ImageIdentifier> {
    let key = place.content_key(&image.digest);
    tx.delete::<Image>(&key);
    tx.delete::<Manifest>(&key);
    for tag in &image.tags {
        tx.delete::<ImageTag>(&place.tag_key(tag));
    }
    let id = |image_tag| api::ImageIdentifier {
        image_digest: Some(image.digest.clone()),
        image_tag,
    };
    if image.tags.is_empty() {
        return vec![id(None)];
    }
    image.tags.iter().map(|tag| id(Some(tag.clone()))).collect()
}
