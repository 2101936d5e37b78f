//! Rules of one container definition.

use rolecall_api::ecs::{ContainerDefinition, EnvironmentFile, HealthCheck, TaskDefinition};
use rolecall_base::{Arn, AwsError};

use super::{containers, name};
use crate::errors::{client, invalid};

/// The least memory of a container, in MiB: Docker's own.
const MEMORY_MIN_MIB: i32 = 6;

pub(super) fn check(
    definition: &TaskDefinition,
    container: &ContainerDefinition,
) -> Result<(), AwsError> {
    memory(definition, container)?;
    cpu(definition, container)?;
    timeouts(container)?;
    if let Some(check) = &container.health_check {
        health_check(name(container), check)?;
    }
    ulimits(container)?;
    environment(container)?;
    secrets(container)?;
    restart_policy(container)?;
    links_and_volumes_from(definition, container)
}

fn memory(definition: &TaskDefinition, container: &ContainerDefinition) -> Result<(), AwsError> {
    let setting = |text: &str| {
        client(format!(
            "Invalid setting for container '{}'. {text}",
            name(container)
        ))
    };
    let (hard, soft) = (container.memory, container.memory_reservation);
    if hard.is_none() && soft.is_none() && definition.memory.is_none() {
        return Err(setting(
            "At least one of 'memory' or 'memoryReservation' must be specified.",
        ));
    }
    for (limit, member) in [(hard, "memory"), (soft, "memoryReservation")] {
        if limit.is_some_and(|mib| mib < MEMORY_MIN_MIB) {
            return Err(setting(&format!(
                "'{member}' must be greater than or equal to {MEMORY_MIN_MIB}."
            )));
        }
    }
    if hard.zip(soft).is_some_and(|(hard, soft)| hard < soft) {
        return Err(setting(
            "'memory' must be greater than or equal to 'memoryReservation'.",
        ));
    }
    let task: Option<i64> = definition.memory.as_deref().and_then(|m| m.parse().ok());
    for (limit, member) in [(hard, "memory"), (soft, "memoryReservation")] {
        if limit
            .zip(task)
            .is_some_and(|(limit, task)| i64::from(limit) > task)
        {
            return Err(client(format!(
                "The '{member}' setting for container '{}' is greater than for the task.",
                name(container)
            )));
        }
    }
    let reserved: i64 = containers(definition)
        .iter()
        .filter_map(|c| c.memory_reservation.or(c.memory))
        .map(i64::from)
        .sum();
    if task.is_some_and(|task| reserved > task) {
        return Err(client(
            "Total memory of containers is greater than the task's 'memory'.",
        ));
    }
    Ok(())
}

fn cpu(definition: &TaskDefinition, container: &ContainerDefinition) -> Result<(), AwsError> {
    if container.cpu.is_some_and(|units| units < 0) {
        return Err(client(format!(
            "Invalid 'cpu' setting for container '{}'.",
            name(container)
        )));
    }
    let task: Option<i64> = definition.cpu.as_deref().and_then(|c| c.parse().ok());
    let sum: i64 = containers(definition)
        .iter()
        .filter_map(|c| c.cpu)
        .map(i64::from)
        .sum();
    if task.is_some_and(|task| sum > task) {
        return Err(client(
            "Total CPU of containers is greater than the task's 'cpu'.",
        ));
    }
    Ok(())
}

fn timeouts(container: &ContainerDefinition) -> Result<(), AwsError> {
    let checks = [
        (container.start_timeout, "start"),
        (container.stop_timeout, "stop"),
    ];
    for (timeout, which) in checks {
        if timeout.is_some_and(|seconds| seconds < 2) {
            return Err(client(format!(
                "Granular {which} timeout on container '{}' must be at least 2 seconds.",
                name(container)
            )));
        }
    }
    Ok(())
}

/// Source: Amazon ECS API Reference, `HealthCheck`.
fn health_check(name: &str, check: &HealthCheck) -> Result<(), AwsError> {
    let command = check.command.as_deref().unwrap_or_default();
    match command {
        [] => return Err(client("Health check command should not be null or empty.")),
        [first, ..] if !matches!(first.as_str(), "CMD" | "CMD-SHELL" | "NONE") => {
            return Err(client(format!(
                "Health check command for container '{name}' must start with CMD or CMD-SHELL."
            )));
        }
        [only] if only != "NONE" => {
            return Err(client(format!(
                "Health check command for container '{name}' must name a command."
            )));
        }
        _ => {}
    }
    let ranges = [
        (check.interval, 5, 300, "interval"),
        (check.timeout, 2, 60, "timeout"),
        (check.retries, 1, 10, "retries"),
        (check.start_period, 0, 300, "startPeriod"),
    ];
    for (value, min, max, member) in ranges {
        if value.is_some_and(|v| !(min..=max).contains(&v)) {
            return Err(client(format!(
                "Health check {member} for container '{name}' must be between {min} and {max}."
            )));
        }
    }
    Ok(())
}

