//! The compiler: task definition, task, overrides and credentials in, payload task out.
//!
//! Pure and total: the same input gives the same payload, and what an agent could not run is an
//! error here rather than a surprise there.

mod container;
mod docker;
mod image;
mod volume;

use std::collections::BTreeMap;

use rolecall_api::ecs::{ContainerOverride, TaskDefinition, TaskOverride};
use rolecall_base::{AccountId, Region};

use crate::messages::{DesiredStatus, IAMRoleCredentials};
use crate::task::{ElasticNetworkInterface, ProxyConfiguration, Task};

/// Where a task runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LaunchType {
    /// On hosts that Rolecall owns.
    Fargate,
    /// On an EC2 container instance.
    Ec2,
    /// On a container instance elsewhere (ECS Anywhere).
    External,
}

impl LaunchType {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fargate => "FARGATE",
            Self::Ec2 => "EC2",
            Self::External => "EXTERNAL",
        }
    }

    /// The value of `AWS_EXECUTION_ENV`, which SDKs put in their user agent.
    ///
    /// Source: Amazon ECS Developer Guide, "Amazon ECS task metadata endpoint" and the SDK
    /// reference's `AWS_EXECUTION_ENV`.
    pub fn execution_env(self) -> &'static str {
        match self {
            Self::Fargate => "AWS_ECS_FARGATE",
            Self::Ec2 | Self::External => "AWS_ECS_EC2",
        }
    }
}

/// The endpoints that agents are pointed at, instead of AWS's.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// `host[:port]` of the registry that serves this account's images.
    pub registry_hosts: Vec<String>,
    /// The endpoint of the ECR API.
    pub ecr: Option<String>,
    /// The endpoint of CloudWatch Logs, for the log driver.
    pub logs: Option<String>,
}

/// Everything that a payload task is made of.
#[derive(Clone, Debug)]
pub struct TaskToCompile<'a> {
    /// The task definition.
    pub definition: &'a TaskDefinition,
    /// `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`
    pub task_arn: &'a str,
    /// The task's cluster.
    pub cluster_arn: &'a str,
    /// The task's group.
    pub group: Option<&'a str>,
    /// The service that it belongs to.
    pub service_name: Option<&'a str>,
    /// The overrides that it was started with.
    pub overrides: Option<&'a TaskOverride>,
    /// Where it runs.
    pub launch_type: LaunchType,
    /// The account of task and task definition.
    pub account: &'a AccountId,
    /// The region.
    pub region: &'a Region,
    /// Credentials of the effective task role.
    pub role_credentials: Option<IAMRoleCredentials>,
    /// Credentials of the effective execution role.
    pub execution_role_credentials: Option<IAMRoleCredentials>,
    /// ARNs of the containers by name.
    pub container_arns: BTreeMap<String, String>,
    /// The network interfaces, with the network mode `awsvpc`.
    pub network_interfaces: Vec<ElasticNetworkInterface>,
    /// Environment variables of the platform; the task definition's own win.
    pub platform_environment: BTreeMap<String, String>,
    /// Where agents find this control plane's services.
    pub endpoints: &'a Endpoints,
    /// Whether `ExecuteCommand` is on for the task.
    pub execute_command: bool,
}

impl TaskToCompile<'_> {
    /// The last part of the task's ARN.
    pub fn task_id(&self) -> &str {
        self.task_arn.rsplit('/').next().unwrap_or_default()
    }

    fn container_override(&self, name: &str) -> Option<&ContainerOverride> {
        let all = self.overrides?.container_overrides.as_deref()?;
        all.iter().find(|o| o.name.as_deref() == Some(name))
    }
}

/// Why a task cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// Secrets, environment files and private registries are read with the execution role; there
    /// is no other that may stand in for it.
    #[error("the container {container} has {what}, which need the task execution role")]
    NoExecutionRole {
        /// The container.
        container: String,
        /// What needs the role.
        what: &'static str,
    },
    /// A task size that is no number.
    #[error("the task's {member} is no number: {value}")]
    NotANumber {
        /// `cpu` or `memory`.
        member: &'static str,
        /// What it is.
        value: String,
    },
    /// An override of a container that the task definition does not have.
    #[error("the overrides name the container {0}, which the task definition does not have")]
    UnknownContainer(String),
    /// A volume of a kind that agents here do not mount.
    #[error("the volume {0} is of a kind that cannot be mounted")]
    UnsupportedVolume(String),
}

