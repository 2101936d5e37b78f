//! What a container instance must be able to do to run a task definition.
//!
//! Source: Amazon ECS Developer Guide, "Amazon ECS container agent attributes" and the capability
//! list of the container agent (Apache-2.0).

use std::collections::BTreeSet;

use rolecall_api::ecs::{Attribute, ContainerDefinition, Secret, TaskDefinition};

const REMOTE_API: &str = "com.amazonaws.ecs.capability.docker-remote-api.";

/// The attributes, by name.
pub(super) fn required(definition: &TaskDefinition, ecr: &dyn Fn(&str) -> bool) -> Vec<Attribute> {
    let mut found = BTreeSet::new();
    let mut add = |name: &str| {
        found.insert(name.to_owned());
    };
    match (
        &definition.task_role_arn,
        definition.network_mode.as_deref(),
    ) {
        (Some(_), Some("host")) => {
            add("com.amazonaws.ecs.capability.task-iam-role-network-host");
        }
        (Some(_), _) => add("com.amazonaws.ecs.capability.task-iam-role"),
        (None, _) => {}
    }
    if definition.network_mode.as_deref() == Some("awsvpc") {
        add("ecs.capability.task-eni");
        add(&format!("{REMOTE_API}1.18"));
    }
    if definition.pid_mode.is_some() || definition.ipc_mode.is_some() {
        add("ecs.capability.pid-ipc-namespace-sharing");
    }
    if definition.cpu.is_some() || definition.memory.is_some() {
        add("ecs.capability.task-cpu-mem-limit");
    }
    for volume in definition.volumes.iter().flatten() {
        if volume.efs_volume_configuration.is_some() {
            add("ecs.capability.efs");
            add("ecs.capability.efsAuth");
            add(&format!("{REMOTE_API}1.25"));
        }
        if let Some(docker) = &volume.docker_volume_configuration {
            let driver = docker.driver.as_deref().unwrap_or("local");
            add(&format!(
                "com.amazonaws.ecs.capability.docker-plugin.{driver}"
            ));
        }
    }
    let execution_role = definition.execution_role_arn.is_some();
    for container in definition.container_definitions.iter().flatten() {
        of_container(container, execution_role, ecr, &mut add);
    }
    let attribute = |name| Attribute {
        name: Some(name),
        ..Attribute::default()
    };
    found.into_iter().map(attribute).collect()
}

fn of_container(
    container: &ContainerDefinition,
    execution_role: bool,
    ecr: &dyn Fn(&str) -> bool,
    add: &mut dyn FnMut(&str),
) {
    if ecr(container.image.as_deref().unwrap_or_default()) {
        add("com.amazonaws.ecs.capability.ecr-auth");
        add(&format!("{REMOTE_API}1.19"));
        if execution_role {
            add("ecs.capability.execution-role-ecr-pull");
        }
    }
    if let Some(log) = &container.log_configuration {
        let driver = log.log_driver.as_deref().unwrap_or_default();
        add(&format!(
            "com.amazonaws.ecs.capability.logging-driver.{driver}"
        ));
        add(&format!("{REMOTE_API}1.19"));
        if driver == "awslogs" && execution_role {
            add("ecs.capability.execution-role-awslogs");
        }
        secrets(log.secret_options.as_deref(), "bootstrap.log-driver", add);
    }
    secrets(container.secrets.as_deref(), "environment-variables", add);
    let features = [
        (
            container.privileged == Some(true),
            "com.amazonaws.ecs.capability.privileged-container",
        ),
        (
            container.health_check.is_some(),
            "ecs.capability.container-health-check",
        ),
        (
            container.restart_policy.is_some(),
            "ecs.capability.container-restart-policy",
        ),
        (
            container.repository_credentials.is_some(),
            "ecs.capability.private-registry-authentication.secretsmanager",
        ),
        (
            container
                .environment_files
                .as_ref()
                .is_some_and(|f| !f.is_empty()),
            "ecs.capability.env-files.s3",
        ),
        (
            container.depends_on.as_ref().is_some_and(|d| !d.is_empty())
                || container.start_timeout.is_some()
                || container.stop_timeout.is_some(),
            "ecs.capability.container-ordering",
        ),
        (
            container
                .port_mappings
                .iter()
                .flatten()
                .any(|p| p.container_port_range.is_some()),
            "ecs.capability.network.container-port-range",
        ),
    ];
    for (_, name) in features.into_iter().filter(|(has, _)| *has) {
        add(name);
    }
    if let Some(router) = &container.firelens_configuration {
        add(&format!(
            "ecs.capability.firelens.{}",
            router.r#type.as_deref().unwrap_or_default()
        ));
    }
    if container.memory_reservation.is_some() {
        add(&format!("{REMOTE_API}1.21"));
    }
    if container.health_check.is_some() {
        add(&format!("{REMOTE_API}1.29"));
    }
}

fn secrets(given: Option<&[Secret]>, kind: &str, add: &mut dyn FnMut(&str)) {
    for secret in given.unwrap_or_default() {
        let from = secret.value_from.as_deref().unwrap_or_default();
        let provider = if from.contains(":secretsmanager:") {
            "asm"
        } else {
            "ssm"
        };
        add(&format!("ecs.capability.secrets.{provider}.{kind}"));
    }
}
