//! `DeleteLifecyclePolicy`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::errors;
use crate::place::Place;

/// Deletes the lifecycle policy of a repository, and answers with it.
///
/// Source: ECR API Reference, `DeleteLifecyclePolicy`.
pub(crate) struct DeleteLifecyclePolicy;

impl Operation for DeleteLifecyclePolicy {
    type Api = api::DeleteLifecyclePolicy;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app"}"#;

    fn access(
        input: &api::DeleteLifecyclePolicyRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:DeleteLifecyclePolicy", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DeleteLifecyclePolicyResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let mut repository = place.find(tx)?.cloned();
        let lifecycle = repository
            .lifecycle
            .take()
            .ok_or_else(|| errors::no_lifecycle_policy(&place))?;
        tx.put(place.key(), repository);
        let (text, evaluated) = (lifecycle.text, lifecycle.evaluated);
        Ok(api::DeleteLifecyclePolicyResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            lifecycle_policy_text: Some(text),
            last_evaluated_at: evaluated,
        })
    }
}
