//! What an agent passes to the engine as it is: the `Config` and `HostConfig` of the Docker Engine
//! API, as JSON texts.
//!
//! Source: Docker Engine API, "Create a container"; Amazon ECS Developer Guide, "Task definition
//! parameters", which names the Docker parameter that each member maps to.

use std::collections::BTreeMap;

use rolecall_api::ecs::{ContainerDefinition, HealthCheck, LinuxParameters, LogConfiguration};
use serde_json::{Map, Value, json};

use super::container::Size;
use super::{LaunchType, TaskToCompile};
use crate::task::DockerConfig;

const MIB: i64 = 1024 * 1024;
const NANOSECONDS: i64 = 1_000_000_000;
/// The version of the Docker Engine API that has everything that is written here.
const API_VERSION: &str = "1.24";

/// The container's log driver, if it names one.
pub(super) fn log_driver(definition: &ContainerDefinition) -> Option<&str> {
    definition.log_configuration.as_ref()?.log_driver.as_deref()
}

/// Compiles everything that has no member of its own in the payload.
pub(super) fn config(
    input: &TaskToCompile<'_>,
    definition: &ContainerDefinition,
    size: &Size,
    name: &str,
) -> DockerConfig {
    let text = |object: Map<String, Value>| Some(Value::Object(object).to_string());
    DockerConfig {
        version: API_VERSION.to_owned(),
        config: text(container_config(definition)),
        host_config: text(host_config(input, definition, size, name)),
    }
}

/// A JSON object whose absent members are left out.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn set(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
    }

    fn list(&mut self, name: &str, values: Option<&[String]>) {
        if let Some(values) = values.filter(|v| !v.is_empty()) {
            self.set(name, Some(values.to_vec()));
        }
    }
}

/// The `Config`: what describes the program.
fn container_config(definition: &ContainerDefinition) -> Map<String, Value> {
    let mut config = Object::default();
    config.set("User", definition.user.clone());
    config.set("WorkingDir", definition.working_directory.clone());
    config.set("Hostname", definition.hostname.clone());
    config.set("Tty", definition.pseudo_terminal);
    config.set("OpenStdin", definition.interactive);
    config.set("NetworkDisabled", definition.disable_networking);
    let labels = definition.docker_labels.as_ref().filter(|l| !l.is_empty());
    config.set("Labels", labels.map(|l| json!(l)));
    config.set(
        "Healthcheck",
        definition.health_check.as_ref().map(health_check),
    );
    config.0
}

/// Seconds become nanoseconds; what is absent has ECS's default.
///
/// Source: Amazon ECS API Reference, `HealthCheck`.
fn health_check(check: &HealthCheck) -> Value {
    let ns = |seconds: Option<i32>, default: i64| {
        seconds
            .map_or(default, i64::from)
            .saturating_mul(NANOSECONDS)
    };
    json!({
        "Test": check.command.clone().unwrap_or_default(),
        "Interval": ns(check.interval, 30),
        "Timeout": ns(check.timeout, 5),
        "Retries": check.retries.unwrap_or(3),
        "StartPeriod": ns(check.start_period, 0),
    })
}

/// The `HostConfig`: what depends on the host.
fn host_config(
    input: &TaskToCompile<'_>,
    definition: &ContainerDefinition,
    size: &Size,
    name: &str,
) -> Map<String, Value> {
    let mut host = Object::default();
    let network = input.definition.network_mode.as_deref();
    let network = network.filter(|mode| matches!(*mode, "host" | "none" | "bridge"));
    host.set("NetworkMode", network);
    host.set("Privileged", definition.privileged);
    host.set("ReadonlyRootfs", definition.readonly_root_filesystem);
    host.set(
        "MemoryReservation",
        size.memory_reservation.map(|mib| mib.saturating_mul(MIB)),
    );
    host.list("Dns", definition.dns_servers.as_deref());
    host.list("DnsSearch", definition.dns_search_domains.as_deref());
    host.list("SecurityOpt", definition.docker_security_options.as_deref());
    let hosts: Vec<String> = definition
        .extra_hosts
        .iter()
        .flatten()
        .map(|h| {
            let text = |member: &Option<String>| member.clone().unwrap_or_default();
            format!("{}:{}", text(&h.hostname), text(&h.ip_address))
        })
        .collect();
    host.list("ExtraHosts", Some(&hosts));
    let ulimits: Vec<Value> = definition
        .ulimits
        .iter()
        .flatten()
        .map(|u| json!({"Name": u.name, "Soft": u.soft_limit, "Hard": u.hard_limit}))
        .collect();
    host.set("Ulimits", (!ulimits.is_empty()).then_some(ulimits));
    let sysctls: Map<String, Value> = definition
        .system_controls
        .iter()
        .flatten()
        .filter_map(|c| Some((c.namespace.clone()?, json!(c.value.as_deref()?))))
        .collect();
    host.set("Sysctls", (!sysctls.is_empty()).then_some(sysctls));
    if let Some(linux) = &definition.linux_parameters {
        linux_parameters(&mut host, linux, size);
    }
    let log = definition.log_configuration.as_ref();
    host.set("LogConfig", log.map(|log| log_config(input, log, name)));
    host.0
}

