//! `DetachPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::organization::ControlType;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::policy::attachment;
use crate::{errors, find};

/// Detaches a policy. One service control policy must stay on each target, and AWS's own
/// resource control policy stays everywhere.
///
/// Source: AWS Organizations API Reference, `DetachPolicy`.
pub struct DetachPolicy;

impl Operation for DetachPolicy {
    type Api = rolecall_api::organizations::DetachPolicy;
    const EXAMPLE: &'static str = r#"{"PolicyId":"p-01234567","TargetId":"r-0123"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(attachment(
            req,
            "organizations:DetachPolicy",
            &input.policy_id,
            &input.target_id,
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let policy = find::policy(tx, req.input.policy_id.as_deref().unwrap_or_default())?;
        let mut target = find::target(tx, req.input.target_id.as_deref().unwrap_or_default())?;
        let attached = target.attached_mut(policy.kind);
        if !attached.contains(&policy.id) {
            return Err(errors::not_attached());
        }
        if policy.kind == ControlType::Resource && policy.is_aws_managed() {
            return Err(errors::not_detachable());
        }
        if attached.len() == 1 {
            return Err(errors::last_attached());
        }
        attached.retain(|id| *id != policy.id);
        tx.put(target.id.clone(), target);
        Ok(Empty {})
    }
}
