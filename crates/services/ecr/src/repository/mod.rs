//! Repositories, and the token that opens the registry.

mod create_repository;
mod delete_repository;
mod describe_repositories;
mod get_authorization_token;
mod put_image_scanning_configuration;
mod put_image_tag_mutability;

pub(crate) use create_repository::CreateRepository;
pub(crate) use delete_repository::DeleteRepository;
pub(crate) use describe_repositories::DescribeRepositories;
pub(crate) use get_authorization_token::GetAuthorizationToken;
pub(crate) use put_image_scanning_configuration::PutImageScanningConfiguration;
pub(crate) use put_image_tag_mutability::PutImageTagMutability;

use rolecall_api::ecr as api;
use rolecall_base::AwsError;

use crate::documents::{ExclusionFilter, Mutability, Repository};
use crate::errors;
use crate::place::Place;

/// The most filters of a repository, and wildcards in one (ECR User Guide, "Preventing image tags
/// from being overwritten").
const FILTERS_MAX: usize = 5;
const WILDCARDS_MAX: usize = 2;

/// A repository as the API shows it.
fn shown(repository: &Repository) -> api::Repository {
    let place = Place {
        account: repository.account.clone(),
        region: repository.region.clone(),
        name: repository.name.clone(),
    };
    api::Repository {
        repository_arn: Some(place.arn()),
        registry_id: Some(repository.account.to_string()),
        repository_name: Some(repository.name.clone()),
        repository_uri: Some(place.uri()),
        created_at: Some(repository.created),
        image_tag_mutability: Some(repository.mutability.as_str().to_owned()),
        image_tag_mutability_exclusion_filters: shown_filters(&repository.exclusion_filters),
        image_scanning_configuration: Some(api::ImageScanningConfiguration {
            scan_on_push: Some(repository.scan_on_push),
        }),
        encryption_configuration: Some(api::EncryptionConfiguration {
            encryption_type: Some(repository.encryption_type.clone()),
            kms_key: None,
        }),
    }
}

/// Absent if there are none.
fn shown_filters(
    filters: &[ExclusionFilter],
) -> Option<Vec<api::ImageTagMutabilityExclusionFilter>> {
    let shown = |filter: &ExclusionFilter| api::ImageTagMutabilityExclusionFilter {
        filter_type: Some(filter.kind.clone()),
        filter: Some(filter.filter.clone()),
    };
    (!filters.is_empty()).then(|| filters.iter().map(shown).collect())
}

/// Mutability and filters as a request gives them; both or neither take exceptions.
fn mutability(
    mutability: Option<&str>,
    filters: Option<&[api::ImageTagMutabilityExclusionFilter]>,
) -> Result<(Mutability, Vec<ExclusionFilter>), AwsError> {
    const FILTERS: &str = "imageTagMutabilityExclusionFilters";
    let mutability = mutability.and_then(Mutability::parse).unwrap_or_default();
    let filters: Vec<ExclusionFilter> = filters
        .unwrap_or_default()
        .iter()
        .map(|filter| ExclusionFilter {
            kind: filter.filter_type.clone().unwrap_or_default(),
            filter: filter.filter.clone().unwrap_or_default(),
        })
        .collect();
    if filters.len() > FILTERS_MAX {
        let message = format!("Member must have length less than or equal to {FILTERS_MAX}");
        return Err(errors::invalid_parameter(FILTERS, message));
    }
    let stars = |filter: &&ExclusionFilter| filter.filter.matches('*').count() > WILDCARDS_MAX;
    if let Some(filter) = filters.iter().find(stars) {
        let message = format!(
            "The filter {} has more than {WILDCARDS_MAX} wildcards",
            filter.filter
        );
        return Err(errors::invalid_parameter(FILTERS, message));
    }
    if mutability.with_exclusion() && filters.is_empty() {
        let message = format!("Filters must be given with {}", mutability.as_str());
        return Err(errors::invalid_parameter(FILTERS, message));
    }
    if !mutability.with_exclusion() && !filters.is_empty() {
        let message = format!("Filters cannot be given with {}", mutability.as_str());
        return Err(errors::invalid_parameter(FILTERS, message));
    }
    Ok((mutability, filters))
}
