//! Clusters.

use rolecall_api::ecs as api;
use rolecall_base::{Tags, Timestamp};
use rolecall_op::Stored;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// A cluster. Keyed by account, region and name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// `arn:aws:ecs:REGION:ACCOUNT:cluster/NAME`
    pub arn: String,
    /// Whether it can be used.
    pub status: ClusterStatus,
    /// `containerInsights` and its value.
    pub container_insights: String,
    /// `ExecuteCommand` and storage settings.
    pub configuration: Option<Stored<api::ClusterConfiguration>>,
    /// The capacity providers that are associated with it, by name.
    pub capacity_providers: Vec<String>,
    /// The strategy of tasks that name none.
    pub default_strategy: Vec<StrategyItem>,
    /// The Service Connect namespace of services that name none.
    pub service_connect_namespace: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// When it was made.
    pub created: Timestamp,
}

impl Document for Cluster {
    const KIND: &'static str = "ecs.cluster";
    const VERSION: u32 = 1;
}

impl Cluster {
    /// Whether it can be used.
    pub fn is_active(&self) -> bool {
        self.status == ClusterStatus::Active
    }
}

/// Whether a cluster can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClusterStatus {
    /// It can.
    Active,
    /// It was deleted; it stays describable.
    Inactive,
}

impl ClusterStatus {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
        }
    }
}

/// One line of a capacity provider strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrategyItem {
    /// The capacity provider's name.
    pub provider: String,
    /// Its share of the tasks beyond every base.
    pub weight: u32,
    /// How many tasks it gets first.
    pub base: u32,
}
