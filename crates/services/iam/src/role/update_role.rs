//! `UpdateRole`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::role::session_duration;
use crate::text::required;
use crate::{access, holder};

/// Changes what a role is for and how long its sessions may last; what is not given is reset.
///
/// Source: IAM API Reference, `UpdateRole`.
pub struct UpdateRole;

impl Operation for UpdateRole {
    type Api = rolecall_api::iam::UpdateRole;
    const EXAMPLE: &'static str =
        r#"{"RoleName":"app","Description":"The app","MaxSessionDuration":7200}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::bounded_role(req, "iam:UpdateRole", required(&input.role_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let (key, mut role) =
            holder::load_mut::<Role>(tx, req.account(), required(&input.role_name))?;
        role.description = input.description.clone();
        role.max_session_duration_s = session_duration(input.max_session_duration);
        tx.put(key, role);
        Ok(api::UpdateRoleResponse {})
    }
}
