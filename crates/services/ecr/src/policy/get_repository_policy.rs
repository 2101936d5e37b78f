//! `GetRepositoryPolicy`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::shown;
use crate::access;
use crate::errors;
use crate::place::Place;

/// Answers with the policy of a repository. A user or role that is gone is shown by its unique id.
///
/// Source: ECR API Reference, `GetRepositoryPolicy`.
pub(crate) struct GetRepositoryPolicy;

impl Operation for GetRepositoryPolicy {
    type Api = api::GetRepositoryPolicy;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app"}"#;

    fn access(
        input: &api::GetRepositoryPolicyRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:GetRepositoryPolicy", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::GetRepositoryPolicyResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let repository = place.find(tx)?;
        let policy = repository
            .policy
            .as_ref()
            .ok_or_else(|| errors::no_repository_policy(&place))?;
        let snap = tx.snapshot_unchecked();
        let text = shown(policy, &snap);
        Ok(api::GetRepositoryPolicyResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            policy_text: Some(text),
        })
    }
}
