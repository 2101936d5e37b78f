//! `StartLifecyclePolicyPreview`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::rules;
use crate::access;
use crate::documents::Preview;
use crate::errors;
use crate::place::Place;

/// Tries out a lifecycle policy, the one given or the repository's own, in place of an earlier
/// preview. It is complete at once.
///
/// Source: ECR API Reference, `StartLifecyclePolicyPreview`.
pub(crate) struct StartLifecyclePolicyPreview;

impl Operation for StartLifecyclePolicyPreview {
    type Api = api::StartLifecyclePolicyPreview;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app","lifecyclePolicyText":
        "{\"rules\":[{\"rulePriority\":1,\"selection\":{\"tagStatus\":\"untagged\",\"countType\":\"imageCountMoreThan\",\"countNumber\":5},\"action\":{\"type\":\"expire\"}}]}"}"#;

    fn access(
        input: &api::StartLifecyclePolicyPreviewRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:StartLifecyclePolicyPreview", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::StartLifecyclePolicyPreviewResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let mut repository = place.find(tx)?.cloned();
        let text = match (&input.lifecycle_policy_text, &repository.lifecycle) {
            (Some(text), _) => rules::check(text)?,
            (None, Some(lifecycle)) => lifecycle.text.clone(),
            (None, None) => return Err(errors::no_lifecycle_policy(&place)),
        };
        repository.preview = Some(Preview {
            text: text.clone(),
            at: req.now,
        });
        tx.put(place.key(), repository);
        Ok(api::StartLifecyclePolicyPreviewResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            lifecycle_policy_text: Some(text),
            status: Some("IN_PROGRESS".to_owned()),
        })
    }
}
