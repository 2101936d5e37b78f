//! What Fargate asks of a task definition.
//!
//! Source: Amazon ECS Developer Guide, "Amazon ECS task definition differences for Fargate".

use rolecall_api::ecs::{ContainerDefinition, LinuxParameters, TaskDefinition};
use rolecall_base::AwsError;

use super::super::size::{fargate_has, no_fargate_size};
use super::containers;
use crate::errors::client;

/// The log drivers of Fargate.
const LOG_DRIVERS: [&str; 3] = ["awslogs", "splunk", "awsfirelens"];
/// The longest time between SIGTERM and SIGKILL, in seconds.
const STOP_TIMEOUT_MAX_S: i32 = 120;

/// Checks that Fargate can run the definition. `ecr` says whether an image is one of ECR.
pub(super) fn check(
    definition: &TaskDefinition,
    ecr: &dyn Fn(&str) -> bool,
) -> Result<(), AwsError> {
    if definition.network_mode.as_deref() != Some("awsvpc") {
        return Err(client("Fargate only supports network mode ‘awsvpc’."));
    }
    size(definition)?;
    if definition.ipc_mode.is_some() {
        return Err(unsupported("ipcMode"));
    }
    if definition.pid_mode.as_deref() == Some("host") {
        return Err(client(
            "Tasks using the Fargate launch type do not support pidMode 'host'.",
        ));
    }
    if definition
        .placement_constraints
        .as_ref()
        .is_some_and(|c| !c.is_empty())
    {
        return Err(unsupported("constraints"));
    }
    for volume in definition.volumes.iter().flatten() {
        if volume
            .host
            .as_ref()
            .is_some_and(|h| h.source_path.is_some())
        {
            return Err(unsupported("sourcePath"));
        }
        if volume.docker_volume_configuration.is_some() {
            return Err(unsupported("dockerVolumeConfiguration"));
        }
        if volume
            .fsx_windows_file_server_volume_configuration
            .is_some()
        {
            return Err(unsupported("fsxWindowsFileServerVolumeConfiguration"));
        }
    }
    for container in containers(definition) {
        one(container)?;
        logs(definition, container)?;
        let image = container.image.as_deref().unwrap_or_default();
        if definition.execution_role_arn.is_none() && ecr(image) {
            return Err(needs_role("ECR images"));
        }
    }
    Ok(())
}

fn unsupported(member: &str) -> AwsError {
    client(format!(
        "Fargate compatible task definitions do not support {member}"
    ))
}

fn needs_role(what: &str) -> AwsError {
    client(format!(
        "Fargate requires task definition to have execution role ARN to support {what}."
    ))
}

fn size(definition: &TaskDefinition) -> Result<(), AwsError> {
    let units = |text: &Option<String>, member: &str| -> Result<u32, AwsError> {
        let read = text.as_deref().and_then(|t| t.parse().ok());
        read.ok_or_else(|| {
            client(format!(
                "Fargate requires that '{member}' be defined at the task level."
            ))
        })
    };
    let cpu = units(&definition.cpu, "cpu")?;
    let memory = units(&definition.memory, "memory")?;
    if fargate_has(cpu, memory) {
        Ok(())
    } else {
        Err(no_fargate_size(cpu, memory))
    }
}

fn one(container: &ContainerDefinition) -> Result<(), AwsError> {
    if container.privileged == Some(true) {
        return Err(client(
            "Fargate requires that the 'privileged' setting be 'false'.",
        ));
    }
    if container
        .docker_security_options
        .as_ref()
        .is_some_and(|o| !o.is_empty())
    {
        return Err(unsupported("dockerSecurityOptions"));
    }
    if container
        .stop_timeout
        .is_some_and(|s| s > STOP_TIMEOUT_MAX_S)
    {
        return Err(client(
            "Tasks using the Fargate launch type must have a container stop timeout of less than \
             120 seconds.",
        ));
    }
    let gpu = container.resource_requirements.iter().flatten();
    if gpu.into_iter().any(|r| r.r#type.as_deref() == Some("GPU")) {
        return Err(client(
            "Tasks using the Fargate launch type do not support GPU resource requirements.",
        ));
    }
    container.linux_parameters.as_ref().map_or(Ok(()), linux)
}

fn linux(parameters: &LinuxParameters) -> Result<(), AwsError> {
    let added = parameters
        .capabilities
        .as_ref()
        .and_then(|c| c.add.as_deref());
    if let Some(other) = added
        .unwrap_or_default()
        .iter()
        .find(|c| *c != "SYS_PTRACE")
    {
        return Err(client(format!("{other} is not allowed on Fargate.")));
    }
    let member = if parameters.devices.as_ref().is_some_and(|d| !d.is_empty()) {
        "devices"
    } else if parameters.shared_memory_size.is_some() {
        "sharedMemorySize"
    } else if parameters.max_swap.is_some() {
        "maxSwap"
    } else if parameters.swappiness.is_some() {
        "swappiness"
    } else {
        return Ok(());
    };
    Err(unsupported(member))
}

fn logs(definition: &TaskDefinition, container: &ContainerDefinition) -> Result<(), AwsError> {
    let Some(log) = &container.log_configuration else {
        return Ok(());
    };
    let driver = log.log_driver.as_deref().unwrap_or_default();
    if !LOG_DRIVERS.contains(&driver) {
        return Err(client(format!(
            "{driver} is not a valid log driver. Must be one of [awslogs, splunk, awsfirelens]"
        )));
    }
    if driver != "awslogs" {
        return Ok(());
    }
    if definition.execution_role_arn.is_none() {
        return Err(needs_role("log driver awslogs"));
    }
    let options = log.options.as_ref();
    if options.is_none_or(|o| !o.contains_key("awslogs-stream-prefix")) {
        return Err(client(
            "Fargate requires log configuration options to include awslogs-stream-prefix to \
             support log driver awslogs.",
        ));
    }
    Ok(())
}
