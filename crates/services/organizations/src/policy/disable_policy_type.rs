//! `DisablePolicyType`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::ORGANIZATION_KEY;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::policy::attach_to_all;
use crate::{access, errors, find, shapes};

/// Disables a type of policy in the root: its policies are detached from everything and stay as
/// they are.
///
/// Source: AWS Organizations API Reference, `DisablePolicyType`.
pub struct DisablePolicyType;

impl Operation for DisablePolicyType {
    type Api = rolecall_api::organizations::DisablePolicyType;
    const EXAMPLE: &'static str = r#"{"RootId":"r-0123","PolicyType":"SERVICE_CONTROL_POLICY"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::on(
            req,
            "organizations:DisablePolicyType",
            input.root_id.as_deref().unwrap_or_default(),
        );
        Ok(check
            .key_opt("organizations:PolicyType", input.policy_type.as_deref())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let mut organization = find::managed(tx, req.info)?.cloned();
        let root = find::container(
            tx,
            req.input.root_id.as_deref().unwrap_or_default(),
            errors::no_root,
        )?;
        let kind = find::control_type(&req.input.policy_type)?;
        if !organization.has_enabled(kind) {
            return Err(errors::type_not_enabled());
        }
        organization.enabled.retain(|enabled| *enabled != kind);
        attach_to_all(tx, &organization, kind);
        tx.put(ORGANIZATION_KEY, organization.clone());
        Ok(api::DisablePolicyTypeResponse {
            root: Some(shapes::root(&organization, &root)),
        })
    }
}
