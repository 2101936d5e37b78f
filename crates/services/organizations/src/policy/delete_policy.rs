//! `DeletePolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::organization::{ControlPolicy, Target};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find};

/// Deletes a policy, which may be attached to nothing.
///
/// Source: AWS Organizations API Reference, `DeletePolicy`.
pub struct DeletePolicy;

impl Operation for DeletePolicy {
    type Api = rolecall_api::organizations::DeletePolicy;
    const EXAMPLE: &'static str = r#"{"PolicyId":"p-01234567"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on_policy(
            req,
            "organizations:DeletePolicy",
            input.policy_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let policy = find::own_policy(tx, req.input.policy_id.as_deref().unwrap_or_default())?;
        let is_attached = |target: &Target| target.attached(policy.kind).contains(&policy.id);
        if tx
            .range::<Target>("")
            .any(|(_, target)| is_attached(&target))
        {
            return Err(errors::policy_in_use());
        }
        tx.delete::<ControlPolicy>(&policy.id);
        Ok(Empty {})
    }
}
