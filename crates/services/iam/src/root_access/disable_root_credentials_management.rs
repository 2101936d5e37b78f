//! `DisableOrganizationsRootCredentialsManagement`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::RootFeature;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

/// Takes back what `EnableOrganizationsRootCredentialsManagement` gave; sessions for its tasks end.
/// Disabling what is not enabled is no error.
///
/// Source: IAM API Reference, `DisableOrganizationsRootCredentialsManagement`.
pub struct DisableOrganizationsRootCredentialsManagement;

impl Operation for DisableOrganizationsRootCredentialsManagement {
    type Api = rolecall_api::iam::DisableOrganizationsRootCredentialsManagement;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:DisableOrganizationsRootCredentialsManagement", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization =
            super::disable(tx, req.account(), RootFeature::RootCredentialsManagement)?;
        let (organization_id, enabled_features) = super::told(&organization);
        Ok(api::DisableOrganizationsRootCredentialsManagementResponse {
            organization_id,
            enabled_features,
        })
    }
}
