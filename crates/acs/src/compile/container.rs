//! One container definition, with its overrides, to a payload container.

use std::collections::BTreeMap;

use rolecall_api::ecs::{
    ContainerDefinition, ContainerOverride, EnvironmentFile as ApiEnvironmentFile, KeyValuePair,
    PortMapping as ApiPortMapping, Secret as ApiSecret,
};
use rolecall_base::{Arn, Region};

use super::{CompileError, LaunchType, TaskToCompile, docker, image};
use crate::task::{
    Container, Dependency, EnvironmentFile, FirelensConfiguration, ManagedAgent, MountPoint,
    PortMapping, RestartPolicy, Secret, VolumeFrom,
};

/// Compiles a container.
pub(super) fn compile(
    input: &TaskToCompile<'_>,
    definition: &ContainerDefinition,
) -> Result<Container, CompileError> {
    let name = definition.name.clone().unwrap_or_default();
    let overrides = input.container_override(&name);
    let environment_files = environment_files(definition, overrides);
    let secrets = secrets(input.region, definition);
    let needs = [
        ("environment files", environment_files.is_empty()),
        ("secrets", secrets.is_empty()),
        (
            "registry credentials",
            definition.repository_credentials.is_none(),
        ),
    ];
    if input.execution_role_credentials.is_none()
        && let Some((what, _)) = needs.iter().find(|(_, absent)| !absent)
    {
        return Err(CompileError::NoExecutionRole {
            container: name,
            what,
        });
    }
    let command = overrides
        .and_then(|o| o.command.clone())
        .or(definition.command.clone());
    let size = Size::of(definition, overrides);
    let awslogs = docker::log_driver(definition) == Some("awslogs");
    let with_execution_role = input.execution_role_credentials.is_some();
    Ok(Container {
        container_arn: input.container_arns.get(&name).cloned(),
        image: definition.image.clone().unwrap_or_default(),
        essential: definition.essential.unwrap_or(true),
        command: command.unwrap_or_default(),
        entry_point: definition.entry_point.clone().unwrap_or_default(),
        environment: environment(input, definition, overrides),
        environment_files,
        cpu: size.cpu,
        memory: size.memory,
        links: definition.links.clone().unwrap_or_default(),
        port_mappings: port_mappings(input, definition),
        mount_points: mount_points(definition),
        volumes_from: volumes_from(definition),
        depends_on: depends_on(definition),
        start_timeout: definition.start_timeout.map(i64::from),
        stop_timeout: definition.stop_timeout.map(i64::from),
        restart_policy: restart_policy(definition),
        secrets,
        registry_authentication: image::authentication(input, definition),
        logs_auth_strategy: (awslogs && with_execution_role).then(|| "ExecutionRole".to_owned()),
        health_check_type: definition
            .health_check
            .as_ref()
            .map(|_| "docker".to_owned()),
        firelens_configuration: definition.firelens_configuration.as_ref().map(|f| {
            FirelensConfiguration {
                r#type: f.r#type.clone().unwrap_or_default(),
                options: f.options.clone().unwrap_or_default(),
            }
        }),
        managed_agents: managed_agents(input),
        overrides: Some("{}".to_owned()),
        docker_config: docker::config(input, definition, &size, &name),
        name,
    })
}

/// The size of a container, after overrides.
pub(super) struct Size {
    /// CPU shares.
    pub(super) cpu: Option<i64>,
    /// Hard limit in MiB.
    pub(super) memory: Option<i64>,
    /// Soft limit in MiB.
    pub(super) memory_reservation: Option<i64>,
}

impl Size {
    fn of(definition: &ContainerDefinition, overrides: Option<&ContainerOverride>) -> Self {
        let pick = |over: Option<i32>, own: Option<i32>| over.or(own).map(i64::from);
        Self {
            cpu: pick(overrides.and_then(|o| o.cpu), definition.cpu),
            memory: pick(overrides.and_then(|o| o.memory), definition.memory),
            memory_reservation: pick(
                overrides.and_then(|o| o.memory_reservation),
                definition.memory_reservation,
            ),
        }
    }
}

/// Name and value pairs as a map; a later pair wins.
pub(super) fn pairs(pairs: Option<&[KeyValuePair]>) -> BTreeMap<String, String> {
    let pairs = pairs.unwrap_or_default().iter();
    let pairs = pairs.map(|p| {
        (
            p.name.clone().unwrap_or_default(),
            p.value.clone().unwrap_or_default(),
        )
    });
    pairs.collect()
}

/// The platform's variables, then the definition's, then the override's.
fn environment(
    input: &TaskToCompile<'_>,
    definition: &ContainerDefinition,
    overrides: Option<&ContainerOverride>,
) -> BTreeMap<String, String> {
    let mut environment = input.platform_environment.clone();
    let execution_env = input.launch_type.execution_env().to_owned();
    environment.insert("AWS_EXECUTION_ENV".to_owned(), execution_env);
    environment.extend(pairs(definition.environment.as_deref()));
    environment.extend(pairs(overrides.and_then(|o| o.environment.as_deref())));
    environment
}

