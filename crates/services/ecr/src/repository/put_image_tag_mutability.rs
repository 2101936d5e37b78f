//! `PutImageTagMutability`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{mutability, shown_filters};
use crate::access;
use crate::place::Place;

/// Sets whether the tags of a repository can be overwritten.
///
/// Source: ECR API Reference, `PutImageTagMutability`.
pub(crate) struct PutImageTagMutability;

impl Operation for PutImageTagMutability {
    type Api = api::PutImageTagMutability;

    const EXAMPLE: &'static str =
        r#"{"repositoryName":"team/app","imageTagMutability":"IMMUTABLE"}"#;

    fn access(
        input: &api::PutImageTagMutabilityRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:PutImageTagMutability", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::PutImageTagMutabilityResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let (mutability, filters) = mutability(
            input.image_tag_mutability.as_deref(),
            input.image_tag_mutability_exclusion_filters.as_deref(),
        )?;
        let mut repository = place.find(tx)?.cloned();
        let shown = shown_filters(&filters);
        repository.mutability = mutability;
        repository.exclusion_filters = filters;
        tx.put(place.key(), repository);
        Ok(api::PutImageTagMutabilityResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            image_tag_mutability: Some(mutability.as_str().to_owned()),
            image_tag_mutability_exclusion_filters: shown,
        })
    }
}
