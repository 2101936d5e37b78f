//! `PutLifecyclePolicy`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::rules;
use crate::access;
use crate::documents::Lifecycle;
use crate::place::Place;

/// Sets the lifecycle policy of a repository in place of the one it has. Images expire by it soon
/// after, and every hour.
///
/// Source: ECR API Reference, `PutLifecyclePolicy`.
pub(crate) struct PutLifecyclePolicy;

impl Operation for PutLifecyclePolicy {
    type Api = api::PutLifecyclePolicy;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app","lifecyclePolicyText":
        "{\"rules\":[{\"rulePriority\":1,\"selection\":{\"tagStatus\":\"untagged\",\"countType\":\"sinceImagePushed\",\"countUnit\":\"days\",\"countNumber\":14},\"action\":{\"type\":\"expire\"}}]}"}"#;

    fn access(
        input: &api::PutLifecyclePolicyRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:PutLifecyclePolicy", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::PutLifecyclePolicyResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let mut repository = place.find(tx)?.cloned();
        let text = rules::check(input.lifecycle_policy_text.as_deref().unwrap_or_default())?;
        repository.lifecycle = Some(Lifecycle {
            text: text.clone(),
            put: Some(req.now),
            evaluated: None,
        });
        tx.put(place.key(), repository);
        Ok(api::PutLifecyclePolicyResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            lifecycle_policy_text: Some(text),
        })
    }
}
