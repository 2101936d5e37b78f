//! `PutClusterCapacityProviders`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::strategy;
use super::view::{Counts, Include, shown};
use crate::access;
use crate::documents::Task;
use crate::refs::ClusterRef;

/// Sets the capacity providers of a cluster and the strategy of tasks that name none. Both lists
/// replace what was there; empty ones take everything away.
///
/// Source: Amazon ECS API Reference, `PutClusterCapacityProviders`.
pub struct PutClusterCapacityProviders;

impl Operation for PutClusterCapacityProviders {
    type Api = api::PutClusterCapacityProviders;

    const EXAMPLE: &'static str = r#"{
        "cluster": "example",
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [
            {"capacityProvider": "FARGATE", "weight": 1, "base": 1}
        ]
    }"#;

    fn access(
        input: &api::PutClusterCapacityProvidersRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        let providers = input
            .capacity_providers
            .as_deref()
            .unwrap_or_default()
            .iter();
        let arns = providers
            .map(|given| access::provider_arn(req.info, given))
            .collect();
        let check = access::cluster(req, "ecs:PutClusterCapacityProviders", &cluster)
            .key_list("ecs:capacity-provider", arns);
        Ok(check.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::PutClusterCapacityProvidersResponse, AwsError> {
        let input = req.input;
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        let mut found = cluster.active(req.info, tx)?.cloned();
        let key = cluster.key(req.info);
        let given = input.capacity_providers.as_deref().unwrap_or_default();
        let providers = strategy::providers(req.info, tx, given)?;
        let gone = |p: &String| found.capacity_providers.contains(p) && !providers.contains(p);
        let tasks = format!("{key}/");
        let in_use = tx.range::<Task>(&tasks).any(|(_, task)| {
            !task.is_stopped() && task.capacity_provider.as_ref().is_some_and(gone)
        });
        if in_use {
            return Err(AwsError::new(
                "ResourceInUseException",
                "The specified capacity provider is in use and cannot be removed.",
            ));
        }
        let given = input
            .default_capacity_provider_strategy
            .as_deref()
            .unwrap_or_default();
        found.default_strategy = strategy::strategy(req.info, given, &providers)?;
        found.capacity_providers = providers;
        let answer = shown(&found, Include::ALL, Counts::of(tx, &key));
        tx.put(key, found);
        Ok(api::PutClusterCapacityProvidersResponse {
            cluster: Some(answer),
        })
    }
}
