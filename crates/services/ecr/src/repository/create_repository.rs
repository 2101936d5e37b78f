//! `CreateRepository`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{mutability, shown};
use crate::documents::Repository;
use crate::errors;
use crate::place::Place;
use crate::tagging::{check_tags, given_tags};

/// Creates a repository.
///
/// With tags, the caller needs `ecr:TagResource` too, under the same request tags (ECR User Guide,
/// "Using Tag-Based Access Control").
///
/// Source: ECR API Reference, `CreateRepository`.
pub(crate) struct CreateRepository;

impl Operation for CreateRepository {
    type Api = api::CreateRepository;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app","imageTagMutability":"MUTABLE",
        "imageScanningConfiguration":{"scanOnPush":true},"tags":[{"Key":"env","Value":"dev"}]}"#;

    fn access(
        input: &api::CreateRepositoryRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let tags = given_tags(input.tags.as_deref());
        let check = |action| {
            let check = AccessCheck::new(action, place.arn()).request_tags(&tags);
            if place.account == *req.account() {
                check
            } else {
                check.owned_by(place.account.clone())
            }
        };
        let mut checks = vec![check("ecr:CreateRepository")];
        if !tags.is_empty() {
            checks.push(check("ecr:TagResource"));
        }
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::CreateRepositoryResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let (mutability, exclusion_filters) = mutability(
            input.image_tag_mutability.as_deref(),
            input.image_tag_mutability_exclusion_filters.as_deref(),
        )?;
        let tags = given_tags(input.tags.as_deref());
        check_tags(input.tags.as_deref(), &tags)?;
        let encryption = input.encryption_configuration.as_ref();
        let encryption_type = encryption
            .and_then(|e| e.encryption_type.as_deref())
            .unwrap_or("AES256");
        if encryption_type != "AES256" || encryption.is_some_and(|e| e.kms_key.is_some()) {
            return Err(errors::kms());
        }
        if tx.get::<Repository>(&place.key()).is_some() {
            return Err(errors::repository_exists(&place));
        }
        let scan = input.image_scanning_configuration.as_ref();
        let repository = Repository {
            account: place.account.clone(),
            region: place.region.clone(),
            name: place.name.clone(),
            created: req.now,
            mutability,
            exclusion_filters,
            scan_on_push: scan.and_then(|scan| scan.scan_on_push).unwrap_or(false),
            encryption_type: encryption_type.to_owned(),
            tags,
            policy: None,
            lifecycle: None,
            preview: None,
        };
        let shown = shown(&repository);
        tx.put(place.key(), repository);
        Ok(api::CreateRepositoryResponse {
            repository: Some(shown),
        })
    }
}
