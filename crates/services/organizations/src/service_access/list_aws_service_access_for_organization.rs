//! `ListAWSServiceAccessForOrganization`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::paged;
use crate::{access, find};

/// The services that may work in the whole organization.
///
/// Source: AWS Organizations API Reference, `ListAWSServiceAccessForOrganization`.
pub struct ListAWSServiceAccessForOrganization;

impl Operation for ListAWSServiceAccessForOrganization {
    type Api = rolecall_api::organizations::ListAWSServiceAccessForOrganization;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::anywhere("organizations:ListAWSServiceAccessForOrganization").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let services = organization.service_access.iter();
        let services: Vec<_> = services
            .map(|(name, since)| (name.clone(), *since))
            .collect();
        let (token, max) = (&req.input.next_token, req.input.max_results);
        let page = paged(services, |(name, _)| name.clone(), token, max)?;
        let shown = page
            .items
            .into_iter()
            .map(|(name, since)| api::EnabledServicePrincipal {
                service_principal: Some(name),
                date_enabled: Some(since),
            });
        Ok(api::ListAWSServiceAccessForOrganizationResponse {
            enabled_service_principals: Some(shown.collect()),
            next_token: page.next,
        })
    }
}
