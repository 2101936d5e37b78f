//! `DisableAWSServiceAccess`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::organization::ORGANIZATION_KEY;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find};

/// Takes back what `EnableAWSServiceAccess` noted; a service that has none is no error.
///
/// Source: AWS Organizations API Reference, `DisableAWSServiceAccess`.
pub struct DisableAWSServiceAccess;

impl Operation for DisableAWSServiceAccess {
    type Api = rolecall_api::organizations::DisableAWSServiceAccess;
    const EXAMPLE: &'static str = r#"{"ServicePrincipal":"ecs.amazonaws.com"}"#;

    fn access(input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::anywhere("organizations:DisableAWSServiceAccess");
        let service = input.service_principal.as_deref();
        Ok(check
            .key_opt("organizations:ServicePrincipal", service)
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let mut organization = find::managed(tx, req.info)?.cloned();
        let service = req.input.service_principal.as_deref().unwrap_or_default();
        if !service.ends_with(".amazonaws.com") {
            return Err(errors::unknown_service());
        }
        organization.service_access.remove(service);
        tx.put(ORGANIZATION_KEY, organization);
        Ok(Empty {})
    }
}
