//! Tasks as the API writes them.

use rolecall_api::ecs as api;

use crate::documents::{Task, TaskContainer, TaskEni, TaskStatus};

/// A task as the API writes it, without its tags.
pub(super) fn shown(task: &Task) -> api::Task {
    let storage = task.ephemeral_storage_gib;
    let architecture = api::Attribute {
        name: Some("ecs.cpu-architecture".to_owned()),
        value: Some(task.cpu_architecture.clone()),
        ..api::Attribute::default()
    };
    api::Task {
        attachments: Some(task.eni.iter().map(|eni| attachment(task, eni)).collect()),
        attributes: Some(vec![architecture]),
        availability_zone: Some(task.availability_zone.clone()),
        capacity_provider_name: task.capacity_provider.clone(),
        cluster_arn: Some(task.cluster_arn()),
        connectivity: task.connected.map(|_| "CONNECTED".to_owned()),
        connectivity_at: task.connected,
        container_instance_arn: None,
        containers: Some(task.containers.iter().map(|c| container(task, c)).collect()),
        cpu: task.cpu.clone(),
        created_at: Some(task.created),
        desired_status: Some(task.desired_status.as_str().to_owned()),
        enable_execute_command: Some(task.enable_execute_command),
        execution_stopped_at: task.execution_stopped,
        group: Some(task.group.clone()),
        health_status: Some(health(task)),
        inference_accelerators: None,
        last_status: Some(task.last_status.as_str().to_owned()),
        launch_type: Some(task.launch_type.as_str().to_owned()),
        memory: task.memory.clone(),
        overrides: Some(task.overrides.0.clone()),
        platform_version: task.platform_version.clone(),
        platform_family: task.platform_family.clone(),
        pull_started_at: task.pull_started,
        pull_stopped_at: task.pull_stopped,
        started_at: task.started,
        started_by: task.started_by.clone(),
        stop_code: task.stop_code.clone(),
        stopped_at: task.stopped,
        stopped_reason: task.stopped_reason.clone(),
        stopping_at: task.stopping,
        tags: Some(Vec::new()),
        task_arn: Some(task.arn()),
        task_definition_arn: Some(task.definition_arn()),
        version: Some(task.version),
        ephemeral_storage: storage.map(|gib| api::EphemeralStorage {
            size_in_gi_b: Some(gib),
        }),
        fargate_ephemeral_storage: storage.map(|gib| api::TaskEphemeralStorage {
            size_in_gi_b: Some(gib),
            kms_key_id: None,
        }),
        trusted_execution_summary: None,
    }
}

fn pair(name: &str, value: String) -> api::KeyValuePair {
    api::KeyValuePair {
        name: Some(name.to_owned()),
        value: Some(value),
    }
}

/// Source: Amazon ECS API Reference, `Attachment`.
fn attachment(task: &Task, eni: &TaskEni) -> api::Attachment {
    let mut details = vec![pair("subnetId", eni.subnet_id.clone())];
    if let Some(address) = eni.address {
        let host = address.to_string().replace('.', "-");
        details.push(pair("networkInterfaceId", eni.network_interface_id.clone()));
        details.push(pair("macAddress", TaskEni::mac(address)));
        details.push(pair("privateDnsName", private_dns_name(task, &host)));
        details.push(pair("privateIPv4Address", address.to_string()));
    }
    api::Attachment {
        id: Some(eni.attachment_id.clone()),
        r#type: Some("ElasticNetworkInterface".to_owned()),
        status: Some(eni.status.clone()),
        details: Some(details),
    }
}

/// Source: Amazon VPC User Guide, "DNS attributes for your VPC".
pub(crate) fn private_dns_name(task: &Task, host: &str) -> String {
    match task.region.as_str() {
        "us-east-1" => format!("ip-{host}.ec2.internal"),
        region => format!("ip-{host}.{region}.compute.internal"),
    }
}

fn container(task: &Task, container: &TaskContainer) -> api::Container {
    let interface = task.eni.as_ref().and_then(|eni| {
        Some(api::NetworkInterface {
            attachment_id: Some(eni.attachment_id.clone()),
            private_ipv4_address: Some(eni.address?.to_string()),
            ipv6_address: None,
        })
    });
    api::Container {
        container_arn: Some(container.arn.clone()),
        task_arn: Some(task.arn()),
        name: Some(container.name.clone()),
        image: Some(container.image.clone()),
        image_digest: container.image_digest.clone(),
        runtime_id: container.runtime_id.clone(),
        last_status: Some(container.last_status.as_str().to_owned()),
        exit_code: container.exit_code,
        reason: container.reason.clone(),
        network_bindings: Some(
            container
                .network_bindings
                .iter()
                .map(|b| b.0.clone())
                .collect(),
        ),
        network_interfaces: Some(interface.into_iter().collect()),
        health_status: Some(container.health_status.clone()),
        managed_agents: None,
        cpu: Some(container.cpu.to_string()),
        memory: container.memory.map(|mib| mib.to_string()),
        memory_reservation: container.memory_reservation.map(|mib| mib.to_string()),
        ..api::Container::default()
    }
}

/// The health of a task is that of its essential containers that have a health check.
///
/// Source: Amazon ECS Developer Guide, "Determine Amazon ECS task health using container health
/// checks".
fn health(task: &Task) -> String {
    let checked = || {
        task.containers
            .iter()
            .filter(|c| c.essential && c.health_check)
    };
    let all_healthy = checked().all(|c| c.health_status == "HEALTHY");
    let status = if checked().any(|c| c.health_status == "UNHEALTHY") {
        "UNHEALTHY"
    } else if checked().next().is_some() && all_healthy && task.last_status != TaskStatus::Stopped {
        "HEALTHY"
    } else {
        "UNKNOWN"
    };
    status.to_owned()
}
