//! `TagUser`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder, tags};

/// Adds tags, replacing the values of those that are there; keys ignore case.
///
/// Source: IAM API Reference, `TagUser`.
pub struct TagUser;

impl Operation for TagUser {
    type Api = rolecall_api::iam::TagUser;
    const EXAMPLE: &'static str = r#"{"UserName":"app","Tags":[{"Key":"Name","Value":"app"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::user(req, "iam:TagUser", required(&input.user_name));
        Ok(check.request_tags(&tags::given(&input.tags)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        holder::tag::<User>(
            tx,
            req.account(),
            required(&req.input.user_name),
            &req.input.tags,
        )?;
        Ok(Empty {})
    }
}
