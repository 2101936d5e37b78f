//! `UpdateAssumeRolePolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder, trust};

/// Replaces the trust policy; its principals are tied anew.
///
/// Source: IAM API Reference, `UpdateAssumeRolePolicy`.
pub struct UpdateAssumeRolePolicy;

impl Operation for UpdateAssumeRolePolicy {
    type Api = rolecall_api::iam::UpdateAssumeRolePolicy;
    const EXAMPLE: &'static str = r#"{"RoleName":"app","PolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ecs-tasks.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}}"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::bounded_role(
            req,
            "iam:UpdateAssumeRolePolicy",
            required(&input.role_name),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (key, mut role) = holder::load_mut::<Role>(tx, account, required(&input.role_name))?;
        role.trust = trust::parse(tx, account, required(&input.policy_document))?;
        tx.put(key, role);
        Ok(Empty {})
    }
}
