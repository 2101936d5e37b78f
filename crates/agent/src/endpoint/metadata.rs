//! Task metadata, versions 2 to 4.
//!
//! Source: Amazon ECS Developer Guide, "Amazon ECS task metadata endpoint version 4 for tasks on
//! Fargate".

use std::fmt;
use std::net::Ipv4Addr;

use rolecall_acs::{Container, DesiredStatus, Task};
use serde_json::{Map, Value, json};

use crate::clock::timestamp;
use crate::shared::Shared;
use crate::task::plan::Status;
use crate::task::spec::docker::LogConfig;
use crate::task::spec::{self, ecs_labels};
use crate::task::table::TaskEntry;
use crate::task::view::ContainerView;

/// A version of the metadata endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V2,
    V3,
    V4,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2 => "2",
            Self::V3 => "3",
            Self::V4 => "4",
        })
    }
}

/// A JSON object whose absent members are left out.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn maybe(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    fn time(&mut self, name: &str, at_ms: Option<i64>) {
        self.maybe(name, at_ms.map(|at| timestamp(at).iso8601_millis()));
    }
}

/// A task.
pub(super) fn task(shared: &Shared, entry: &TaskEntry, version: Version) -> Value {
    Value::Object(task_object(shared, entry, version).0)
}

/// A task with its tags. They would be listed with the container instance's role, which this agent
/// does not have; the error stands where AWS's agent puts it.
pub(super) fn with_tags(shared: &Shared, entry: &TaskEntry, version: Version) -> Value {
    let mut object = task_object(shared, entry, version);
    let error = json!({
        "ErrorField": "TaskTags",
        "ErrorCode": "AccessDeniedException",
        "ErrorMessage": "the agent has no container instance role to list tags with",
        "StatusCode": 400,
        "ResourceARN": entry.task.arn,
    });
    object.set("Errors", vec![error]);
    Value::Object(object.0)
}

fn task_object(shared: &Shared, entry: &TaskEntry, version: Version) -> Object {
    let (payload, view) = (&entry.task, entry.view.lock().clone());
    let mut object = Object::default();
    let cluster = match payload.task_cluster_arn.as_str() {
        "" => shared.config.cluster.as_str(),
        arn => arn,
    };
    object.set("Cluster", cluster);
    object.set("TaskARN", payload.arn.as_str());
    object.set("Family", payload.family.as_str());
    object.set("Revision", payload.version.as_str());
    object.set("DesiredStatus", desired(view.desired));
    object.set("KnownStatus", view.known.as_str());
    let mut limits = Object::default();
    limits.maybe("CPU", payload.cpu);
    limits.maybe("Memory", payload.memory);
    if !limits.0.is_empty() {
        object.set("Limits", limits.0);
    }
    object.time("PullStartedAt", view.pull_started_ms);
    object.time("PullStoppedAt", view.pull_stopped_ms);
    object.time("ExecutionStoppedAt", view.execution_stopped_ms);
    if !shared.config.availability_zone.is_empty() {
        object.set("AvailabilityZone", shared.config.availability_zone.as_str());
    }
    if version >= Version::V4 {
        let own = shared.config.launch_type.as_str();
        object.set("LaunchType", payload.launch_type.as_deref().unwrap_or(own));
        object.maybe("ServiceName", payload.service_name.as_deref());
        object.set(
            "FaultInjectionEnabled",
            payload.enable_fault_injection.unwrap_or(false),
        );
    }
    let containers = payload.containers.iter().zip(&view.containers);
    let containers: Vec<Value> = containers
        .map(|(container, view)| container_value(shared, entry, container, view, version))
        .collect();
    object.set("Containers", containers);
    object
}

/// The container at a position.
pub(super) fn container(shared: &Shared, entry: &TaskEntry, at: usize, version: Version) -> Value {
    let view = entry.view.lock().containers.get(at).cloned();
    match (entry.task.containers.get(at), view) {
        (Some(payload), Some(view)) => container_value(shared, entry, payload, &view, version),
        _ => Value::Null,
    }
}

