//! Log groups.

mod create_log_group;
mod delete_log_group;
mod delete_retention_policy;
mod describe_log_groups;
mod put_retention_policy;
mod tags;

pub use create_log_group::CreateLogGroup;
pub use delete_log_group::DeleteLogGroup;
pub use delete_retention_policy::DeleteRetentionPolicy;
pub use describe_log_groups::DescribeLogGroups;
pub use put_retention_policy::PutRetentionPolicy;
pub use tags::{
    ListTagsForResource, ListTagsLogGroup, TagLogGroup, TagResource, UntagLogGroup, UntagResource,
};

use rolecall_op::Registry;

pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateLogGroup>()
        .with_data::<DeleteLogGroup>()
        .with_data::<DescribeLogGroups>()
        .with::<PutRetentionPolicy>()
        .with::<DeleteRetentionPolicy>()
        .with::<TagLogGroup>()
        .with::<UntagLogGroup>()
        .with::<ListTagsLogGroup>()
        .with::<TagResource>()
        .with::<UntagResource>()
        .with::<ListTagsForResource>()
}
