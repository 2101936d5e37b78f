//! The checks that operations on repositories declare.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
//! Elastic Container Registry": every action on a repository names its ARN and may be conditioned
//! on its tags; the repository policy is consulted beside the caller's own.

use rolecall_base::{AccountId, AwsError};
use rolecall_op::{Access, AccessCheck, AccessRequest};
use rolecall_policy::PolicyKind;
use rolecall_store::Snapshot;

use crate::documents::Repository;
use crate::place::Place;

/// The checks of `action` on a repository, for a caller of the account `caller`.
///
/// Empty, which denies, if the repository has a policy that no longer compiles: it may hold a Deny.
/// A repository that does not exist is checked by its ARN alone.
pub fn repository_checks(
    action: &'static str,
    snap: &Snapshot,
    caller: &AccountId,
    place: &Place,
) -> Vec<AccessCheck> {
    let mut check = AccessCheck::new(action, place.arn());
    if place.account != *caller {
        check = check.owned_by(place.account.clone());
    }
    let Some(repository) = snap.get::<Repository>(&place.key()) else {
        return vec![check];
    };
    check = check.service_resource_tags("ecr", &repository.tags);
    match &repository.policy {
        None => vec![check],
        Some(text) => match text.compiled(PolicyKind::Resource) {
            Some(policy) => vec![check.resource_policy(Some(policy.clone()))],
            None => {
                tracing::error!(
                    repository = place.arn(),
                    "the repository policy does not compile"
                );
                Vec::new()
            }
        },
    }
}

/// What an operation declares that acts on the repository named by a registry id and a name.
pub(crate) fn repository(
    action: &'static str,
    req: &AccessRequest<'_>,
    registry_id: Option<&str>,
    name: Option<&str>,
) -> Result<Access, AwsError> {
    let place = Place::of(req.info, registry_id, name)?;
    Ok(repository_checks(action, req.snap, req.account(), &place).into())
}

/// What an operation declares that acts on the repository named by its ARN.
pub(crate) fn by_arn(
    action: &'static str,
    req: &AccessRequest<'_>,
    arn: Option<&str>,
) -> Result<(Place, Vec<AccessCheck>), AwsError> {
    let place = Place::of_arn(arn)?;
    let checks = repository_checks(action, req.snap, req.account(), &place);
    Ok((place, checks))
}
