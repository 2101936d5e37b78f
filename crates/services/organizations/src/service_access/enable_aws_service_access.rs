//! `EnableAWSServiceAccess`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::organization::ORGANIZATION_KEY;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find};

/// Notes that a service may work in the whole organization.
///
/// Source: AWS Organizations API Reference, `EnableAWSServiceAccess`.
pub struct EnableAWSServiceAccess;

impl Operation for EnableAWSServiceAccess {
    type Api = rolecall_api::organizations::EnableAWSServiceAccess;
    const EXAMPLE: &'static str = r#"{"ServicePrincipal":"ecs.amazonaws.com"}"#;

    fn access(input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::anywhere("organizations:EnableAWSServiceAccess");
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
        let since = organization.service_access.entry(service.to_owned());
        since.or_insert(req.now);
        tx.put(ORGANIZATION_KEY, organization);
        Ok(Empty {})
    }
}
