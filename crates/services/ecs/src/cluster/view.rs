//! Clusters as the API writes them.

use rolecall_api::ecs as api;
use rolecall_store::Txn;

use super::strategy;
use crate::documents::{Cluster, Task, TaskStatus};
use crate::tags;

/// What `include` asks for beside the rest.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Include {
    pub(super) tags: bool,
    pub(super) settings: bool,
    pub(super) configurations: bool,
    pub(super) statistics: bool,
}

impl Include {
    /// Everything, as operations that change a cluster answer.
    pub(super) const ALL: Self = Self {
        tags: true,
        settings: true,
        configurations: true,
        statistics: false,
    };

    /// From a request's `include`.
    pub(super) fn of(fields: &[String]) -> Self {
        let has = |name: &str| fields.iter().any(|field| field == name);
        Self {
            tags: has("TAGS"),
            settings: has("SETTINGS"),
            configurations: has("CONFIGURATIONS"),
            statistics: has("STATISTICS"),
        }
    }
}

/// How many tasks a cluster has in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) running: i32,
    pub(super) pending: i32,
}

impl Counts {
    /// The counts now. Not a precondition of a commit.
    pub(super) fn of(tx: &Txn, key: &str) -> Self {
        let mut counts = Self::default();
        let prefix = format!("{key}/");
        for (_, task) in tx.range_unchecked::<Task>(&prefix) {
            match task.last_status {
                TaskStatus::Stopped => {}
                TaskStatus::Provisioning | TaskStatus::Pending | TaskStatus::Activating => {
                    counts.pending += 1;
                }
                TaskStatus::Running
                | TaskStatus::Deactivating
                | TaskStatus::Stopping
                | TaskStatus::Deprovisioning => counts.running += 1,
            }
        }
        counts
    }
}

/// A cluster as the API writes it.
pub(super) fn shown(cluster: &Cluster, include: Include, counts: Counts) -> api::Cluster {
    let setting = api::ClusterSetting {
        name: Some("containerInsights".to_owned()),
        value: Some(cluster.container_insights.clone()),
    };
    api::Cluster {
        cluster_arn: Some(cluster.arn.clone()),
        cluster_name: Some(cluster.name.clone()),
        configuration: match include.configurations {
            true => cluster.configuration.as_ref().map(|c| c.0.clone()),
            false => None,
        },
        status: Some(cluster.status.as_str().to_owned()),
        registered_container_instances_count: Some(0),
        running_tasks_count: Some(counts.running),
        pending_tasks_count: Some(counts.pending),
        active_services_count: Some(0),
        statistics: Some(if include.statistics {
            statistics(counts)
        } else {
            Vec::new()
        }),
        tags: Some(if include.tags {
            tags::shown(&cluster.tags)
        } else {
            Vec::new()
        }),
        settings: Some(if include.settings {
            vec![setting]
        } else {
            Vec::new()
        }),
        capacity_providers: Some(cluster.capacity_providers.clone()),
        default_capacity_provider_strategy: Some(strategy::shown(&cluster.default_strategy)),
        attachments: None,
        attachments_status: None,
        service_connect_defaults: cluster.service_connect_namespace.clone().map(|namespace| {
            api::ClusterServiceConnectDefaults {
                namespace: Some(namespace),
            }
        }),
    }
}

/// Source: Amazon ECS API Reference, `Cluster`, `statistics`. Every task here is one of Fargate;
/// there are no services and no container instances yet.
fn statistics(counts: Counts) -> Vec<api::KeyValuePair> {
    let rows = [
        ("runningEC2TasksCount", 0),
        ("runningFargateTasksCount", counts.running),
        ("pendingEC2TasksCount", 0),
        ("pendingFargateTasksCount", counts.pending),
        ("runningExternalTasksCount", 0),
        ("pendingExternalTasksCount", 0),
        ("activeEC2ServiceCount", 0),
        ("activeFargateServiceCount", 0),
        ("drainingEC2ServiceCount", 0),
        ("drainingFargateServiceCount", 0),
        ("activeExternalServiceCount", 0),
        ("drainingExternalServiceCount", 0),
    ];
    let row = |(name, count): (&str, i32)| api::KeyValuePair {
        name: Some(name.to_owned()),
        value: Some(count.to_string()),
    };
    rows.into_iter().map(row).collect()
}
