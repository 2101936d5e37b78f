//! `DisableOrganizationsRootSessions`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::RootFeature;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

/// Takes back what `EnableOrganizationsRootSessions` gave; sessions for its tasks end. Disabling
/// what is not enabled is no error.
///
/// Source: IAM API Reference, `DisableOrganizationsRootSessions`.
pub struct DisableOrganizationsRootSessions;

impl Operation for DisableOrganizationsRootSessions {
    type Api = rolecall_api::iam::DisableOrganizationsRootSessions;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:DisableOrganizationsRootSessions", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = super::disable(tx, req.account(), RootFeature::RootSessions)?;
        let (organization_id, enabled_features) = super::told(&organization);
        Ok(api::DisableOrganizationsRootSessionsResponse {
            organization_id,
            enabled_features,
        })
    }
}
