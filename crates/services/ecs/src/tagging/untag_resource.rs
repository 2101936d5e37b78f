//! `UntagResource`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{Tagged, check};

/// Takes tags away from a resource.
///
/// Source: Amazon ECS API Reference, `UntagResource`.
pub struct UntagResource;

impl Operation for UntagResource {
    type Api = api::UntagResource;

    const EXAMPLE: &'static str = r#"{
        "resourceArn": "arn:aws:ecs:us-east-1:123456789012:cluster/example",
        "tagKeys": ["team"]
    }"#;

    fn access(
        input: &api::UntagResourceRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let keys = input.tag_keys.clone().unwrap_or_default();
        let check = check(req, "ecs:UntagResource", input.resource_arn.as_deref());
        Ok(check.tag_keys(keys).into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::UntagResourceResponse, AwsError> {
        let resource = Tagged::parse(
            req.info,
            req.input.resource_arn.as_deref().unwrap_or_default(),
        )?;
        let mut all = resource.read(tx)?;
        for key in req.input.tag_keys.iter().flatten() {
            all.remove(key);
        }
        resource.write(tx, all);
        Ok(api::UntagResourceResponse {})
    }
}
