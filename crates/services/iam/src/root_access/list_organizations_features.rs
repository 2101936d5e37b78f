//! `ListOrganizationsFeatures`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

/// The features of central root access that are enabled in the organization.
///
/// Source: IAM API Reference, `ListOrganizationsFeatures`.
pub struct ListOrganizationsFeatures;

impl Operation for ListOrganizationsFeatures {
    type Api = rolecall_api::iam::ListOrganizationsFeatures;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:ListOrganizationsFeatures", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = super::managed(tx, req.account(), super::not_administrator)?;
        let (organization_id, enabled_features) = super::told(&organization);
        Ok(api::ListOrganizationsFeaturesResponse {
            organization_id,
            enabled_features,
        })
    }
}
