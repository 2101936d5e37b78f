//! Tasks.

mod describe_tasks;
mod launch;
mod list_tasks;
mod new_task;
mod overrides;
mod run_task;
mod stop_task;
mod submit_container_state_change;
mod submit_task_state_change;
mod view;

pub(crate) use view::private_dns_name;

pub use describe_tasks::DescribeTasks;
pub use list_tasks::ListTasks;
pub use run_task::RunTask;
pub use stop_task::StopTask;
pub use submit_container_state_change::SubmitContainerStateChange;
pub use submit_task_state_change::SubmitTaskStateChange;

use rolecall_op::Registry;

/// `registry` with the operations on tasks.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<RunTask>()
        .with::<StopTask>()
        .with::<DescribeTasks>()
        .with::<ListTasks>()
        .with::<SubmitTaskStateChange>()
        .with::<SubmitContainerStateChange>()
}
