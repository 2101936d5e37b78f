//! A request to register, as it is stored: AWS's defaults filled in, sizes in units.
//!
//! Source: Amazon ECS API Reference, `ContainerDefinition`, `PortMapping`, `HealthCheck`.

use rolecall_api::ecs::{
    ContainerDefinition, PortMapping, RegisterTaskDefinitionRequest, TaskDefinition,
};
use rolecall_base::AwsError;
use rolecall_op::RequestInfo;

use super::size::{cpu_units, memory_mib};
use crate::access;

/// The task definition that `input` describes, without its identity.
pub(super) fn definition(
    info: &RequestInfo,
    input: &RegisterTaskDefinitionRequest,
) -> Result<TaskDefinition, AwsError> {
    let role = |given: &Option<String>| {
        let given = given.as_deref().filter(|r| !r.is_empty());
        given.map(|r| access::role_arn(info, r)).transpose()
    };
    let units = |given: &Option<String>, read: fn(&str) -> Result<u32, AwsError>| {
        let given = given.as_deref().filter(|g| !g.is_empty());
        given
            .map(|g| read(g).map(|units| units.to_string()))
            .transpose()
    };
    let host_ports = matches!(input.network_mode.as_deref(), Some("awsvpc" | "host"));
    let mut containers = input.container_definitions.clone().unwrap_or_default();
    for container in &mut containers {
        fill(container, host_ports);
    }
    let nonempty = |list: &Option<Vec<String>>| list.clone().filter(|l| !l.is_empty());
    Ok(TaskDefinition {
        family: input.family.clone(),
        task_role_arn: role(&input.task_role_arn)?,
        execution_role_arn: role(&input.execution_role_arn)?,
        network_mode: input.network_mode.clone(),
        container_definitions: Some(containers),
        volumes: Some(input.volumes.clone().unwrap_or_default()),
        placement_constraints: Some(input.placement_constraints.clone().unwrap_or_default()),
        requires_compatibilities: nonempty(&input.requires_compatibilities),
        cpu: units(&input.cpu, cpu_units)?,
        memory: units(&input.memory, memory_mib)?,
        pid_mode: input.pid_mode.clone(),
        ipc_mode: input.ipc_mode.clone(),
        proxy_configuration: input.proxy_configuration.clone(),
        ephemeral_storage: input.ephemeral_storage.clone(),
        runtime_platform: input.runtime_platform.clone(),
        enable_fault_injection: input.enable_fault_injection,
        trusted_execution_configuration: input.trusted_execution_configuration.clone(),
        inference_accelerators: input.inference_accelerators.clone(),
        ..TaskDefinition::default()
    })
}

/// Fills in a container's defaults.
fn fill(container: &mut ContainerDefinition, host_ports: bool) {
    container.cpu.get_or_insert(0);
    container.essential.get_or_insert(true);
    container.environment.get_or_insert_default();
    container.mount_points.get_or_insert_default();
    container.volumes_from.get_or_insert_default();
    container.system_controls.get_or_insert_default();
    for mapping in container.port_mappings.get_or_insert_default() {
        fill_port(mapping, host_ports);
    }
    if let Some(check) = &mut container.health_check {
        check.interval.get_or_insert(30);
        check.timeout.get_or_insert(5);
        check.retries.get_or_insert(3);
    }
}

/// With `awsvpc` and `host`, a port is the same inside and outside.
fn fill_port(mapping: &mut PortMapping, host_ports: bool) {
    mapping.protocol.get_or_insert_with(|| "tcp".to_owned());
    if mapping.container_port_range.is_none() {
        let default = if host_ports {
            mapping.container_port
        } else {
            Some(0)
        };
        mapping.host_port = mapping.host_port.or(default);
    }
}
