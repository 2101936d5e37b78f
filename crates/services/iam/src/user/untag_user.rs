//! `UntagUser`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Removes tags; keys that are not there are ignored.
///
/// Source: IAM API Reference, `UntagUser`.
pub struct UntagUser;

impl Operation for UntagUser {
    type Api = rolecall_api::iam::UntagUser;
    const EXAMPLE: &'static str = r#"{"UserName":"app","TagKeys":["Name"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::user(req, "iam:UntagUser", required(&input.user_name));
        Ok(check
            .tag_keys(input.tag_keys.clone().unwrap_or_default())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.user_name);
        holder::untag::<User>(tx, req.account(), name, &req.input.tag_keys)?;
        Ok(Empty {})
    }
}
