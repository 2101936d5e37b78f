//! Where a task would run: launch type, capacity provider, platform version, network.
//!
//! Source: Amazon ECS API Reference, `RunTask`; Developer Guide, "Fargate Linux platform versions".

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::RequestInfo;

use crate::cluster::strategy;
use crate::documents::{Awsvpc, Cluster, LaunchType, TaskDefinition};
use crate::errors::{self, invalid};
use crate::task_definition::size::{fargate_has, no_fargate_size};

use super::overrides::Effective;

/// What `LATEST` stands for.
const PLATFORM_LATEST: &str = "1.4.0";
/// The platform versions of Fargate for Linux.
const PLATFORM_VERSIONS: [&str; 3] = ["LATEST", PLATFORM_LATEST, "1.3.0"];
/// The most subnets of a network configuration.
const SUBNETS_MAX: usize = 16;
/// The most security groups of a network configuration.
const SECURITY_GROUPS_MAX: usize = 5;

/// Where one task goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The launch type.
    pub(super) launch_type: LaunchType,
    /// The capacity provider, if a strategy chose one.
    pub(super) provider: Option<String>,
}

/// Where each of `count` tasks goes: by launch type, by strategy, or by the cluster's.
pub(super) fn places(
    info: &RequestInfo,
    input: &api::RunTaskRequest,
    cluster: &Cluster,
    count: u32,
) -> Result<Vec<Place>, AwsError> {
    let given = input
        .capacity_provider_strategy
        .as_deref()
        .unwrap_or_default();
    let launch_type = input.launch_type.as_deref().and_then(LaunchType::parse);
    if launch_type.is_some() && !given.is_empty() {
        return Err(invalid(
            "Specifying both a launch type and capacity provider strategy is not supported. \
             Remove one and try again.",
        ));
    }
    let of_type = |launch_type| {
        (0..count)
            .map(|_| Place {
                launch_type,
                provider: None,
            })
            .collect::<Vec<_>>()
    };
    if let Some(launch_type) = launch_type {
        return Ok(of_type(launch_type));
    }
    let items = match given.is_empty() {
        true => cluster.default_strategy.clone(),
        false => strategy::strategy(info, given, &cluster.capacity_providers)?,
    };
    if items.is_empty() {
        return Ok(of_type(LaunchType::Ec2));
    }
    let place = |provider: &str| Place {
        launch_type: match strategy::is_fargate(provider) {
            true => LaunchType::Fargate,
            false => LaunchType::Ec2,
        },
        provider: Some(provider.to_owned()),
    };
    Ok(strategy::split(&items, count)
        .into_iter()
        .map(place)
        .collect())
}

/// Checks that a definition can run where it should, and gives the platform version.
pub(super) fn check(
    input: &api::RunTaskRequest,
    definition: &TaskDefinition,
    effective: &Effective,
    launch_type: LaunchType,
) -> Result<Option<String>, AwsError> {
    let compatible = definition.definition.compatibilities.iter().flatten();
    let required = definition
        .definition
        .requires_compatibilities
        .as_deref()
        .unwrap_or_default();
    let is = |c: &String| c == launch_type.as_str();
    if !compatible.into_iter().any(is) || !(required.is_empty() || required.iter().any(is)) {
        return Err(invalid(format!(
            "Task definition does not support launch_type {}.",
            launch_type.as_str()
        )));
    }
    if launch_type != LaunchType::Fargate {
        if input.platform_version.is_some() {
            return Err(invalid(
                "The platform version must be null when specifying an EC2 launch type.",
            ));
        }
        return Ok(None);
    }
    if input
        .placement_constraints
        .as_ref()
        .is_some_and(|p| !p.is_empty())
    {
        return Err(invalid(
            "Placement constraints are not supported with FARGATE launch type.",
        ));
    }
    if input
        .placement_strategy
        .as_ref()
        .is_some_and(|p| !p.is_empty())
    {
        return Err(invalid(
            "Placement strategies are not supported with FARGATE launch type.",
        ));
    }
    let number = |text: &Option<String>| text.as_deref().and_then(|t| t.parse().ok()).unwrap_or(0);
    let (cpu, memory) = (number(&effective.cpu), number(&effective.memory));
    if !fargate_has(cpu, memory) {
        return Err(no_fargate_size(cpu, memory));
    }
    let platform = definition.definition.runtime_platform.as_ref();
    let os = platform
        .and_then(|p| p.operating_system_family.as_deref())
        .unwrap_or("LINUX");
    if os != "LINUX" {
        // The hosts here run Linux.
        return Err(AwsError::new(
            "PlatformTaskDefinitionIncompatibilityException",
            format!("The platform does not have the operating system family {os}."),
        ));
    }
    let version = input
        .platform_version
        .as_deref()
        .filter(|v| !v.is_empty())
        .unwrap_or("LATEST");
    if !PLATFORM_VERSIONS.contains(&version) {
        return Err(AwsError::new(
            "PlatformUnknownException",
            "The specified platform version does not exist.",
        ));
    }
    let version = if version == "LATEST" {
        PLATFORM_LATEST
    } else {
        version
    };
    Ok(Some(version.to_owned()))
}

/// The network configuration, which goes with the network mode `awsvpc` and with no other.
pub(super) fn network(
    input: &api::RunTaskRequest,
    definition: &TaskDefinition,
) -> Result<Option<Awsvpc>, AwsError> {
    let given = input.network_configuration.as_ref();
    let given = given.and_then(|n| n.awsvpc_configuration.as_ref());
    let awsvpc = definition.definition.network_mode.as_deref() == Some("awsvpc");
    let given = match (awsvpc, given) {
        (true, Some(given)) => given,
        (false, None) => return Ok(None),
        (true, None) => {
            return Err(invalid(
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
            ));
        }
        (false, Some(_)) => {
            return Err(invalid(
                "Network Configuration is not valid for the given networkMode of this task \
                 definition.",
            ));
        }
    };
    let subnets = given.subnets.clone().unwrap_or_default();
    if subnets.is_empty() {
        return Err(invalid("subnets can not be empty."));
    }
    if subnets.len() > SUBNETS_MAX {
        return Err(invalid(format!(
            "subnets can have at most {SUBNETS_MAX} items."
        )));
    }
    let security_groups = given.security_groups.clone().unwrap_or_default();
    if security_groups.len() > SECURITY_GROUPS_MAX {
        return Err(invalid(format!(
            "securityGroups can have at most {SECURITY_GROUPS_MAX} items."
        )));
    }
    Ok(Some(Awsvpc {
        subnets,
        security_groups,
        assign_public_ip: given.assign_public_ip.as_deref() == Some("ENABLED"),
    }))
}

/// Tasks on container instances: there are none to take them.
pub(super) fn no_instances(places: &[Place]) -> Result<(), AwsError> {
    match places
        .iter()
        .all(|place| place.launch_type == LaunchType::Fargate)
    {
        true => Ok(()),
        false => Err(errors::no_container_instances()),
    }
}
