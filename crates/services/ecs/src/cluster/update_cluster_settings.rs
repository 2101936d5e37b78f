//! `UpdateClusterSettings`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::settings;
use super::view::{Counts, Include, shown};
use crate::access;
use crate::refs::ClusterRef;

/// Changes the settings of a cluster.
///
/// Source: Amazon ECS API Reference, `UpdateClusterSettings`.
pub struct UpdateClusterSettings;

impl Operation for UpdateClusterSettings {
    type Api = api::UpdateClusterSettings;

    const EXAMPLE: &'static str = r#"{
        "cluster": "example",
        "settings": [{"name": "containerInsights", "value": "disabled"}]
    }"#;

    fn access(
        input: &api::UpdateClusterSettingsRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        Ok(access::cluster(req, "ecs:UpdateClusterSettings", &cluster).into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::UpdateClusterSettingsResponse, AwsError> {
        let cluster = ClusterRef::parse(req.info, req.input.cluster.as_deref())?;
        let mut found = cluster.active(req.info, tx)?.cloned();
        if let Some(insights) = settings::container_insights(req.input.settings.as_deref())? {
            found.container_insights = insights;
        }
        let key = cluster.key(req.info);
        let answer = shown(&found, Include::ALL, Counts::of(tx, &key));
        tx.put(key, found);
        Ok(api::UpdateClusterSettingsResponse {
            cluster: Some(answer),
        })
    }
}
