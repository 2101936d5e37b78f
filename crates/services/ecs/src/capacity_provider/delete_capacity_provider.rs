//! `DeleteCapacityProvider`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{check, own};
use crate::documents::{CapacityProvider, Cluster};
use crate::errors;
use crate::refs::key;

/// Deletes a capacity provider that no cluster is associated with.
///
/// Source: Amazon ECS API Reference, `DeleteCapacityProvider`.
pub struct DeleteCapacityProvider;

impl Operation for DeleteCapacityProvider {
    type Api = api::DeleteCapacityProvider;

    const EXAMPLE: &'static str = r#"{"capacityProvider": "example"}"#;

    fn access(
        input: &api::DeleteCapacityProviderRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let given = input.capacity_provider.as_deref().unwrap_or_default();
        Ok(check(req, "ecs:DeleteCapacityProvider", given).into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DeleteCapacityProviderResponse, AwsError> {
        let given = req.input.capacity_provider.as_deref().unwrap_or_default();
        let found = own(req.info, tx, given)?;
        let prefix = key(req.info, "");
        let in_use = tx
            .range::<Cluster>(&prefix)
            .any(|(_, c)| c.is_active() && c.capacity_providers.contains(&found.name));
        if in_use {
            return Err(errors::client(
                "The specified capacity provider is in use and cannot be removed.",
            ));
        }
        tx.delete::<CapacityProvider>(&key(req.info, &found.name));
        let mut answer = found.provider.0.clone();
        answer.status = Some("INACTIVE".to_owned());
        answer.update_status = Some("DELETE_COMPLETE".to_owned());
        answer.tags = Some(Vec::new());
        Ok(api::DeleteCapacityProviderResponse {
            capacity_provider: Some(answer),
        })
    }
}
