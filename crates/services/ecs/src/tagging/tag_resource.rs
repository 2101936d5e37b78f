//! `TagResource`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{Tagged, check};
use crate::tags;

/// Sets tags of a resource; the others stay.
///
/// Source: Amazon ECS API Reference, `TagResource`.
pub struct TagResource;

impl Operation for TagResource {
    type Api = api::TagResource;

    const EXAMPLE: &'static str = r#"{
        "resourceArn": "arn:aws:ecs:us-east-1:123456789012:cluster/example",
        "tags": [{"key": "team", "value": "a"}]
    }"#;

    fn access(
        input: &api::TagResourceRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let given = tags::requested(input.tags.as_deref());
        let check = check(req, "ecs:TagResource", input.resource_arn.as_deref());
        Ok(check.request_tags(&given).into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::TagResourceResponse, AwsError> {
        let resource = Tagged::parse(
            req.info,
            req.input.resource_arn.as_deref().unwrap_or_default(),
        )?;
        let mut all = resource.read(tx)?;
        tags::merge(&mut all, &tags::validated(req.input.tags.as_deref())?)?;
        resource.write(tx, all);
        Ok(api::TagResourceResponse {})
    }
}
