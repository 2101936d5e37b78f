//! `EnableOrganizationsRootSessions`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::RootFeature;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

/// Lets the management account do tasks in its members that take a root user. Enabling it twice is
/// no error.
///
/// Source: IAM API Reference, `EnableOrganizationsRootSessions`.
pub struct EnableOrganizationsRootSessions;

impl Operation for EnableOrganizationsRootSessions {
    type Api = rolecall_api::iam::EnableOrganizationsRootSessions;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:EnableOrganizationsRootSessions", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = super::enable(tx, req.account(), RootFeature::RootSessions)?;
        let (organization_id, enabled_features) = super::told(&organization);
        Ok(api::EnableOrganizationsRootSessionsResponse {
            organization_id,
            enabled_features,
        })
    }
}
