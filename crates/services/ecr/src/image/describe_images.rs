//! `DescribeImages`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{has_tag_status, named, wants_active};
use crate::access;
use crate::documents::Image;
use crate::errors;
use crate::listing;
use crate::place::Place;

/// Describes the images that are named, or all of a repository, page by page.
///
/// Source: ECR API Reference, `DescribeImages`.
pub(crate) struct DescribeImages;

impl Operation for DescribeImages {
    type Api = api::DescribeImages;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app"}"#;

    fn access(
        input: &api::DescribeImagesRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:DescribeImages", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DescribeImagesResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        place.find(tx)?;
        if let Some(ids) = input.image_ids.as_ref().filter(|ids| !ids.is_empty()) {
            let mut details = Vec::with_capacity(ids.len());
            for id in ids {
                let (digest, tag) = (id.image_digest.as_deref(), id.image_tag.as_deref());
                let image =
                    named(tx, &place, id).map_err(|_| errors::no_image(&place, digest, tag))?;
                details.push(shown(&place, &image));
            }
            return Ok(api::DescribeImagesResponse {
                image_details: Some(details),
                next_token: None,
            });
        }
        let filter = input.filter.clone().unwrap_or_default();
        let after = listing::after(input.next_token.as_deref())?;
        let max = listing::page_size(input.max_results);
        let (tags, status) = (filter.tag_status.as_deref(), filter.image_status.as_deref());
        let keep = |image: &Image| has_tag_status(image, tags) && wants_active(status);
        let prefix = place.content_key("");
        let (page, next_token) =
            listing::page::<Image>(tx, &prefix, after.as_deref(), max, |image| keep(image));
        let details = page.iter().map(|image| shown(&place, image)).collect();
        Ok(api::DescribeImagesResponse {
            image_details: Some(details),
            next_token,
        })
    }
}

fn shown(place: &Place, image: &Image) -> api::ImageDetail {
    api::ImageDetail {
        registry_id: Some(place.account.to_string()),
        repository_name: Some(place.name.clone()),
        image_digest: Some(image.digest.clone()),
        image_tags: (!image.tags.is_empty()).then(|| image.tags.clone()),
        image_size_in_bytes: Some(i64::try_from(image.size).unwrap_or(i64::MAX)),
        image_pushed_at: Some(image.pushed),
        image_manifest_media_type: Some(image.media_type.clone()),
        artifact_media_type: image.artifact_type.clone(),
        last_recorded_pull_time: image.pulled,
        subject_manifest_digest: image.subject.clone(),
        image_status: Some("ACTIVE".to_owned()),
        ..api::ImageDetail::default()
    }
}
