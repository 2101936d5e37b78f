//! Task definitions.

mod attributes;
mod delete_task_definitions;
mod deregister_task_definition;
mod describe_task_definition;
mod list_task_definition_families;
mod list_task_definitions;
mod normalize;
mod register_task_definition;
pub(crate) mod size;
mod status;
mod validate;
mod view;

pub use delete_task_definitions::DeleteTaskDefinitions;
pub use deregister_task_definition::DeregisterTaskDefinition;
pub use describe_task_definition::DescribeTaskDefinition;
pub use list_task_definition_families::ListTaskDefinitionFamilies;
pub use list_task_definitions::ListTaskDefinitions;
pub use register_task_definition::RegisterTaskDefinition;

pub(crate) use status::forget;

use rolecall_op::Registry;

/// `registry` with the operations on task definitions.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<RegisterTaskDefinition>()
        .with::<DescribeTaskDefinition>()
        .with::<DeregisterTaskDefinition>()
        .with::<DeleteTaskDefinitions>()
        .with::<ListTaskDefinitions>()
        .with::<ListTaskDefinitionFamilies>()
}
