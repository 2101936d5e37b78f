//! `ListTagsForResource`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{Tagged, check};
use crate::tags;

/// Lists the tags of a resource.
///
/// Source: Amazon ECS API Reference, `ListTagsForResource`.
pub struct ListTagsForResource;

impl Operation for ListTagsForResource {
    type Api = api::ListTagsForResource;

    const EXAMPLE: &'static str =
        r#"{"resourceArn": "arn:aws:ecs:us-east-1:123456789012:cluster/example"}"#;

    fn access(
        input: &api::ListTagsForResourceRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "ecs:ListTagsForResource",
            input.resource_arn.as_deref(),
        )
        .into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::ListTagsForResourceResponse, AwsError> {
        let resource = Tagged::parse(
            req.info,
            req.input.resource_arn.as_deref().unwrap_or_default(),
        )?;
        let all = resource.read(tx)?;
        Ok(api::ListTagsForResourceResponse {
            tags: Some(tags::shown(&all)),
        })
    }
}
