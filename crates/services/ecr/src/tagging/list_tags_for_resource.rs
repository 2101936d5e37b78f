//! `ListTagsForResource`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::place::Place;

/// Lists the tags of a repository.
///
/// Source: ECR API Reference, `ListTagsForResource`.
pub(crate) struct ListTagsForResource;

impl Operation for ListTagsForResource {
    type Api = api::ListTagsForResource;

    const EXAMPLE: &'static str =
        r#"{"resourceArn":"arn:aws:ecr:us-east-1:123456789012:repository/team/app"}"#;

    fn access(
        input: &api::ListTagsForResourceRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let arn = input.resource_arn.as_deref();
        Ok(access::by_arn("ecr:ListTagsForResource", req, arn)?
            .1
            .into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::ListTagsForResourceResponse, AwsError> {
        let place = Place::of_arn(req.input.resource_arn.as_deref())?;
        let repository = place.find(tx)?;
        let shown = repository.tags.iter().map(|(key, value)| api::Tag {
            key: Some(key.to_owned()),
            value: Some(value.to_owned()),
        });
        Ok(api::ListTagsForResourceResponse {
            tags: Some(shown.collect()),
        })
    }
}
