//! `EnablePolicyType`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::ORGANIZATION_KEY;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::policy::attach_to_all;
use crate::{access, errors, find, shapes};

/// Enables a type of policy in the root: AWS's own policy of it is attached to the root, and to
/// each unit and account.
///
/// Source: AWS Organizations API Reference, `EnablePolicyType`.
pub struct EnablePolicyType;

impl Operation for EnablePolicyType {
    type Api = rolecall_api::organizations::EnablePolicyType;
    const EXAMPLE: &'static str = r#"{"RootId":"r-0123","PolicyType":"SERVICE_CONTROL_POLICY"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::on(
            req,
            "organizations:EnablePolicyType",
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
        if !organization.all_features {
            return Err(errors::type_not_available());
        }
        if organization.has_enabled(kind) {
            return Err(errors::type_already_enabled());
        }
        organization.enabled.push(kind);
        attach_to_all(tx, &organization, kind);
        tx.put(ORGANIZATION_KEY, organization.clone());
        Ok(api::EnablePolicyTypeResponse {
            root: Some(shapes::root(&organization, &root)),
        })
    }
}
