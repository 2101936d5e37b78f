//! `UpdateCluster`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation, Stored};
use rolecall_store::Txn;

use super::settings;
use super::view::{Counts, Include, shown};
use crate::access;
use crate::refs::ClusterRef;

/// Changes settings, configuration and Service Connect namespace of a cluster; what is left out
/// stays.
///
/// Source: Amazon ECS API Reference, `UpdateCluster`.
pub struct UpdateCluster;

impl Operation for UpdateCluster {
    type Api = api::UpdateCluster;

    const EXAMPLE: &'static str = r#"{
        "cluster": "example",
        "settings": [{"name": "containerInsights", "value": "enhanced"}]
    }"#;

    fn access(
        input: &api::UpdateClusterRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        let key = input
            .configuration
            .as_ref()
            .and_then(|c| c.managed_storage_configuration.as_ref())
            .and_then(|m| m.fargate_ephemeral_storage_kms_key_id.clone());
        let check = access::cluster(req, "ecs:UpdateCluster", &cluster)
            .key_opt("ecs:fargate-ephemeral-storage-kms-key", key);
        Ok(check.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::UpdateClusterResponse, AwsError> {
        let input = req.input;
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        let mut found = cluster.active(req.info, tx)?.cloned();
        settings::check_configuration(input.configuration.as_ref())?;
        if let Some(insights) = settings::container_insights(input.settings.as_deref())? {
            found.container_insights = insights;
        }
        if let Some(configuration) = &input.configuration {
            found.configuration = Some(Stored(configuration.clone()));
        }
        if let Some(namespace) = settings::namespace(input.service_connect_defaults.as_ref()) {
            found.service_connect_namespace = namespace;
        }
        let key = cluster.key(req.info);
        let answer = shown(&found, Include::ALL, Counts::of(tx, &key));
        tx.put(key, found);
        Ok(api::UpdateClusterResponse {
            cluster: Some(answer),
        })
    }
}
