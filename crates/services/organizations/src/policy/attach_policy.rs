//! `AttachPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::policy::{ATTACHED_MAX, attachment};
use crate::{errors, find};

/// Attaches a policy to a root, unit or account, at most five of a type. The policy and the
/// target must both be allowed.
///
/// Source: AWS Organizations API Reference, `AttachPolicy`.
pub struct AttachPolicy;

impl Operation for AttachPolicy {
    type Api = rolecall_api::organizations::AttachPolicy;
    const EXAMPLE: &'static str = r#"{"PolicyId":"p-01234567","TargetId":"r-0123"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(attachment(
            req,
            "organizations:AttachPolicy",
            &input.policy_id,
            &input.target_id,
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let policy = find::policy(tx, req.input.policy_id.as_deref().unwrap_or_default())?;
        let mut target = find::target(tx, req.input.target_id.as_deref().unwrap_or_default())?;
        if !organization.has_enabled(policy.kind) {
            return Err(errors::type_not_enabled());
        }
        let attached = target.attached_mut(policy.kind);
        if attached.contains(&policy.id) {
            return Err(errors::duplicate_attachment());
        }
        if attached.len() >= ATTACHED_MAX {
            return Err(errors::too_many_attached());
        }
        attached.push(policy.id);
        tx.put(target.id.clone(), target);
        Ok(Empty {})
    }
}