/// Compiles a task for an agent.
///
/// # Errors
/// [`CompileError`]; the task cannot start then.
pub fn compile(input: &TaskToCompile<'_>) -> Result<Task, CompileError> {
    let definition = input.definition;
    let containers = definition
        .container_definitions
        .as_deref()
        .unwrap_or_default();
    check_overrides(input)?;
    let compiled: Result<Vec<_>, _> = containers
        .iter()
        .map(|c| container::compile(input, c))
        .collect();
    let volumes: Result<Vec<_>, _> = definition
        .volumes
        .as_deref()
        .unwrap_or_default()
        .iter()
        .map(volume::compile)
        .collect();
    let overrides = input.overrides;
    let cpu = overrides
        .and_then(|o| o.cpu.as_deref())
        .or(definition.cpu.as_deref());
    let memory = overrides
        .and_then(|o| o.memory.as_deref())
        .or(definition.memory.as_deref());
    Ok(Task {
        arn: input.task_arn.to_owned(),
        task_cluster_arn: input.cluster_arn.to_owned(),
        family: definition.family.clone().unwrap_or_default(),
        version: definition
            .revision
            .map(|r| r.to_string())
            .unwrap_or_default(),
        desired_status: DesiredStatus::Running,
        containers: compiled?,
        volumes: volumes?,
        network_mode: definition.network_mode.clone(),
        role_credentials: input.role_credentials.clone(),
        execution_role_credentials: input.execution_role_credentials.clone(),
        cpu: number(cpu, "cpu")?.map(|units| units as f64 / 1024.0),
        memory: number(memory, "memory")?,
        ephemeral_storage_gib: ephemeral_storage(input),
        pid_mode: definition.pid_mode.clone(),
        ipc_mode: definition.ipc_mode.clone(),
        launch_type: Some(input.launch_type.as_str().to_owned()),
        service_name: input.service_name.map(str::to_owned),
        group: input.group.map(str::to_owned),
        task_definition_account_id: Some(input.account.to_string()),
        elastic_network_interfaces: input.network_interfaces.clone(),
        proxy_configuration: definition
            .proxy_configuration
            .as_ref()
            .map(|p| ProxyConfiguration {
                r#type: p.r#type.clone().unwrap_or_else(|| "APPMESH".to_owned()),
                container_name: p.container_name.clone().unwrap_or_default(),
                properties: container::pairs(p.properties.as_deref()),
            }),
        enable_fault_injection: definition.enable_fault_injection,
    })
}

/// Fargate's storage: what the overrides or the definition say, or 20 GiB.
///
/// Source: Amazon ECS Developer Guide, "Fargate task ephemeral storage".
fn ephemeral_storage(input: &TaskToCompile<'_>) -> Option<i64> {
    if input.launch_type != LaunchType::Fargate {
        return None;
    }
    let said = input
        .overrides
        .and_then(|o| o.ephemeral_storage.as_ref())
        .or(input.definition.ephemeral_storage.as_ref());
    Some(i64::from(said.and_then(|s| s.size_in_gi_b).unwrap_or(20)))
}

/// A payload task that stops one.
pub fn stop(task_arn: &str, cluster_arn: &str) -> Task {
    Task {
        arn: task_arn.to_owned(),
        task_cluster_arn: cluster_arn.to_owned(),
        desired_status: DesiredStatus::Stopped,
        ..Task::default()
    }
}

fn check_overrides(input: &TaskToCompile<'_>) -> Result<(), CompileError> {
    let overrides = input
        .overrides
        .and_then(|o| o.container_overrides.as_deref());
    let containers = input
        .definition
        .container_definitions
        .as_deref()
        .unwrap_or_default();
    for name in overrides
        .unwrap_or_default()
        .iter()
        .filter_map(|o| o.name.as_deref())
    {
        if !containers.iter().any(|c| c.name.as_deref() == Some(name)) {
            return Err(CompileError::UnknownContainer(name.to_owned()));
        }
    }
    Ok(())
}

fn number(text: Option<&str>, member: &'static str) -> Result<Option<i64>, CompileError> {
    text.map(|value| {
        let number = value.parse();
        number.map_err(|_| CompileError::NotANumber {
            member,
            value: value.to_owned(),
        })
    })
    .transpose()
}
