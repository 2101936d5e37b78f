//! `DescribeRepositories`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::shown;
use crate::access::repository_checks;
use crate::documents::Repository;
use crate::listing;
use crate::place::Place;

/// Describes the repositories that are named, or all of the registry, page by page.
///
/// Without names the resource is `repository/*`.
///
/// Source: ECR API Reference, `DescribeRepositories`.
pub(crate) struct DescribeRepositories;

impl Operation for DescribeRepositories {
    type Api = api::DescribeRepositories;

    const EXAMPLE: &'static str = r#"{"repositoryNames":["team/app"]}"#;

    fn access(
        input: &api::DescribeRepositoriesRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let mut checks = Vec::new();
        for name in names(input) {
            let place = Place::of(req.info, input.registry_id.as_deref(), Some(name))?;
            let one =
                repository_checks("ecr:DescribeRepositories", req.snap, req.account(), &place);
            if one.is_empty() {
                return Ok(Access::Checks(one));
            }
            checks.extend(one);
        }
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DescribeRepositoriesResponse, AwsError> {
        let input = req.input;
        let registry_id = input.registry_id.as_deref();
        if let Some(names) = input
            .repository_names
            .as_ref()
            .filter(|names| !names.is_empty())
        {
            let mut repositories = Vec::with_capacity(names.len());
            for name in names {
                let place = Place::of(req.info, registry_id, Some(name))?;
                let repository = place.find(tx)?;
                repositories.push(shown(&repository));
            }
            return Ok(api::DescribeRepositoriesResponse {
                repositories: Some(repositories),
                next_token: None,
            });
        }
        let prefix = Place::of(req.info, registry_id, None)?.key();
        let after = listing::after(input.next_token.as_deref())?;
        let max = listing::page_size(input.max_results);
        let (page, next_token) =
            listing::page::<Repository>(tx, &prefix, after.as_deref(), max, |_| true);
        let repositories = page.iter().map(|repository| shown(repository)).collect();
        Ok(api::DescribeRepositoriesResponse {
            repositories: Some(repositories),
            next_token,
        })
    }
}

/// The names that access is checked of.
fn names(input: &api::DescribeRepositoriesRequest) -> Vec<&str> {
    match input.repository_names.as_deref() {
        Some(names) if !names.is_empty() => names.iter().map(String::as_str).collect(),
        _ => vec!["*"],
    }
}
