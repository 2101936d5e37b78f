//! `UpdatePolicy`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::policy::{check_name, parse};
use crate::{access, find, shapes};

/// Changes the name, description or content of a policy. Wherever it is attached, the new
/// content decides the next call.
///
/// Source: AWS Organizations API Reference, `UpdatePolicy`.
pub struct UpdatePolicy;

impl Operation for UpdatePolicy {
    type Api = rolecall_api::organizations::UpdatePolicy;
    const EXAMPLE: &'static str = r#"{"PolicyId":"p-01234567","Name":"renamed"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on_policy(
            req,
            "organizations:UpdatePolicy",
            input.policy_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let mut policy = find::own_policy(tx, req.input.policy_id.as_deref().unwrap_or_default())?;
        if let Some(name) = req
            .input
            .name
            .as_deref()
            .filter(|name| *name != policy.name)
        {
            check_name(tx, policy.kind, name)?;
            name.clone_into(&mut policy.name);
        }
        if let Some(description) = &req.input.description {
            description.clone_into(&mut policy.description);
        }
        if let Some(content) = &req.input.content {
            policy.text = parse(policy.kind, content)?;
        }
        tx.put(policy.id.clone(), policy.clone());
        Ok(api::UpdatePolicyResponse {
            policy: Some(shapes::policy(&policy)),
        })
    }
}
