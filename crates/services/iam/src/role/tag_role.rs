//! `TagRole`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder, tags};

/// Adds tags, replacing the values of those that are there; keys ignore case.
///
/// Source: IAM API Reference, `TagRole`.
pub struct TagRole;

impl Operation for TagRole {
    type Api = rolecall_api::iam::TagRole;
    const EXAMPLE: &'static str = r#"{"RoleName":"app","Tags":[{"Key":"Name","Value":"app"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::role(req, "iam:TagRole", required(&input.role_name));
        Ok(check.request_tags(&tags::given(&input.tags)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        holder::tag::<Role>(
            tx,
            req.account(),
            required(&req.input.role_name),
            &req.input.tags,
        )?;
        Ok(Empty {})
    }
}
