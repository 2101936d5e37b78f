//! `EnableOrganizationsRootCredentialsManagement`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::RootFeature;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

/// Lets the management account look at, delete and give back the credentials of its members' root
/// users. Enabling it twice is no error.
///
/// Source: IAM API Reference, `EnableOrganizationsRootCredentialsManagement`.
pub struct EnableOrganizationsRootCredentialsManagement;

impl Operation for EnableOrganizationsRootCredentialsManagement {
    type Api = rolecall_api::iam::EnableOrganizationsRootCredentialsManagement;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:EnableOrganizationsRootCredentialsManagement", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization =
            super::enable(tx, req.account(), RootFeature::RootCredentialsManagement)?;
        let (organization_id, enabled_features) = super::told(&organization);
        Ok(api::EnableOrganizationsRootCredentialsManagementResponse {
            organization_id,
            enabled_features,
        })
    }
}
