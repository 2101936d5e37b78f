//! What the service stores.

mod account_setting;
mod capacity_provider;
mod client_token;
mod cluster;
mod task;
mod task_definition;

pub use account_setting::AccountSetting;
pub use capacity_provider::CapacityProvider;
pub use client_token::ClientToken;
pub use cluster::{Cluster, ClusterStatus, StrategyItem};
pub use task::{
    Awsvpc, CredentialsId, DesiredStatus, LaunchType, Task, TaskContainer, TaskEni, TaskStatus,
};
pub use task_definition::{Family, TaskDefinition, TaskDefinitionStatus};

use rolecall_base::{AccountId, Region};
use rolecall_store::KindInfo;

/// The kinds of document that this crate defines, for opening a store.
pub fn kinds() -> Vec<KindInfo> {
    vec![
        KindInfo::of::<AccountSetting>(),
        KindInfo::of::<CapacityProvider>(),
        KindInfo::of::<ClientToken>(),
        KindInfo::of::<Cluster>(),
        KindInfo::of::<Family>(),
        KindInfo::of::<Task>(),
        KindInfo::of::<TaskDefinition>(),
    ]
}

/// The key of something that belongs to an account and a region.
pub fn regional_key(account: &AccountId, region: &Region, rest: &str) -> String {
    format!("{account}/{region}/{rest}")
}
