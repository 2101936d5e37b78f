//! `TagResource`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::tagging::change;
use crate::{access, find, tags};

/// Adds tags to a root, unit, account or policy.
///
/// Source: AWS Organizations API Reference, `TagResource`.
pub struct TagResource;

impl Operation for TagResource {
    type Api = rolecall_api::organizations::TagResource;
    const EXAMPLE: &'static str =
        r#"{"ResourceId":"r-0123","Tags":[{"Key":"team","Value":"blue"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let id = input.resource_id.as_deref().unwrap_or_default();
        let check = access::on(req, "organizations:TagResource", id);
        Ok(check.request_tags(&tags::given(&input.tags)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        change(
            tx,
            req.input.resource_id.as_deref().unwrap_or_default(),
            |tags| tags::add(tags, &req.input.tags),
        )?;
        Ok(Empty {})
    }
}