/// The override's files are read after the definition's, so that their values win.
fn environment_files(
    definition: &ContainerDefinition,
    overrides: Option<&ContainerOverride>,
) -> Vec<EnvironmentFile> {
    let own = definition.environment_files.as_deref().unwrap_or_default();
    let over = overrides
        .and_then(|o| o.environment_files.as_deref())
        .unwrap_or_default();
    let file = |f: &ApiEnvironmentFile| EnvironmentFile {
        value: f.value.clone().unwrap_or_default(),
        r#type: f.r#type.clone().unwrap_or_else(|| "s3".to_owned()),
    };
    own.iter().chain(over).map(file).collect()
}

/// The container's secrets and those of its log driver.
fn secrets(region: &Region, definition: &ContainerDefinition) -> Vec<Secret> {
    let own = definition.secrets.as_deref().unwrap_or_default();
    let log = definition
        .log_configuration
        .as_ref()
        .and_then(|l| l.secret_options.as_deref());
    let own = own.iter().map(|s| secret(region, s, "CONTAINER"));
    own.chain(
        log.unwrap_or_default()
            .iter()
            .map(|s| secret(region, s, "LOG_DRIVER")),
    )
    .collect()
}

/// A value from Secrets Manager is named by an ARN; one from Parameter Store by an ARN or, in the
/// task's own region, by its name.
///
/// Source: Amazon ECS API Reference, `Secret`.
fn secret(region: &Region, secret: &ApiSecret, target: &str) -> Secret {
    let value_from = secret.value_from.clone().unwrap_or_default();
    let arn = Arn::parse(&value_from).ok();
    let asm = arn
        .as_ref()
        .is_some_and(|a| a.service() == "secretsmanager");
    let named = arn.as_ref().map(Arn::region).filter(|r| !r.is_empty());
    Secret {
        name: secret.name.clone().unwrap_or_default(),
        region: named.unwrap_or(region.as_str()).to_owned(),
        provider: if asm { "asm" } else { "ssm" }.to_owned(),
        r#type: "ENVIRONMENT_VARIABLE".to_owned(),
        target: target.to_owned(),
        value_from,
    }
}

/// A Fargate task's ports are those of its own network interface: inside and outside are one.
fn port_mappings(input: &TaskToCompile<'_>, definition: &ContainerDefinition) -> Vec<PortMapping> {
    let awsvpc = input.definition.network_mode.as_deref() == Some("awsvpc")
        || input.launch_type == LaunchType::Fargate;
    let mapping = |p: &ApiPortMapping| {
        let container_port = p.container_port.map(i64::from);
        let host_port = if awsvpc {
            container_port
        } else {
            p.host_port.map(i64::from)
        };
        PortMapping {
            container_port,
            host_port: host_port.or(container_port.map(|_| 0)),
            protocol: p.protocol.clone().unwrap_or_else(|| "tcp".to_owned()),
            container_port_range: p.container_port_range.clone(),
        }
    };
    definition
        .port_mappings
        .as_deref()
        .unwrap_or_default()
        .iter()
        .map(mapping)
        .collect()
}

fn mount_points(definition: &ContainerDefinition) -> Vec<MountPoint> {
    let all = definition
        .mount_points
        .as_deref()
        .unwrap_or_default()
        .iter();
    all.map(|m| MountPoint {
        source_volume: m.source_volume.clone().unwrap_or_default(),
        container_path: m.container_path.clone().unwrap_or_default(),
        read_only: m.read_only.unwrap_or(false),
    })
    .collect()
}

fn volumes_from(definition: &ContainerDefinition) -> Vec<VolumeFrom> {
    let all = definition
        .volumes_from
        .as_deref()
        .unwrap_or_default()
        .iter();
    all.map(|v| VolumeFrom {
        source_container: v.source_container.clone().unwrap_or_default(),
        read_only: v.read_only.unwrap_or(false),
    })
    .collect()
}

fn depends_on(definition: &ContainerDefinition) -> Vec<Dependency> {
    let all = definition.depends_on.as_deref().unwrap_or_default().iter();
    all.map(|d| Dependency {
        container_name: d.container_name.clone().unwrap_or_default(),
        condition: d.condition.clone().unwrap_or_default(),
    })
    .collect()
}

fn restart_policy(definition: &ContainerDefinition) -> Option<RestartPolicy> {
    let policy = definition.restart_policy.as_ref()?;
    let codes = policy.ignored_exit_codes.as_deref().unwrap_or_default();
    Some(RestartPolicy {
        enabled: policy.enabled.unwrap_or(false),
        ignored_exit_codes: codes.iter().copied().map(i64::from).collect(),
        restart_attempt_period: policy.restart_attempt_period.map(i64::from),
    })
}

fn managed_agents(input: &TaskToCompile<'_>) -> Vec<ManagedAgent> {
    if !input.execute_command {
        return Vec::new();
    }
    vec![ManagedAgent {
        name: "ExecuteCommandAgent".to_owned(),
        properties: BTreeMap::from([("sessionLimit".to_owned(), "2".to_owned())]),
    }]
}
