//! `UpdateRoleDescription`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder, shapes};

/// Changes what a role is for.
///
/// Source: IAM API Reference, `UpdateRoleDescription`.
pub struct UpdateRoleDescription;

impl Operation for UpdateRoleDescription {
    type Api = rolecall_api::iam::UpdateRoleDescription;
    const EXAMPLE: &'static str = r#"{"RoleName":"app","Description":"The app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(
            access::bounded_role(req, "iam:UpdateRoleDescription", required(&input.role_name))
                .into(),
        )
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let (key, mut role) =
            holder::load_mut::<Role>(tx, account, required(&req.input.role_name))?;
        role.description = req.input.description.clone();
        let shown = shapes::role(tx, account, &role);
        tx.put(key, role);
        Ok(api::UpdateRoleDescriptionResponse { role: Some(shown) })
    }
}
