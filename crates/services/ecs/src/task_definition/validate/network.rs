//! Rules of ports and of what a network mode excludes.

use std::collections::HashSet;

use rolecall_api::ecs::{ContainerDefinition, PortMapping, TaskDefinition};
use rolecall_base::AwsError;

use super::{containers, name};
use crate::errors::client;

pub(super) fn check(definition: &TaskDefinition) -> Result<(), AwsError> {
    let mode = definition.network_mode.as_deref();
    let (mut names, mut taken) = (HashSet::new(), HashSet::new());
    for container in containers(definition) {
        if mode == Some("awsvpc") {
            awsvpc(container)?;
        }
        let mappings = container.port_mappings.as_deref().unwrap_or_default();
        if mode == Some("none") && !mappings.is_empty() {
            return Err(client(
                "Port mappings are not supported when networkMode=none.",
            ));
        }
        if mode == Some("host") && container.links.as_ref().is_some_and(|l| !l.is_empty()) {
            return Err(client("Links are not supported when networkMode=host."));
        }
        for mapping in mappings {
            let ports = port_range(name(container), mapping)?;
            same_outside(mode, mapping)?;
            if let Some(port_name) = &mapping.name
                && !names.insert(port_name.clone())
            {
                return Err(client(format!(
                    "The port mapping name '{port_name}' is already used."
                )));
            }
            if mode == Some("awsvpc") {
                let protocol = mapping.protocol.as_deref().unwrap_or("tcp");
                for port in ports {
                    if !taken.insert((port, protocol.to_owned())) {
                        return Err(client(format!(
                            "The container port {port} is used multiple times in task."
                        )));
                    }
                }
            }
        }
    }
    Ok(())
}

/// What makes no sense for a container whose task has a network interface of its own.
fn awsvpc(container: &ContainerDefinition) -> Result<(), AwsError> {
    let some = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|l| !l.is_empty());
    let message = if some(&container.links) {
        "Links are not supported when networkMode=awsvpc."
    } else if container.hostname.is_some() {
        "hostname is not supported on container when networkMode=awsvpc."
    } else if some(&container.dns_servers) {
        "DNS servers are not supported on container when networkMode=awsvpc."
    } else if some(&container.dns_search_domains) {
        "DNS search domains are not supported on container when networkMode=awsvpc."
    } else if container
        .extra_hosts
        .as_ref()
        .is_some_and(|l| !l.is_empty())
    {
        "Extra hosts are not supported on container when networkMode=awsvpc."
    } else if container.disable_networking == Some(true) {
        "disableNetworking is not supported on container when networkMode=awsvpc."
    } else {
        return Ok(());
    };
    Err(client(message))
}

/// The ports inside, after the checks of the mapping by itself.
fn port_range(
    container: &str,
    mapping: &PortMapping,
) -> Result<std::ops::RangeInclusive<i32>, AwsError> {
    if let Some(range) = &mapping.container_port_range {
        if mapping.container_port.is_some() || mapping.host_port.is_some_and(|p| p != 0) {
            return Err(client(
                "You cannot specify both single port and port range.",
            ));
        }
        let bounds = range.split_once('-').and_then(|(first, last)| {
            Some((first.parse::<i32>().ok()?, last.parse::<i32>().ok()?))
        });
        return match bounds {
            Some((first, last)) if first >= 1 && last <= 65_535 && first < last => Ok(first..=last),
            _ => Err(client(format!(
                "Invalid 'containerPortRange' setting for container '{container}'."
            ))),
        };
    }
    let port = mapping.container_port.unwrap_or(0);
    if !(1..=65_535).contains(&port) {
        return Err(client(format!(
            "Invalid 'containerPort' setting for container '{container}'."
        )));
    }
    if mapping
        .host_port
        .is_some_and(|p| !(0..=65_535).contains(&p))
    {
        return Err(client(format!(
            "Invalid 'hostPort' setting for container '{container}'."
        )));
    }
    Ok(port..=port)
}

fn same_outside(mode: Option<&str>, mapping: &PortMapping) -> Result<(), AwsError> {
    let Some(mode @ ("awsvpc" | "host")) = mode else {
        return Ok(());
    };
    let same = match (mapping.container_port, mapping.host_port) {
        (Some(inside), Some(outside)) => inside == outside,
        _ => true,
    };
    if same {
        return Ok(());
    }
    Err(client(format!(
        "When networkMode={mode}, the host ports and container ports in port mappings must match."
    )))
}