/// Source: Amazon ECS API Reference, `LinuxParameters`.
fn linux_parameters(host: &mut Object, linux: &LinuxParameters, size: &Size) {
    if let Some(capabilities) = &linux.capabilities {
        host.list("CapAdd", capabilities.add.as_deref());
        host.list("CapDrop", capabilities.drop.as_deref());
    }
    let devices: Vec<Value> = linux
        .devices
        .iter()
        .flatten()
        .map(|d| {
            let inside = d.container_path.as_deref().or(d.host_path.as_deref());
            json!({
                "PathOnHost": d.host_path,
                "PathInContainer": inside,
                "CgroupPermissions": permissions(d.permissions.as_deref()),
            })
        })
        .collect();
    host.set("Devices", (!devices.is_empty()).then_some(devices));
    host.set("Init", linux.init_process_enabled);
    let bytes = |mib: i32| i64::from(mib).saturating_mul(MIB);
    host.set("ShmSize", linux.shared_memory_size.map(bytes));
    let tmpfs: Map<String, Value> = linux
        .tmpfs
        .iter()
        .flatten()
        .map(|t| {
            let mut options = t.mount_options.clone().unwrap_or_default();
            options.extend(t.size.map(|mib| format!("size={mib}m")));
            (
                t.container_path.clone().unwrap_or_default(),
                json!(options.join(",")),
            )
        })
        .collect();
    host.set("Tmpfs", (!tmpfs.is_empty()).then_some(tmpfs));
    // Docker counts memory and swap together.
    let swap = linux.max_swap.map(bytes).zip(size.memory);
    let swap = swap.map(|(swap, memory)| memory.saturating_mul(MIB).saturating_add(swap));
    host.set("MemorySwap", swap);
    host.set("MemorySwappiness", linux.swappiness);
}

/// `rwm` unless the definition names some.
fn permissions(named: Option<&[String]>) -> String {
    let letter = |name: &String| match name.as_str() {
        "read" => Some('r'),
        "write" => Some('w'),
        "mknod" => Some('m'),
        _ => None,
    };
    match named {
        Some(named) if !named.is_empty() => named.iter().filter_map(letter).collect(),
        _ => "rwm".to_owned(),
    }
}

/// The log driver and its options. `awslogs-stream-prefix` is ECS's own: the driver gets the
/// stream `PREFIX/CONTAINER/TASK-ID`.
///
/// Source: Amazon ECS Developer Guide, "Send Amazon ECS logs to CloudWatch".
fn log_config(input: &TaskToCompile<'_>, log: &LogConfiguration, name: &str) -> Value {
    let driver = log.log_driver.as_deref().unwrap_or_default();
    let mut options: BTreeMap<String, String> = log.options.clone().unwrap_or_default();
    if driver == "awslogs" {
        if let Some(prefix) = options.remove("awslogs-stream-prefix") {
            let stream = format!("{prefix}/{name}/{}", input.task_id());
            options.insert("awslogs-stream".to_owned(), stream);
        } else if input.launch_type == LaunchType::Fargate {
            let stream = format!("{name}/{}", input.task_id());
            options.entry("awslogs-stream".to_owned()).or_insert(stream);
        }
        options
            .entry("awslogs-region".to_owned())
            .or_insert_with(|| input.region.to_string());
        if let Some(endpoint) = &input.endpoints.logs {
            options.insert("awslogs-endpoint".to_owned(), endpoint.clone());
        }
    }
    json!({"Type": driver, "Config": options})
}