fn container_value(
    shared: &Shared,
    entry: &TaskEntry,
    payload: &Container,
    view: &ContainerView,
    version: Version,
) -> Value {
    let mut object = Object::default();
    object.set("DockerId", view.runtime_id.as_str());
    object.set("Name", view.name.as_str());
    object.set("DockerName", view.docker_name.as_str());
    object.set("Image", payload.image.as_str());
    object.set("ImageID", view.image_digest.as_str());
    if !payload.port_mappings.is_empty() {
        object.set("Ports", ports(payload));
    }
    let log = spec::parse(&entry.task, payload)
        .ok()
        .map(|p| p.host.log_config);
    let labels = ecs_labels(&entry.task, payload, &shared.config.cluster);
    object.set("Labels", json!(labels));
    let status = match (view.status, view.status == Status::Stopped) {
        (_, true) => "STOPPED",
        (status, false) => status.as_str(),
    };
    object.set("DesiredStatus", desired(entry.view_desired(view)));
    object.set("KnownStatus", status);
    object.maybe("ExitCode", view.exit_code);
    let limits = json!({ "CPU": payload.cpu.unwrap_or(0), "Memory": payload.memory.unwrap_or(0) });
    object.set("Limits", limits);
    object.time("CreatedAt", view.created_ms);
    object.time("StartedAt", view.started_ms);
    object.time("FinishedAt", view.finished_ms);
    object.set("Type", "NORMAL");
    if let Some((health, since_ms)) = view.health {
        let since = timestamp(since_ms).iso8601_millis();
        object.set(
            "Health",
            json!({ "status": health.as_str(), "statusSince": since }),
        );
    }
    if version >= Version::V4 {
        log_members(&mut object, log);
        object.maybe("ContainerARN", payload.container_arn.as_deref());
        object.set("RestartCount", view.restart_count);
        object.set("Snapshotter", "overlayfs");
    }
    let volumes = volumes(payload);
    if !volumes.is_empty() {
        object.set("Volumes", volumes);
    }
    object.set(
        "Networks",
        vec![network(&entry.task, entry.address, version)],
    );
    Value::Object(object.0)
}

impl TaskEntry {
    /// A container that has stopped was to stop.
    fn view_desired(&self, container: &ContainerView) -> DesiredStatus {
        match container.status {
            Status::Stopped => DesiredStatus::Stopped,
            _ => *self.desired.borrow(),
        }
    }
}

fn desired(status: DesiredStatus) -> &'static str {
    match status {
        DesiredStatus::Running => "RUNNING",
        DesiredStatus::Stopped => "STOPPED",
    }
}

fn log_members(object: &mut Object, log: Option<LogConfig>) {
    let Some(log) = log.filter(|l| !l.r#type.is_empty()) else {
        return;
    };
    object.set("LogDriver", log.r#type);
    object.set("LogOptions", json!(log.config));
}

fn ports(container: &Container) -> Vec<Value> {
    let port = |p: &rolecall_acs::PortMapping| {
        let mut object = Object::default();
        object.maybe("ContainerPort", p.container_port);
        object.set("Protocol", p.protocol.as_str());
        object.maybe("HostPort", p.host_port);
        Value::Object(object.0)
    };
    container.port_mappings.iter().map(port).collect()
}

fn volumes(container: &Container) -> Vec<Value> {
    let volume = |m: &rolecall_acs::MountPoint| json!({ "DockerName": m.source_volume, "Destination": m.container_path });
    container.mount_points.iter().map(volume).collect()
}

/// The task's network interface, as its containers see it.
fn network(task: &Task, address: Option<Ipv4Addr>, version: Version) -> Value {
    let mut object = Object::default();
    object.set(
        "NetworkMode",
        task.network_mode.as_deref().unwrap_or("awsvpc"),
    );
    let addresses: Vec<String> = address.iter().map(Ipv4Addr::to_string).collect();
    object.set("IPv4Addresses", addresses);
    if version >= Version::V4
        && let Some(interface) = task.elastic_network_interfaces.first()
    {
        object.set("AttachmentIndex", 0);
        object.set("MACAddress", interface.mac_address.as_str());
        let gateway = interface.subnet_gateway_ipv4_address.as_deref();
        object.maybe("IPv4SubnetCIDRBlock", gateway.and_then(subnet));
        if !interface.domain_name_servers.is_empty() {
            object.set("DomainNameServers", interface.domain_name_servers.clone());
        }
        if !interface.domain_name.is_empty() {
            object.set("DomainNameSearchList", interface.domain_name.clone());
        }
        object.maybe("PrivateDNSName", interface.private_dns_name.as_deref());
        object.maybe("SubnetGatewayIpv4Address", gateway);
    }
    Value::Object(object.0)
}

/// `10.0.0.1/24` as `10.0.0.0/24`.
fn subnet(gateway: &str) -> Option<String> {
    let (address, prefix) = gateway.split_once('/')?;
    let address: Ipv4Addr = address.parse().ok()?;
    let bits: u32 = prefix.parse().ok().filter(|p| *p <= 32)?;
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    Some(format!(
        "{}/{bits}",
        Ipv4Addr::from(u32::from(address) & mask)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subnet_is_the_gateways() {
        assert_eq!(subnet("10.0.5.1/24").unwrap(), "10.0.5.0/24");
        assert_eq!(subnet("10.88.0.1/16").unwrap(), "10.88.0.0/16");
        assert_eq!(subnet("10.88.0.1/0").unwrap(), "0.0.0.0/0");
        assert_eq!(subnet("10.88.0.1"), None);
        assert_eq!(subnet("10.88.0.1/33"), None);
    }
}
