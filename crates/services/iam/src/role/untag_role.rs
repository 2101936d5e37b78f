//! `UntagRole`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Removes tags; keys that are not there are ignored.
///
/// Source: IAM API Reference, `UntagRole`.
pub struct UntagRole;

impl Operation for UntagRole {
    type Api = rolecall_api::iam::UntagRole;
    const EXAMPLE: &'static str = r#"{"RoleName":"app","TagKeys":["Name"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::role(req, "iam:UntagRole", required(&input.role_name));
        Ok(check
            .tag_keys(input.tag_keys.clone().unwrap_or_default())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.role_name);
        holder::untag::<Role>(tx, req.account(), name, &req.input.tag_keys)?;
        Ok(Empty {})
    }
}
