//! Capacity providers that the account made; `FARGATE` and `FARGATE_SPOT` are AWS's.

use rolecall_api::ecs as api;
use rolecall_base::Tags;
use rolecall_op::Stored;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// A capacity provider. Keyed by account, region and name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CapacityProvider {
    /// Its name.
    pub name: String,
    /// `arn:aws:ecs:REGION:ACCOUNT:capacity-provider/NAME`
    pub arn: String,
    /// Everything else, as `DescribeCapacityProviders` answers.
    pub provider: Stored<api::CapacityProvider>,
    /// Its tags.
    pub tags: Tags,
}

impl Document for CapacityProvider {
    const KIND: &'static str = "ecs.capacity_provider";
    const VERSION: u32 = 1;
}
