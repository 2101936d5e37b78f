//! Clusters.

mod create_cluster;
mod delete_cluster;
mod describe_clusters;
mod list_clusters;
mod put_cluster_capacity_providers;
mod settings;
pub(crate) mod strategy;
mod update_cluster;
mod update_cluster_settings;
mod view;

pub use create_cluster::CreateCluster;
pub use delete_cluster::DeleteCluster;
pub use describe_clusters::DescribeClusters;
pub use list_clusters::ListClusters;
pub use put_cluster_capacity_providers::PutClusterCapacityProviders;
pub use update_cluster::UpdateCluster;
pub use update_cluster_settings::UpdateClusterSettings;

use rolecall_op::Registry;

/// `registry` with the operations on clusters.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateCluster>()
        .with::<DescribeClusters>()
        .with::<ListClusters>()
        .with::<UpdateCluster>()
        .with::<UpdateClusterSettings>()
        .with::<PutClusterCapacityProviders>()
        .with::<DeleteCluster>()
}
