//! `DeleteRole`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::{LastUse, Role};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::usage::How;
use crate::{access, errors, holder, usage};

/// Deletes a role, which must have no policies and be in no instance profile. Its sessions end.
///
/// Source: IAM API Reference, `DeleteRole`.
pub struct DeleteRole;

impl Operation for DeleteRole {
    type Api = rolecall_api::iam::DeleteRole;
    const EXAMPLE: &'static str = r#"{"RoleName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::bounded_role(req, "iam:DeleteRole", required(&input.role_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let (key, role) = holder::load_mut::<Role>(tx, account, required(&req.input.role_name))?;
        if usage::any(tx, account, &role.arn, &[How::Profile]) {
            return Err(errors::leave_instance_profile_first());
        }
        holder::check_deletable(&role)?;
        if let Some(boundary) = &role.boundary {
            usage::remove(tx, account, boundary, How::RoleBoundary, &key);
        }
        tx.delete::<Role>(&key);
        tx.delete::<LastUse>(&LastUse::of_role(&role.id));
        Ok(Empty {})
    }
}
