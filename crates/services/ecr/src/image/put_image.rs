//! `PutImage`.

use rolecall_api::ecr as api;
use rolecall_base::{AwsError, Timestamp};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::documents::{Image, ImageTag, Layer, Manifest};
use crate::errors;
use crate::manifest::{Parsed, digest_of, is_tag};
use crate::place::Place;

/// Puts an image: its manifest, and a tag if one is given.
///
/// The layers or images that the manifest refers to must be in the repository. A tag that points to
/// another image moves, unless the repository's tags are immutable. An image that is already there
/// with the tag is an error.
///
/// Source: ECR API Reference, `PutImage`; ECR User Guide, "Container image manifest format
/// support".
pub(crate) struct PutImage;

impl Operation for PutImage {
    type Api = api::PutImage;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app","imageTag":"latest",
        "imageManifest":"{\"schemaVersion\":2,\"manifests\":[]}",
        "imageManifestMediaType":"application/vnd.oci.image.index.v1+json"}"#;

    fn access(input: &api::PutImageRequest, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:PutImage", req, id, name)
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<api::PutImageResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let repository = place.find(tx)?;
        let text = input.image_manifest.as_deref().unwrap_or_default();
        let parsed = Parsed::read(text, input.image_manifest_media_type.as_deref())?;
        let digest = digest_of(text.as_bytes());
        if input
            .image_digest
            .as_ref()
            .is_some_and(|given| *given != digest)
        {
            return Err(errors::digest_mismatch());
        }
        let tag = input.image_tag.as_deref();
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(errors::invalid_parameter(
                "imageTag",
                "must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9-_.]{0,127}'",
            ));
        }
        let tagged = tag.and_then(|tag| tx.get::<ImageTag>(&place.tag_key(tag)));
        let there = tx.get::<Image>(&place.content_key(&digest));
        if there.is_some() && (tag.is_none() || tagged.as_ref().is_some_and(|t| t.digest == digest))
        {
            return Err(errors::image_exists(&place, &digest, tag));
        }
        if let (Some(tag), Some(_)) = (tag, &tagged)
            && repository.is_immutable(tag)
        {
            return Err(errors::tag_immutable(&place, tag));
        }
        let media_type = parsed.media_type.clone();
        let mut image = match there {
            Some(image) => image.cloned(),
            None => new_image(tx, &place, &digest, parsed, req.now)?,
        };
        if let Some(old) = tagged {
            let tag = tag.unwrap_or_default();
            tx.update::<Image>(&place.content_key(&old.digest), |old| {
                old.tags.retain(|t| t != tag)
            });
        }
        if let Some(tag) = tag {
            image.tags.push(tag.to_owned());
            tx.put(
                place.tag_key(tag),
                ImageTag {
                    digest: digest.clone(),
                },
            );
        }
        tx.put(
            place.content_key(&digest),
            Manifest {
                text: text.to_owned(),
            },
        );
        tx.put(place.content_key(&digest), image);
        let id = api::ImageIdentifier {
            image_digest: Some(digest),
            image_tag: tag.map(str::to_owned),
        };
        let image = api::Image {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            image_id: Some(id),
            image_manifest: Some(text.to_owned()),
            image_manifest_media_type: Some(media_type),
        };
        Ok(api::PutImageResponse { image: Some(image) })
    }
}

/// An image that the repository does not have yet: what it refers to must be there.
fn new_image(
    tx: &mut Txn,
    place: &Place,
    digest: &str,
    parsed: Parsed,
    now: Timestamp,
) -> Result<Image, AwsError> {
    let mut missing = Vec::new();
    let mut size = 0_u64;
    for blob in &parsed.blobs {
        let key = place.content_key(&blob.digest);
        let Some(layer) = tx.get::<Layer>(&key) else {
            missing.push(blob.digest.clone());
            continue;
        };
        size = size.saturating_add(layer.size);
        if layer.media_type.is_none() && !blob.media_type.is_empty() {
            let mut layer = layer.cloned();
            layer.media_type = Some(blob.media_type.clone());
            tx.put(key, layer);
        }
    }
    if !missing.is_empty() {
        missing.dedup();
        return Err(errors::layers_missing(place, &missing));
    }
    for image in &parsed.images {
        match tx.get::<Image>(&place.content_key(&image.digest)) {
            Some(image) => size = size.max(image.size),
            None => missing.push(image.digest.clone()),
        }
    }
    if !missing.is_empty() {
        return Err(errors::images_missing(place, &missing));
    }
    Ok(Image {
        digest: digest.to_owned(),
        media_type: parsed.media_type,
        artifact_type: parsed.artifact_type,
        size,
        pushed: now,
        pulled: None,
        tags: Vec::new(),
        blobs: parsed.blobs.into_iter().map(|blob| blob.digest).collect(),
        images: parsed
            .images
            .into_iter()
            .map(|image| image.digest)
            .collect(),
        subject: parsed.subject,
        annotations: parsed.annotations,
    })
}
