//! `PutRolePolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Adds an inline policy, or replaces the one of that name.
///
/// Source: IAM API Reference, `PutRolePolicy`.
pub struct PutRolePolicy;

impl Operation for PutRolePolicy {
    type Api = rolecall_api::iam::PutRolePolicy;
    const EXAMPLE: &'static str = r#"{"RoleName":"app","PolicyName":"app","PolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\",\"Resource\":\"*\"}}"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::bounded_role(req, "iam:PutRolePolicy", required(&input.role_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        holder::put_inline::<Role>(
            tx,
            req.account(),
            required(&input.role_name),
            required(&input.policy_name),
            required(&input.policy_document),
        )?;
        Ok(Empty {})
    }
}
