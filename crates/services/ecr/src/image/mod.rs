//! Images: manifests by digest, and the tags that point to them.

mod batch_delete_image;
mod batch_get_image;
mod describe_images;
mod list_images;
mod put_image;

pub(crate) use batch_delete_image::{BatchDeleteImage, delete};
pub(crate) use batch_get_image::BatchGetImage;
pub(crate) use describe_images::DescribeImages;
pub(crate) use list_images::ListImages;
pub(crate) use put_image::PutImage;

use rolecall_api::ecr as api;
use rolecall_store::{Doc, Txn};

use crate::documents::{Image, ImageTag};
use crate::manifest::is_digest;
use crate::place::Place;

/// Why an image that is named by an identifier is not answered with.
pub(crate) struct NotThere {
    code: &'static str,
    reason: &'static str,
}

impl NotThere {
    const NOT_FOUND: Self = Self {
        code: "ImageNotFound",
        reason: "Requested image not found",
    };

    fn failure(self, id: &api::ImageIdentifier) -> api::ImageFailure {
        api::ImageFailure {
            image_id: Some(id.clone()),
            failure_code: Some(self.code.to_owned()),
            failure_reason: Some(self.reason.to_owned()),
        }
    }
}

/// The image that a digest, a tag, or both name.
///
/// Source: ECR API Reference, `ImageFailure`, `failureCode`.
pub(crate) fn named(
    tx: &Txn,
    place: &Place,
    id: &api::ImageIdentifier,
) -> Result<Doc<Image>, NotThere> {
    let digest = match (&id.image_digest, &id.image_tag) {
        (None, None) => {
            return Err(NotThere {
                code: "MissingDigestAndTag",
                reason: "Invalid request parameters: both tag and digest cannot be null",
            });
        }
        (Some(digest), _) if !is_digest(digest) => {
            return Err(NotThere {
                code: "InvalidImageDigest",
                reason: "Invalid request parameters: image digest should satisfy the regex \
                         '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
            });
        }
        (Some(digest), None) => digest.clone(),
        (digest, Some(tag)) => {
            let found = tx
                .get::<ImageTag>(&place.tag_key(tag))
                .ok_or(NotThere::NOT_FOUND)?;
            if digest
                .as_ref()
                .is_some_and(|digest| *digest != found.digest)
            {
                return Err(NotThere {
                    code: "ImageTagDoesNotMatchDigest",
                    reason: "Invalid request parameters: image tag does not match image digest",
                });
            }
            found.digest.clone()
        }
    };
    tx.get::<Image>(&place.content_key(&digest))
        .ok_or(NotThere::NOT_FOUND)
}

/// Whether a filter by tags lets an image through.
pub(crate) fn has_tag_status(image: &Image, status: Option<&str>) -> bool {
    match status {
        Some("TAGGED") => !image.tags.is_empty(),
        Some("UNTAGGED") => image.tags.is_empty(),
        _ => true,
    }
}

/// Whether a filter by status lets images through: all are active, there is no archive.
fn wants_active(status: Option<&str>) -> bool {
    !matches!(status, Some("ARCHIVED" | "ACTIVATING"))
}
