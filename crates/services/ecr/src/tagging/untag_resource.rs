//! `UntagResource`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::place::Place;

/// Removes tags from a repository; keys that it does not have are ignored.
///
/// Source: ECR API Reference, `UntagResource`.
pub(crate) struct UntagResource;

impl Operation for UntagResource {
    type Api = api::UntagResource;

    const EXAMPLE: &'static str = r#"{
        "resourceArn":"arn:aws:ecr:us-east-1:123456789012:repository/team/app",
        "tagKeys":["env"]}"#;

    fn access(
        input: &api::UntagResourceRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (_, checks) = access::by_arn("ecr:UntagResource", req, input.resource_arn.as_deref())?;
        let keys = || input.tag_keys.clone().unwrap_or_default();
        let checks: Vec<_> = checks
            .into_iter()
            .map(|check| check.tag_keys(keys()))
            .collect();
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::UntagResourceResponse, AwsError> {
        let place = Place::of_arn(req.input.resource_arn.as_deref())?;
        let mut repository = place.find(tx)?.cloned();
        for key in req.input.tag_keys.iter().flatten() {
            repository.tags.remove(key);
        }
        tx.put(place.key(), repository);
        Ok(api::UntagResourceResponse {})
    }
}
