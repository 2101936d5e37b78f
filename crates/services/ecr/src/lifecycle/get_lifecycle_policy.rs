//! `GetLifecyclePolicy`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::errors;
use crate::place::Place;

/// Answers with the lifecycle policy of a repository.
///
/// Source: ECR API Reference, `GetLifecyclePolicy`.
pub(crate) struct GetLifecyclePolicy;

impl Operation for GetLifecyclePolicy {
    type Api = api::GetLifecyclePolicy;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app"}"#;

    fn access(
        input: &api::GetLifecyclePolicyRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:GetLifecyclePolicy", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::GetLifecyclePolicyResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let repository = place.find(tx)?;
        let lifecycle = repository
            .lifecycle
            .as_ref()
            .ok_or_else(|| errors::no_lifecycle_policy(&place))?;
        let (text, evaluated) = (lifecycle.text.clone(), lifecycle.evaluated);
        Ok(api::GetLifecyclePolicyResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            lifecycle_policy_text: Some(text),
            last_evaluated_at: evaluated,
        })
    }
}
