//! `AttachRolePolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Attaches a managed policy; attaching it again changes nothing.
///
/// Source: IAM API Reference, `AttachRolePolicy`.
pub struct AttachRolePolicy;

impl Operation for AttachRolePolicy {
    type Api = rolecall_api::iam::AttachRolePolicy;
    const EXAMPLE: &'static str =
        r#"{"RoleName":"app","PolicyArn":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.role_name);
        let check = access::bounded_role(req, "iam:AttachRolePolicy", name);
        Ok(check
            .key("iam:PolicyARN", required(&input.policy_arn))
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.role_name);
        holder::attach::<Role>(tx, req.account(), name, required(&req.input.policy_arn))?;
        Ok(Empty {})
    }
}
