//! `PutGroupPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Group;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Adds or replaces an inline policy.
///
/// Source: IAM API Reference, `PutGroupPolicy`.
pub struct PutGroupPolicy;

impl Operation for PutGroupPolicy {
    type Api = rolecall_api::iam::PutGroupPolicy;
    const EXAMPLE: &'static str = r#"{"GroupName":"devs","PolicyName":"app","PolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\",\"Resource\":\"*\"}}"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::group(req, "iam:PutGroupPolicy", required(&input.group_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        holder::put_inline::<Group>(
            tx,
            req.account(),
            required(&input.group_name),
            required(&input.policy_name),
            required(&input.policy_document),
        )?;
        Ok(Empty {})
    }
}
