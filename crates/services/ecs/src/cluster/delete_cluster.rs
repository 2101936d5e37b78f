//! `DeleteCluster`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::view::{Counts, Include, shown};
use crate::documents::{ClusterStatus, Task};
use crate::refs::ClusterRef;
use crate::{access, errors};

/// Deletes a cluster without tasks, services and container instances. It stays describable as
/// `INACTIVE`, and its name can be used again.
///
/// Source: Amazon ECS API Reference, `DeleteCluster`.
pub struct DeleteCluster;

impl Operation for DeleteCluster {
    type Api = api::DeleteCluster;

    const EXAMPLE: &'static str = r#"{"cluster": "example"}"#;

    fn access(
        input: &api::DeleteClusterRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        Ok(access::cluster(req, "ecs:DeleteCluster", &cluster).into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DeleteClusterResponse, AwsError> {
        let cluster = ClusterRef::parse(req.info, req.input.cluster.as_deref())?;
        let mut found = cluster.active(req.info, tx)?.cloned();
        let key = cluster.key(req.info);
        let tasks = format!("{key}/");
        // A task that starts meanwhile must not be left behind.
        if tx.range::<Task>(&tasks).any(|(_, task)| !task.is_stopped()) {
            return Err(errors::cluster_contains_tasks());
        }
        found.status = ClusterStatus::Inactive;
        let answer = shown(&found, Include::ALL, Counts::default());
        tx.put(key, found);
        Ok(api::DeleteClusterResponse {
            cluster: Some(answer),
        })
    }
}
