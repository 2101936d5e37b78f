//! `DeleteRepositoryPolicy`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::shown;
use crate::access;
use crate::errors;
use crate::place::Place;

/// Deletes the policy of a repository, and answers with it.
///
/// Source: ECR API Reference, `DeleteRepositoryPolicy`.
pub(crate) struct DeleteRepositoryPolicy;

impl Operation for DeleteRepositoryPolicy {
    type Api = api::DeleteRepositoryPolicy;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app"}"#;

    fn access(
        input: &api::DeleteRepositoryPolicyRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:DeleteRepositoryPolicy", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DeleteRepositoryPolicyResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let mut repository = place.find(tx)?.cloned();
        let policy = repository
            .policy
            .take()
            .ok_or_else(|| errors::no_repository_policy(&place))?;
        tx.put(place.key(), repository);
        let snap = tx.snapshot_unchecked();
        let text = shown(&policy, &snap);
        Ok(api::DeleteRepositoryPolicyResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            policy_text: Some(text),
        })
    }
}
