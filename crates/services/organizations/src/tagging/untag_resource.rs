//! `UntagResource`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::tagging::change;
use crate::{access, find};

/// Removes tags from a root, unit, account or policy; keys that are not there are ignored.
///
/// Source: AWS Organizations API Reference, `UntagResource`.
pub struct UntagResource;

impl Operation for UntagResource {
    type Api = rolecall_api::organizations::UntagResource;
    const EXAMPLE: &'static str = r#"{"ResourceId":"r-0123","TagKeys":["team"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let id = input.resource_id.as_deref().unwrap_or_default();
        let check = access::on(req, "organizations:UntagResource", id);
        Ok(check
            .tag_keys(input.tag_keys.clone().unwrap_or_default())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        change(
            tx,
            req.input.resource_id.as_deref().unwrap_or_default(),
            |tags| {
                for key in req.input.tag_keys.iter().flatten() {
                    tags.remove(key);
                }
                Ok(())
            },
        )?;
        Ok(Empty {})
    }
}
