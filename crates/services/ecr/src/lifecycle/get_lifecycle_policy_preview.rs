//! `GetLifecyclePolicyPreview`.

use std::collections::HashSet;

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_base::page::token;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::expire::{Expired, images, what_expires};
use crate::access;
use crate::documents::Image;
use crate::errors;
use crate::image::{has_tag_status, named};
use crate::listing;
use crate::place::Place;

/// What the previewed lifecycle policy would expire of the images that were there when the preview
/// was started: those that are named, or all, page by page. The summary counts all.
///
/// Source: ECR API Reference, `GetLifecyclePolicyPreview`.
pub(crate) struct GetLifecyclePolicyPreview;

impl Operation for GetLifecyclePolicyPreview {
    type Api = api::GetLifecyclePolicyPreview;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app"}"#;

    fn access(
        input: &api::GetLifecyclePolicyPreviewRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:GetLifecyclePolicyPreview", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::GetLifecyclePolicyPreviewResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let repository = place.find(tx)?;
        let preview = repository
            .preview
            .as_ref()
            .ok_or_else(|| errors::no_lifecycle_preview(&place))?;
        let mut known = images(tx, &place);
        known.retain(|image| image.pushed <= preview.at);
        let known: Vec<&Image> = known.iter().collect();
        let mut results = what_expires(&preview.text, &known, preview.at)?;
        let total = i32::try_from(results.len()).unwrap_or(i32::MAX);
        results.sort_by(|a, b| a.image.digest.cmp(&b.image.digest));
        let (results, next_token) = page(results, input, tx, &place)?;
        Ok(api::GetLifecyclePolicyPreviewResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            lifecycle_policy_text: Some(preview.text.clone()),
            status: Some("COMPLETE".to_owned()),
            next_token,
            preview_results: Some(results),
            summary: Some(api::LifecyclePolicyPreviewSummary {
                expiring_image_total_count: Some(total),
                transitioning_image_total_counts: None,
            }),
        })
    }
}

/// Those of `results` that the request asks for, and the token of the next page.
fn page(
    mut results: Vec<Expired>,
    input: &api::GetLifecyclePolicyPreviewRequest,
    tx: &Txn,
    place: &Place,
) -> Result<(Vec<api::LifecyclePolicyPreviewResult>, Option<String>), AwsError> {
    let status = input.filter.as_ref().and_then(|f| f.tag_status.as_deref());
    results.retain(|one| has_tag_status(&one.image, status));
    if let Some(ids) = input.image_ids.as_ref().filter(|ids| !ids.is_empty()) {
        let wanted: HashSet<String> = ids
            .iter()
            .filter_map(|id| Some(named(tx, place, id).ok()?.digest.clone()))
            .collect();
        results.retain(|one| wanted.contains(&one.image.digest));
        return Ok((results.into_iter().map(shown).collect(), None));
    }
    if let Some(after) = listing::after(input.next_token.as_deref())? {
        results.retain(|one| one.image.digest > after);
    }
    let max = listing::page_size(input.max_results);
    let more = results.len() > max;
    results.truncate(max);
    let last = results.last().map(|one| token(&one.image.digest));
    let shown = results.into_iter().map(shown).collect();
    Ok((shown, last.filter(|_| more)))
}

fn shown(one: Expired) -> api::LifecyclePolicyPreviewResult {
    let Expired { image, rule } = one;
    api::LifecyclePolicyPreviewResult {
        image_tags: (!image.tags.is_empty()).then_some(image.tags),
        image_digest: Some(image.digest),
        image_pushed_at: Some(image.pushed),
        action: Some(api::LifecyclePolicyRuleAction {
            r#type: Some("EXPIRE".to_owned()),
            target_storage_class: None,
        }),
        applied_rule_priority: rule
            .map(|(_, priority)| i32::try_from(priority).unwrap_or(i32::MAX)),
        storage_class: None,
    }
}
