//! `TagResource`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{check_tags, given_tags};
use crate::access;
use crate::place::Place;

/// Adds tags to a repository; a key that it has gets the new value.
///
/// Source: ECR API Reference, `TagResource`.
pub(crate) struct TagResource;

impl Operation for TagResource {
    type Api = api::TagResource;

    const EXAMPLE: &'static str = r#"{
        "resourceArn":"arn:aws:ecr:us-east-1:123456789012:repository/team/app",
        "tags":[{"Key":"env","Value":"dev"}]}"#;

    fn access(
        input: &api::TagResourceRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (_, checks) = access::by_arn("ecr:TagResource", req, input.resource_arn.as_deref())?;
        let tags = given_tags(input.tags.as_deref());
        let checks: Vec<_> = checks
            .into_iter()
            .map(|check| check.request_tags(&tags))
            .collect();
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::TagResourceResponse, AwsError> {
        let place = Place::of_arn(req.input.resource_arn.as_deref())?;
        let mut repository = place.find(tx)?.cloned();
        for (key, value) in given_tags(req.input.tags.as_deref()).iter() {
            repository.tags.set(key.to_owned(), value.to_owned());
        }
        check_tags(req.input.tags.as_deref(), &repository.tags)?;
        tx.put(place.key(), repository);
        Ok(api::TagResourceResponse {})
    }
}
