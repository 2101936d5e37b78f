//! `GetRole`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder, shapes};

/// Shows a role.
///
/// Source: IAM API Reference, `GetRole`.
pub struct GetRole;

impl Operation for GetRole {
    type Api = rolecall_api::iam::GetRole;
    const EXAMPLE: &'static str = r#"{"RoleName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::bounded_role(req, "iam:GetRole", required(&input.role_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (_, role) = holder::load::<Role>(tx, req.account(), required(&req.input.role_name))?;
        Ok(api::GetRoleResponse {
            role: Some(shapes::role(tx, req.account(), &role)),
        })
    }
}
