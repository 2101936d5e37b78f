//! `PutUserPermissionsBoundary`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Sets the managed policy that bounds it.
///
/// Source: IAM API Reference, `PutUserPermissionsBoundary`.
pub struct PutUserPermissionsBoundary;

impl Operation for PutUserPermissionsBoundary {
    type Api = rolecall_api::iam::PutUserPermissionsBoundary;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","PermissionsBoundary":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.user_name);
        let check = access::user(req, "iam:PutUserPermissionsBoundary", name);
        let boundary = required(&input.permissions_boundary);
        Ok(check.key("iam:PermissionsBoundary", boundary).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.user_name);
        let arn = required(&req.input.permissions_boundary);
        holder::set_boundary::<User>(tx, req.account(), name, Some(arn))?;
        Ok(Empty {})
    }
}