fn ulimits(container: &ContainerDefinition) -> Result<(), AwsError> {
    for ulimit in container.ulimits.iter().flatten() {
        let exceeds = ulimit
            .soft_limit
            .zip(ulimit.hard_limit)
            .is_some_and(|(soft, hard)| {
                // -1 is unlimited.
                hard != -1 && (soft == -1 || soft > hard)
            });
        if exceeds {
            return Err(client(format!(
                "Soft limit exceeds hard limit for ulimit {}.",
                ulimit.name.as_deref().unwrap_or_default()
            )));
        }
    }
    Ok(())
}

fn environment(container: &ContainerDefinition) -> Result<(), AwsError> {
    let unnamed = container
        .environment
        .iter()
        .flatten()
        .any(|pair| pair.name.as_deref().is_none_or(str::is_empty));
    if unnamed {
        return Err(client(
            "Environment variable name should not be null or empty.",
        ));
    }
    environment_files(container.environment_files.as_deref().unwrap_or_default())
}

/// Checks files of environment variables, of a definition or of an override.
pub(crate) fn environment_files(files: &[EnvironmentFile]) -> Result<(), AwsError> {
    if files.len() > 10 {
        return Err(client(
            "The maximum number of environment files was exceeded. Specify ten or less and try \
             again.",
        ));
    }
    for file in files {
        let arn = Arn::parse(file.value.as_deref().unwrap_or_default())
            .map_err(|_| client("Invalid arn syntax."))?;
        if arn.service() != "s3" || !arn.resource().ends_with(".env") {
            return Err(client(
                "Environment files must be objects in Amazon S3 with a file extension of .env.",
            ));
        }
    }
    Ok(())
}

fn secrets(container: &ContainerDefinition) -> Result<(), AwsError> {
    let own = container.secrets.iter().flatten();
    let log = container
        .log_configuration
        .iter()
        .filter_map(|l| l.secret_options.as_ref());
    for secret in own.chain(log.flatten()) {
        if secret.name.as_deref().is_none_or(str::is_empty) {
            return Err(client("Secret name should not be null or empty."));
        }
        if secret.value_from.as_deref().is_none_or(str::is_empty) {
            return Err(client("Secret valueFrom should not be null or empty."));
        }
    }
    let plain = |name: &str| {
        container
            .environment
            .iter()
            .flatten()
            .any(|p| p.name.as_deref() == Some(name))
    };
    for secret in container.secrets.iter().flatten() {
        let secret_name = secret.name.as_deref().unwrap_or_default();
        if plain(secret_name) {
            return Err(client(format!(
                "The secret name must be unique and not shared with any new or existing \
                 environment variables set on the container, such as '{secret_name}'."
            )));
        }
    }
    Ok(())
}

fn restart_policy(container: &ContainerDefinition) -> Result<(), AwsError> {
    let Some(policy) = &container.restart_policy else {
        return Ok(());
    };
    if policy
        .restart_attempt_period
        .is_some_and(|s| !(60..=1800).contains(&s))
    {
        return Err(client(format!(
            "The 'restartAttemptPeriod' setting for container '{}' must be between 60 and 1800.",
            name(container)
        )));
    }
    if policy
        .ignored_exit_codes
        .as_ref()
        .is_some_and(|codes| codes.len() > 50)
    {
        return Err(client(format!(
            "The 'ignoredExitCodes' setting for container '{}' can have at most 50 items.",
            name(container)
        )));
    }
    Ok(())
}

fn links_and_volumes_from(
    definition: &TaskDefinition,
    container: &ContainerDefinition,
) -> Result<(), AwsError> {
    let known = |other: &str| containers(definition).iter().any(|c| name(c) == other);
    for link in container.links.iter().flatten() {
        let other = link.split(':').next().unwrap_or_default();
        if !known(other) {
            return Err(client(format!(
                "Invalid 'links' setting. Unknown container: '{other}'."
            )));
        }
    }
    for from in container.volumes_from.iter().flatten() {
        let other = from.source_container.as_deref().unwrap_or_default();
        if !known(other) {
            return Err(client(format!(
                "Invalid 'volumesFrom' setting. Unknown container: '{other}'."
            )));
        }
    }
    let gpu = container
        .resource_requirements
        .iter()
        .flatten()
        .find(|r| r.value.as_deref().is_none_or(str::is_empty));
    if gpu.is_some() {
        return Err(invalid(
            "Resource requirement value should not be null or empty.",
        ));
    }
    Ok(())
}
