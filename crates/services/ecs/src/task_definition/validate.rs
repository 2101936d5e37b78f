//! The rules of `RegisterTaskDefinition` that the model does not know, with AWS's messages.
//!
//! Sources: Amazon ECS API Reference, `RegisterTaskDefinition` and the types in it; Developer
//! Guide, "Task definition parameters"; the messages as AWS's API and CloudFormation show them.

mod container;
mod depends_on;
mod fargate;
mod logs;
mod network;
mod volumes;

use std::collections::HashSet;

use rolecall_api::ecs::{ContainerDefinition, TaskDefinition};
use rolecall_base::AwsError;

use crate::errors::client;
use crate::refs::is_name;

/// The most containers of a task definition.
const CONTAINERS_MAX: usize = 10;

/// The containers of a definition.
fn containers(definition: &TaskDefinition) -> &[ContainerDefinition] {
    definition
        .container_definitions
        .as_deref()
        .unwrap_or_default()
}

/// A container's name.
fn name(container: &ContainerDefinition) -> &str {
    container.name.as_deref().unwrap_or_default()
}

/// Whether the definition asks to be one for `compatibility`.
fn requires(definition: &TaskDefinition, compatibility: &str) -> bool {
    definition
        .requires_compatibilities
        .iter()
        .flatten()
        .any(|c| c == compatibility)
}

/// Checks a definition, and says what it is compatible with: of what it requires, everything; if
/// it requires nothing, whatever it could be run on.
pub(super) fn check(
    definition: &TaskDefinition,
    ecr: &dyn Fn(&str) -> bool,
) -> Result<Vec<String>, AwsError> {
    family(definition)?;
    container_list(definition)?;
    if definition
        .inference_accelerators
        .as_ref()
        .is_some_and(|a| !a.is_empty())
    {
        return Err(client("Unsupported field 'inferenceAccelerators'."));
    }
    for container in containers(definition) {
        container::check(definition, container)?;
    }
    network::check(definition)?;
    depends_on::check(containers(definition))?;
    logs::check(definition)?;
    volumes::check(definition)?;
    proxy(definition)?;
    ephemeral_storage(definition)?;
    for container in containers(definition) {
        needs_execution_role(definition, container)?;
    }
    let fargate = fargate::check(definition, ecr);
    if requires(definition, "FARGATE") {
        fargate?;
        return Ok(compatibilities(definition, true));
    }
    Ok(compatibilities(definition, fargate.is_ok()))
}

fn family(definition: &TaskDefinition) -> Result<(), AwsError> {
    let family = definition.family.as_deref().unwrap_or_default();
    if family.is_empty() {
        return Err(client("Family should not be null or empty."));
    }
    if !is_name(family) {
        return Err(client(
            "Family contains invalid characters. Valid characters are letters, numbers, hyphens \
             and underscores, up to 255 of them.",
        ));
    }
    Ok(())
}

fn container_list(definition: &TaskDefinition) -> Result<(), AwsError> {
    let all = containers(definition);
    if all.is_empty() {
        return Err(client("Container list cannot be empty."));
    }
    if all.len() > CONTAINERS_MAX {
        return Err(client("Too many containers."));
    }
    let mut seen = HashSet::new();
    for container in all {
        let name = name(container);
        if name.is_empty() {
            return Err(client("Container.name should not be null or empty."));
        }
        if !is_name(name) {
            return Err(client(format!(
                "Container.name contains invalid characters: '{name}'."
            )));
        }
        if container
            .image
            .as_deref()
            .is_none_or(|i| i.trim().is_empty())
        {
            return Err(client("Container.image should not be null or empty."));
        }
        if !seen.insert(name) {
            return Err(client(format!("Container.name '{name}' is already used.")));
        }
    }
    if !all.iter().any(|c| c.essential == Some(true)) {
        return Err(client(
            "Task definition doesn't have any essential container.",
        ));
    }
    Ok(())
}

/// What the agent fetches with the execution role and with no other.
fn needs_execution_role(
    definition: &TaskDefinition,
    container: &ContainerDefinition,
) -> Result<(), AwsError> {
    if definition.execution_role_arn.is_some() {
        return Ok(());
    }
    let some = |list: Option<usize>| list.is_some_and(|len| len > 0);
    let log_secrets = container
        .log_configuration
        .as_ref()
        .and_then(|l| l.secret_options.as_ref());
    let what = if some(container.secrets.as_ref().map(Vec::len)) {
        "container secrets"
    } else if some(log_secrets.map(Vec::len)) {
        "log configuration secret options"
    } else if container.repository_credentials.is_some() {
        "repository credentials"
    } else if some(container.environment_files.as_ref().map(Vec::len)) {
        "environment files"
    } else {
        return Ok(());
    };
    Err(client(format!(
        "When you are specifying {what}, you must also specify a value for 'executionRoleArn'."
    )))
}

fn proxy(definition: &TaskDefinition) -> Result<(), AwsError> {
    let Some(proxy) = &definition.proxy_configuration else {
        return Ok(());
    };
    let named = proxy.container_name.as_deref().unwrap_or_default();
    if !containers(definition).iter().any(|c| name(c) == named) {
        return Err(client(format!("Proxy container [{named}] does not exist.")));
    }
    if definition.network_mode.as_deref() != Some("awsvpc") {
        return Err(client(
            "Proxy configuration is only supported when networkMode=awsvpc.",
        ));
    }
    Ok(())
}

fn ephemeral_storage(definition: &TaskDefinition) -> Result<(), AwsError> {
    let Some(storage) = &definition.ephemeral_storage else {
        return Ok(());
    };
    if !requires(definition, "FARGATE") {
        return Err(client(
            "Tasks using the EC2 launch type do not support EphemeralStorage.",
        ));
    }
    match storage.size_in_gi_b.unwrap_or(0) {
        ..=20 => Err(client("EphemeralStorage size should be at least 21.")),
        201.. => Err(client("EphemeralStorage size should be at most 200.")),
        _ => Ok(()),
    }
}

/// Source: Amazon ECS API Reference, `TaskDefinition`, `compatibilities`.
fn compatibilities(definition: &TaskDefinition, fargate: bool) -> Vec<String> {
    let awsvpc = definition.network_mode.as_deref() == Some("awsvpc");
    let mut found = vec!["EC2".to_owned()];
    if awsvpc {
        found.push("MANAGED_INSTANCES".to_owned());
        if fargate {
            found.push("FARGATE".to_owned());
        }
    } else {
        found.insert(0, "EXTERNAL".to_owned());
    }
    found
}
