//! `GetRolePolicy`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::{required, url_encoded};
use crate::{access, holder};

/// Shows an inline policy, URL-encoded.
///
/// Source: IAM API Reference, `GetRolePolicy`.
pub struct GetRolePolicy;

impl Operation for GetRolePolicy {
    type Api = rolecall_api::iam::GetRolePolicy;
    const EXAMPLE: &'static str = r#"{"RoleName":"app","PolicyName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::role(req, "iam:GetRolePolicy", required(&input.role_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (name, policy) = (
            required(&req.input.role_name),
            required(&req.input.policy_name),
        );
        let (name, document) = holder::get_inline::<Role>(tx, req.account(), name, policy)?;
        Ok(api::GetRolePolicyResponse {
            role_name: Some(name),
            policy_name: Some(policy.to_owned()),
            policy_document: Some(url_encoded(&document)),
        })
    }
}
