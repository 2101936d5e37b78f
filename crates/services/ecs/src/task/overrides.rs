//! Rules of the overrides that a task is started with.
//!
//! Source: Amazon ECS API Reference, `TaskOverride`, `ContainerOverride`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{RequestInfo, Stored};

use crate::access;
use crate::documents::TaskDefinition;
use crate::errors::{client, invalid};
use crate::task_definition::size::{cpu_units, memory_mib};

/// The most characters of the overrides' JSON.
const LENGTH_MAX: usize = 8192;

/// What a task has after its overrides.
pub(super) struct Effective {
    /// The overrides as they are stored: sizes in units, roles as ARNs.
    pub(super) overrides: api::TaskOverride,
    /// CPU units.
    pub(super) cpu: Option<String>,
    /// MiB.
    pub(super) memory: Option<String>,
    /// GiB of ephemeral storage, if somebody set it.
    pub(super) ephemeral_storage_gib: Option<i32>,
    /// The role of the program inside.
    pub(super) task_role_arn: Option<String>,
    /// The role of the agent for the task.
    pub(super) execution_role_arn: Option<String>,
}

/// The roles that a task would have: for access checks, before anything else is looked at.
pub(super) fn roles(
    info: &RequestInfo,
    given: Option<&api::TaskOverride>,
    definition: Option<&TaskDefinition>,
) -> Result<Vec<String>, AwsError> {
    let pick = |over: Option<&String>, own: Option<&String>| -> Result<Option<String>, AwsError> {
        match over.filter(|r| !r.is_empty()) {
            Some(role) => access::role_arn(info, role).map(Some),
            None => Ok(own.cloned()),
        }
    };
    let own = definition.map(|d| &d.definition);
    let task = pick(
        given.and_then(|o| o.task_role_arn.as_ref()),
        own.and_then(|d| d.task_role_arn.as_ref()),
    )?;
    let execution = pick(
        given.and_then(|o| o.execution_role_arn.as_ref()),
        own.and_then(|d| d.execution_role_arn.as_ref()),
    )?;
    Ok([task, execution].into_iter().flatten().collect())
}

/// Checks overrides against a definition, and merges what belongs to the task as a whole.
pub(super) fn merge(
    info: &RequestInfo,
    given: Option<&api::TaskOverride>,
    definition: &TaskDefinition,
) -> Result<Effective, AwsError> {
    let mut overrides = given.cloned().unwrap_or_default();
    let length = serde_json::to_string(&Stored(overrides.clone())).map_or(0, |text| text.len());
    if length > LENGTH_MAX {
        return Err(invalid(format!(
            "Container Overrides length must be at most {LENGTH_MAX}"
        )));
    }
    overrides.container_overrides.get_or_insert_default();
    overrides
        .inference_accelerator_overrides
        .get_or_insert_default();
    containers(&overrides, definition)?;
    let units = |given: &Option<String>, read: fn(&str) -> Result<u32, AwsError>| {
        given
            .as_deref()
            .map(|g| read(g).map(|u| u.to_string()))
            .transpose()
    };
    overrides.cpu = units(&overrides.cpu, cpu_units)?;
    overrides.memory = units(&overrides.memory, memory_mib)?;
    for role in [
        &mut overrides.task_role_arn,
        &mut overrides.execution_role_arn,
    ] {
        *role = match role.as_deref().filter(|r| !r.is_empty()) {
            Some(given) => Some(access::role_arn(info, given)?),
            None => None,
        };
    }
    let own = &definition.definition;
    let gib = |storage: &Option<api::EphemeralStorage>| {
        storage.as_ref().and_then(|storage| storage.size_in_gi_b)
    };
    if gib(&overrides.ephemeral_storage).is_some_and(|size| !(21..=200).contains(&size)) {
        return Err(invalid(
            "EphemeralStorage size should be between 21 and 200.",
        ));
    }
    Ok(Effective {
        cpu: overrides.cpu.clone().or(own.cpu.clone()),
        memory: overrides.memory.clone().or(own.memory.clone()),
        ephemeral_storage_gib: gib(&overrides.ephemeral_storage).or(gib(&own.ephemeral_storage)),
        task_role_arn: overrides
            .task_role_arn
            .clone()
            .or(own.task_role_arn.clone()),
        execution_role_arn: overrides
            .execution_role_arn
            .clone()
            .or(own.execution_role_arn.clone()),
        overrides,
    })
}

fn containers(overrides: &api::TaskOverride, definition: &TaskDefinition) -> Result<(), AwsError> {
    let own = definition
        .definition
        .container_definitions
        .as_deref()
        .unwrap_or_default();
    for over in overrides.container_overrides.iter().flatten() {
        let name = over.name.as_deref().unwrap_or_default();
        if name.is_empty() {
            return Err(invalid(
                "Container override name should not be null or empty.",
            ));
        }
        let Some(container) = own.iter().find(|c| c.name.as_deref() == Some(name)) else {
            return Err(invalid(format!(
                "Override for container named {name} is not a container in the TaskDefinition."
            )));
        };
        let hard = over.memory.or(container.memory);
        let soft = over.memory_reservation.or(container.memory_reservation);
        if hard.zip(soft).is_some_and(|(hard, soft)| hard < soft) {
            return Err(client(format!(
                "Invalid setting for container '{name}'. 'memory' must be greater than or equal \
                 to 'memoryReservation'."
            )));
        }
        if [over.cpu, over.memory, over.memory_reservation]
            .iter()
            .flatten()
            .any(|v| *v < 0)
        {
            return Err(client(format!("Invalid setting for container '{name}'.")));
        }
        let unnamed = |p: &api::KeyValuePair| p.name.as_deref().is_none_or(str::is_empty);
        if over.environment.iter().flatten().any(unnamed) {
            return Err(invalid(
                "Environment variable name should not be null or empty.",
            ));
        }
    }
    Ok(())
}
