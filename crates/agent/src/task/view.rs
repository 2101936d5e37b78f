//! A task as it is shown: to its own containers (metadata) and to the control plane (reports).

use rolecall_acs::{Container, DesiredStatus, Task};
use rolecall_engine::image::Digest;

use super::plan::{Health, Status};

/// What is known of a task now.
#[derive(Debug, Clone)]
pub(crate) struct TaskView {
    pub(crate) known: Status,
    pub(crate) desired: DesiredStatus,
    pub(crate) pull_started_ms: Option<i64>,
    pub(crate) pull_stopped_ms: Option<i64>,
    /// When the first essential container stopped, or the task failed.
    pub(crate) execution_stopped_ms: Option<i64>,
    /// Why the task failed, when it failed before its containers ran.
    pub(crate) reason: String,
    pub(crate) containers: Vec<ContainerView>,
}

/// What is known of a container now.
#[derive(Debug, Clone)]
pub(crate) struct ContainerView {
    pub(crate) name: String,
    /// 64 hexadecimal digits; the same after a restart of the agent.
    pub(crate) runtime_id: String,
    /// The last part of its metadata addresses.
    pub(crate) metadata_id: String,
    pub(crate) docker_name: String,
    /// `sha256:…` of what the image reference named.
    pub(crate) image_digest: String,
    pub(crate) status: Status,
    /// Whether its program ran at all.
    pub(crate) has_run: bool,
    pub(crate) exit_code: Option<i32>,
    pub(crate) reason: String,
    pub(crate) created_ms: Option<i64>,
    pub(crate) started_ms: Option<i64>,
    pub(crate) finished_ms: Option<i64>,
    /// None without a health check.
    pub(crate) health: Option<(Health, i64)>,
    pub(crate) restart_count: u32,
}

impl TaskView {
    /// A task of which nothing has happened yet.
    pub(crate) fn new(task: &Task) -> Self {
        Self {
            known: Status::Pending,
            desired: task.desired_status,
            pull_started_ms: None,
            pull_stopped_ms: None,
            execution_stopped_ms: None,
            reason: String::new(),
            containers: task
                .containers
                .iter()
                .map(|c| ContainerView::new(task, c))
                .collect(),
        }
    }
}

impl ContainerView {
    fn new(task: &Task, container: &Container) -> Self {
        let name = &container.name;
        let digest =
            |what: &str| Digest::of(format!("{what} {} {name}", task.arn).as_bytes()).hex();
        let runtime_id = digest("runtime");
        let short: String = runtime_id.chars().take(20).collect();
        Self {
            name: name.clone(),
            docker_name: format!("ecs-{}-{}-{name}-{short}", task.family, task.version),
            metadata_id: metadata_id(task, &digest("metadata")),
            runtime_id,
            image_digest: String::new(),
            status: Status::Pending,
            has_run: false,
            exit_code: None,
            reason: String::new(),
            created_ms: None,
            started_ms: None,
            finished_ms: None,
            health: None,
            restart_count: 0,
        }
    }
}

/// `<task id>-<ten digits>`, the form that Fargate uses.
fn metadata_id(task: &Task, digest: &str) -> String {
    let id = task.arn.rsplit('/').next().unwrap_or_default();
    let head: String = digest.chars().take(12).collect();
    let number = u64::from_str_radix(&head, 16).unwrap_or(0) % 10_000_000_000;
    format!("{id}-{number:010}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_same_each_time_and_differ_between_containers() {
        let named = |name: &str| Container {
            name: name.to_owned(),
            ..Container::default()
        };
        let task = Task {
            arn: "arn:aws:ecs:us-east-1:123456789012:task/demo/abc".to_owned(),
            family: "web".to_owned(),
            version: "3".to_owned(),
            containers: vec![named("a"), named("b")],
            ..Task::default()
        };
        let (one, two) = (TaskView::new(&task), TaskView::new(&task));
        let [a, b] = one.containers.as_slice() else {
            panic!()
        };
        assert_eq!(a.runtime_id, two.containers[0].runtime_id);
        assert_eq!(a.runtime_id.len(), 64);
        assert_ne!(a.runtime_id, b.runtime_id);
        assert_ne!(a.metadata_id, b.metadata_id);
        assert!(a.metadata_id.starts_with("abc-") && a.metadata_id.len() == 14);
        assert!(a.docker_name.starts_with("ecs-web-3-a-"));
    }
}
