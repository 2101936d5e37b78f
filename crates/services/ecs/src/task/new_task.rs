//! A task as `RunTask` makes it.

use rolecall_api::ecs as api;
use rolecall_base::Tags;
use rolecall_base::rng::{IdSource, hex32, uuid};
use rolecall_op::{RequestInfo, Stored};

use super::launch::Place;
use super::overrides::Effective;
use crate::documents::{
    Awsvpc, CredentialsId, DesiredStatus, LaunchType, Task, TaskContainer, TaskDefinition, TaskEni,
    TaskStatus,
};
use crate::refs::arn;

/// What the tasks of one call have in common.
pub(super) struct Template<'a> {
    pub(super) info: &'a RequestInfo,
    pub(super) input: &'a api::RunTaskRequest,
    pub(super) cluster: &'a str,
    pub(super) definition: &'a TaskDefinition,
    pub(super) effective: Effective,
    pub(super) platform_version: Option<String>,
    pub(super) awsvpc: Option<Awsvpc>,
    pub(super) tags: Tags,
}

impl Template<'_> {
    /// The task number `index` of the call, with ids drawn from `ids`.
    pub(super) fn task(&self, ids: &mut dyn IdSource, index: usize, place: &Place) -> Task {
        let (info, effective) = (self.info, &self.effective);
        let id = hex32(ids);
        let fargate = place.launch_type == LaunchType::Fargate;
        let platform = self.definition.definition.runtime_platform.as_ref();
        let arm = platform.and_then(|p| p.cpu_architecture.as_deref()) == Some("ARM64");
        let default_group = || format!("family:{}", self.definition.family);
        Task {
            account: info.account().clone(),
            region: info.region.clone(),
            cluster: self.cluster.to_owned(),
            family: self.definition.family.clone(),
            revision: self.definition.revision,
            launch_type: place.launch_type,
            capacity_provider: place.provider.clone(),
            platform_version: self.platform_version.clone(),
            platform_family: fargate.then(|| "Linux".to_owned()),
            cpu_architecture: if arm { "arm64" } else { "x86_64" }.to_owned(),
            group: self.input.group.clone().unwrap_or_else(default_group),
            started_by: self.input.started_by.clone(),
            last_status: TaskStatus::Provisioning,
            desired_status: DesiredStatus::Running,
            version: 1,
            containers: self.containers(ids, &id),
            eni: self.eni(ids, index),
            awsvpc: self.awsvpc.clone(),
            overrides: Stored(effective.overrides.clone()),
            cpu: effective.cpu.clone(),
            memory: effective.memory.clone(),
            ephemeral_storage_gib: effective.ephemeral_storage_gib.or(fargate.then_some(20)),
            task_role_arn: effective.task_role_arn.clone(),
            execution_role_arn: effective.execution_role_arn.clone(),
            task_credentials_id: CredentialsId(uuid(ids)),
            execution_credentials_id: CredentialsId(uuid(ids)),
            enable_execute_command: self.input.enable_execute_command.unwrap_or(false),
            tags: self.tags.clone(),
            availability_zone: format!("{}a", info.region),
            created: info.now,
            sent: None,
            stop_sent: None,
            connected: None,
            pull_started: None,
            pull_stopped: None,
            started: None,
            stopping: None,
            execution_stopped: None,
            stopped: None,
            stop_code: None,
            stopped_reason: None,
            id,
        }
    }

    fn containers(&self, ids: &mut dyn IdSource, task: &str) -> Vec<TaskContainer> {
        let overrides = self.effective.overrides.container_overrides.as_deref();
        let of = |name: &Option<String>| {
            overrides
                .unwrap_or_default()
                .iter()
                .find(|over| over.name == *name)
        };
        let definitions = self
            .definition
            .definition
            .container_definitions
            .iter()
            .flatten();
        definitions
            .map(|c| {
                let over = of(&c.name);
                let resource =
                    format_args!("container/{}/{task}/{}", self.cluster, uuid(ids)).to_string();
                TaskContainer {
                    name: c.name.clone().unwrap_or_default(),
                    arn: arn(self.info, resource),
                    image: c.image.clone().unwrap_or_default(),
                    essential: c.essential.unwrap_or(true),
                    health_check: c.health_check.is_some(),
                    last_status: TaskStatus::Pending,
                    image_digest: None,
                    runtime_id: None,
                    exit_code: None,
                    reason: None,
                    health_status: "UNKNOWN".to_owned(),
                    network_bindings: Vec::new(),
                    cpu: over.and_then(|o| o.cpu).or(c.cpu).unwrap_or(0),
                    memory: over.and_then(|o| o.memory).or(c.memory),
                    memory_reservation: over
                        .and_then(|o| o.memory_reservation)
                        .or(c.memory_reservation),
                }
            })
            .collect()
    }

    /// The tasks of a call are spread over its subnets.
    fn eni(&self, ids: &mut dyn IdSource, index: usize) -> Option<TaskEni> {
        let subnets = &self.awsvpc.as_ref()?.subnets;
        let subnet = subnets.get(index % subnets.len().max(1))?;
        let hex = hex32(ids);
        Some(TaskEni {
            attachment_id: uuid(ids),
            network_interface_id: format!("eni-{}", hex.get(..17).unwrap_or(&hex)),
            subnet_id: subnet.clone(),
            address: None,
            status: "PRECREATED".to_owned(),
        })
    }
}
