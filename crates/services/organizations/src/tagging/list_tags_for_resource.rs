//! `ListTagsForResource`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find, tags};

/// The tags of a root, unit, account or policy.
///
/// Source: AWS Organizations API Reference, `ListTagsForResource`.
pub struct ListTagsForResource;

impl Operation for ListTagsForResource {
    type Api = rolecall_api::organizations::ListTagsForResource;
    const EXAMPLE: &'static str = r#"{"ResourceId":"r-0123"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on(
            req,
            "organizations:ListTagsForResource",
            input.resource_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let id = req.input.resource_id.as_deref().unwrap_or_default();
        let tags = match find::target(tx, id) {
            Ok(target) => target.tags,
            Err(_) => find::policy(tx, id).map_err(|_| errors::no_target())?.tags,
        };
        Ok(api::ListTagsForResourceResponse {
            tags: Some(tags::shown(&tags)),
            next_token: None,
        })
    }
}
