//! `ListImages`.

use rolecall_api::ecr as api;
use rolecall_base::{AwsError, page};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{has_tag_status, wants_active};
use crate::access;
use crate::documents::Image;
use crate::listing;
use crate::place::Place;

/// Lists the images of a repository: each tag with its digest, and the digests without a tag.
///
/// Source: ECR API Reference, `ListImages`.
pub(crate) struct ListImages;

impl Operation for ListImages {
    type Api = api::ListImages;

    const EXAMPLE: &'static str =
        r#"{"repositoryName":"team/app","filter":{"tagStatus":"TAGGED"}}"#;

    fn access(input: &api::ListImagesRequest, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:ListImages", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::ListImagesResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        place.find(tx)?;
        let after = listing::after(input.next_token.as_deref())?;
        let filter = input.filter.clone().unwrap_or_default();
        let mut ids = Vec::new();
        if wants_active(filter.image_status.as_deref()) {
            for (_, image) in tx.range::<Image>(&place.content_key("")) {
                if has_tag_status(&image, filter.tag_status.as_deref()) {
                    push_ids(&image, &mut ids);
                }
            }
        }
        let max = listing::page_size(input.max_results);
        let page = page::page(ids, key, after.as_deref(), max);
        Ok(api::ListImagesResponse {
            image_ids: Some(page.items),
            next_token: page.next,
        })
    }
}

/// In the order of [`key`].
fn push_ids(image: &Image, ids: &mut Vec<api::ImageIdentifier>) {
    let id = |image_tag| api::ImageIdentifier {
        image_digest: Some(image.digest.clone()),
        image_tag,
    };
    let mut tags = image.tags.clone();
    tags.sort_unstable();
    if tags.is_empty() {
        ids.push(id(None));
    }
    ids.extend(tags.into_iter().map(|tag| id(Some(tag))));
}

fn key(id: &api::ImageIdentifier) -> String {
    let digest = id.image_digest.as_deref().unwrap_or_default();
    format!("{digest} {}", id.image_tag.as_deref().unwrap_or_default())
}
