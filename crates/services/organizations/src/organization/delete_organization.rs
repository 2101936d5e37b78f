//! `DeleteOrganization`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::organization::{ControlPolicy, ORGANIZATION_KEY, Organization, Target};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::Creation;
use crate::{access, errors, find};

/// Deletes the organization, its units and its policies. No member may be left in it.
///
/// Source: AWS Organizations API Reference, `DeleteOrganization`.
pub struct DeleteOrganization;

impl Operation for DeleteOrganization {
    type Api = rolecall_api::organizations::DeleteOrganization;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::anywhere("organizations:DeleteOrganization").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let all: Vec<Target> = tx.range::<Target>("").map(|(_, t)| t.cloned()).collect();
        let accounts = all.iter().filter(|target| find::is_account(target));
        if accounts.count() > 1 {
            return Err(errors::organization_not_empty());
        }
        for target in &all {
            tx.delete::<Target>(&target.id);
        }
        let policies: Vec<String> = tx
            .range::<ControlPolicy>("")
            .map(|(id, _)| id.to_string())
            .collect();
        for id in &policies {
            tx.delete::<ControlPolicy>(id);
        }
        let creations: Vec<String> = tx
            .range::<Creation>("")
            .map(|(id, _)| id.to_string())
            .collect();
        for id in &creations {
            tx.delete::<Creation>(id);
        }
        tx.delete::<Organization>(ORGANIZATION_KEY);
        Ok(Empty {})
    }
}
