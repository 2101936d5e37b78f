//! `DescribeEffectivePolicy`.

use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find};

/// The policy of a type that has an effect on an account, all levels taken together. It is for the
/// types that are not built, so there is never one.
///
/// Source: AWS Organizations API Reference, `DescribeEffectivePolicy`.
pub struct DescribeEffectivePolicy;

impl Operation for DescribeEffectivePolicy {
    type Api = rolecall_api::organizations::DescribeEffectivePolicy;
    const EXAMPLE: &'static str = r#"{"PolicyType":"TAG_POLICY"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let own = req.account().as_str();
        let target = input.target_id.as_deref().unwrap_or(own);
        let check = access::on(req, "organizations:DescribeEffectivePolicy", target);
        Ok(check
            .key_opt("organizations:PolicyType", input.policy_type.as_deref())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::joined(tx, req.info)?;
        if let Some(id) = &req.input.target_id {
            find::managed(tx, req.info)?;
            find::target(tx, id)?;
        }
        Err(errors::no_effective_policy())
    }
}
