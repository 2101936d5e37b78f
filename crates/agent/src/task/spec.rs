//! A payload container and its image's configuration to what the engine runs.
//!
//! How entry point, command, environment and user are merged is Docker's rule (Docker Engine API,
//! "Create a container"; Dockerfile reference, "Understand how CMD and ENTRYPOINT interact"). What
//! this agent cannot carry out is refused, never left out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use rolecall_acs::{Container, Task};
use rolecall_engine::image::ImageConfig;
use rolecall_engine::{BindMount, ContainerName, ContainerSpec, TmpfsMount, Ulimit};

use super::spec::docker::{Config, HostConfig};

pub(crate) mod docker;
mod volumes;

pub(crate) use volumes::{Volumes, volume_name};

const MIB: u64 = 1024 * 1024;

/// What the agent adds to a container.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// The path of the task role's credentials; none without a task role.
    pub(crate) credentials_path: Option<String>,
    /// The last part of the container's metadata addresses.
    pub(crate) metadata_id: String,
    /// The region.
    pub(crate) region: String,
    /// What programs use as `AWS_ENDPOINT_URL`; empty: nothing.
    pub(crate) endpoint: String,
    /// The host name where the definition has none.
    pub(crate) hostname: String,
    /// The cluster, for the labels.
    pub(crate) cluster: String,
    /// How many open files the host allows at most.
    pub(crate) open_files: u64,
}

/// Everything of a container but its image, read and checked.
#[derive(Debug, Clone)]
pub(crate) struct Parsed {
    pub(crate) config: Config,
    pub(crate) host: HostConfig,
}

/// Reads a container's Docker texts and refuses what cannot be carried out.
///
/// # Errors
/// What it is, for people.
pub(crate) fn parse(task: &Task, container: &Container) -> Result<Parsed, String> {
    let docker = &container.docker_config;
    let config: Config = read(docker.config.as_deref(), "config")?;
    let host: HostConfig = read(docker.host_config.as_deref(), "hostConfig")?;
    let refused = [
        (!host.devices.is_empty(), "devices"),
        (config.network_disabled, "disableNetworking"),
        (config.open_stdin, "interactive"),
        (!container.links.is_empty(), "links"),
        (
            container.firelens_configuration.is_some(),
            "firelensConfiguration",
        ),
        (task.proxy_configuration.is_some(), "proxyConfiguration"),
        (
            task.pid_mode.as_deref().is_some_and(|m| !m.is_empty()),
            "pidMode",
        ),
        (
            task.ipc_mode
                .as_deref()
                .is_some_and(|m| !matches!(m, "" | "none")),
            "ipcMode",
        ),
        (
            matches!(host.network_mode.as_str(), "host" | "none"),
            "networkMode host and none",
        ),
    ];
    if let Some((_, what)) = refused.iter().find(|(is, _)| *is) {
        return Err(format!("{what} cannot be carried out by this agent"));
    }
    let memory = container
        .memory
        .unwrap_or(0)
        .max(0)
        .unsigned_abs()
        .saturating_mul(MIB);
    if host
        .memory_swap
        .is_some_and(|swap| swap > 0 && swap.unsigned_abs() > memory)
    {
        return Err("maxSwap cannot be carried out by this agent".to_owned());
    }
    ContainerName::new(container.name.as_str()).map_err(|e| e.to_string())?;
    Ok(Parsed { config, host })
}

fn read<T: Default + serde::de::DeserializeOwned>(
    text: Option<&str>,
    what: &str,
) -> Result<T, String> {
    match text {
        None | Some("") => Ok(T::default()),
        Some(text) => serde_json::from_str(text).map_err(|e| format!("{what}: {e}")),
    }
}

/// Puts a container together.
///
/// # Errors
/// What cannot be carried out, for people.
pub(crate) fn spec(
    task: &Task,
    container: &Container,
    image: &ImageConfig,
    layers: Vec<PathBuf>,
    around: &Surroundings,
    mounts: Vec<BindMount>,
) -> Result<ContainerSpec, String> {
    let Parsed { config, host } = parse(task, container)?;
    let name = ContainerName::new(container.name.as_str()).map_err(|e| e.to_string())?;
    let mut spec = ContainerSpec::new(name, layers, arguments(container, image)?);
    let first = |own: &str, other: &str| if own.is_empty() { other } else { own }.to_owned();
    spec.hostname = first(&config.hostname, &around.hostname);
    spec.env = environment(container, image, around, &spec.hostname);
    spec.cwd = first(&config.working_dir, &image.working_dir);
    spec.user = first(&config.user, &image.user);
    spec.tty = config.tty;
    spec.labels = labels(task, container, image, &config, around);
    spec.mounts = mounts;
    spec.readonly_rootfs = host.readonly_rootfs;
    spec.privileged = host.privileged;
    spec.init = host.init;
    spec.cap_add.clone_from(&host.cap_add);
    spec.cap_drop.clone_from(&host.cap_drop);
    spec.sysctls.clone_from(&host.sysctls);
    spec.dns_search.clone_from(&host.dns_search);
    spec.dns_servers = addresses(&host.dns, "dnsServers")?;
    spec.extra_hosts = host
        .extra_hosts
        .iter()
        .map(|h| extra_host(h))
        .collect::<Result<_, _>>()?;
    spec.tmpfs = host
        .tmpfs
        .iter()
        .map(|(path, o)| tmpfs(path, o))
        .collect::<Result<_, _>>()?;
    spec.ulimits = ulimits(task, &host.ulimits, around.open_files);
    security(&mut spec, &host.security_opt)?;
    // Docker: none, 0 and 1 become 2.
    let shares = container.cpu.unwrap_or(0).clamp(2, 262_144);
    spec.cpu_shares = Some(shares.unsigned_abs());
    let positive = |n: Option<i64>| n.filter(|n| *n > 0).map(i64::unsigned_abs);
    spec.memory_bytes = positive(container.memory).map(|mib| mib.saturating_mul(MIB));
    spec.memory_reservation_bytes = positive(host.memory_reservation);
    spec.shm_bytes = positive(host.shm_size);
    Ok(spec)
}

/// The entry point and its arguments. An entry point of the definition's own drops the image's
/// command as well.
fn arguments(container: &Container, image: &ImageConfig) -> Result<Vec<String>, String> {
    let (mut entry, mut command) = (&container.entry_point, &container.command);
    if entry.is_empty() {
        if command.is_empty() {
            command = &image.cmd;
        }
        entry = &image.entrypoint;
    }
    let arguments: Vec<String> = entry.iter().chain(command).cloned().collect();
    if arguments.is_empty() {
        return Err("no command specified".to_owned());
    }
    Ok(arguments)
}

/// The image's environment, then the definition's, then what the agent adds. The addresses of the
/// agent are always the agent's; region and endpoint are the definition's if it has them.
fn environment(
    container: &Container,
    image: &ImageConfig,
    around: &Surroundings,
    hostname: &str,
) -> Vec<(String, String)> {
    let mut all = Environment::default();
    all.set("HOSTNAME", hostname);
    for line in &image.env {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        all.set(name, value);
    }
    container
        .environment
        .iter()
        .for_each(|(name, value)| all.set(name, value));
    let region = around.region.as_str();
    let defaults = [
        ("AWS_REGION", region),
        ("AWS_DEFAULT_REGION", region),
        ("AWS_ENDPOINT_URL", around.endpoint.as_str()),
    ];
    for (name, value) in defaults {
        if !value.is_empty() && !all.has(name) {
            all.set(name, value);
        }
    }
    let id = around.metadata_id.as_str();
    all.set(
        "ECS_CONTAINER_METADATA_URI",
        &format!("http://169.254.170.2/v3/{id}"),
    );
    all.set(
        "ECS_CONTAINER_METADATA_URI_V4",
        &format!("http://169.254.170.2/v4/{id}"),
    );
    all.set("ECS_AGENT_URI", &format!("http://169.254.170.2/api/{id}"));
    if let Some(path) = &around.credentials_path {
        all.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", path);
    }
    all.0
}

#[derive(Default)]
struct Environment(Vec<(String, String)>);

impl Environment {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// A later value stands where the earlier one stood.
    fn set(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// Labels of the image, of the definition, and those that ECS adds.
pub(crate) fn labels(
    task: &Task,
    container: &Container,
    image: &ImageConfig,
    config: &Config,
    around: &Surroundings,
) -> BTreeMap<String, String> {
    let mut labels = image.labels.clone();
    labels.extend(config.labels.clone());
    labels.extend(ecs_labels(task, container, &around.cluster));
    labels
}

/// The labels that ECS adds to every container.
pub(crate) fn ecs_labels(
    task: &Task,
    container: &Container,
    cluster: &str,
) -> BTreeMap<String, String> {
    let own = [
        ("cluster", cluster),
        ("container-name", &container.name),
        ("task-arn", &task.arn),
        ("task-definition-family", &task.family),
        ("task-definition-version", &task.version),
    ];
    own.into_iter()
        .map(|(k, v)| (format!("com.amazonaws.ecs.{k}"), v.to_owned()))
        .collect()
}

fn addresses(texts: &[String], what: &str) -> Result<Vec<IpAddr>, String> {
    let parse = |t: &String| {
        t.parse()
            .map_err(|_| format!("{what}: {t:?} is no address"))
    };
    texts.iter().map(parse).collect()
}

fn extra_host(text: &str) -> Result<(String, IpAddr), String> {
    let parsed = text
        .split_once(':')
        .and_then(|(h, ip)| Some((h.to_owned(), ip.parse().ok()?)));
    parsed.ok_or_else(|| format!("extraHosts: {text:?} is no host and address"))
}

/// `rw,noexec,size=64m`: the size in bytes, or with `k`, `m` or `g`.
fn tmpfs(path: &str, options: &str) -> Result<TmpfsMount, String> {
    let mut mount = TmpfsMount {
        target: PathBuf::from(path),
        size_bytes: 0,
        options: Vec::new(),
    };
    for option in options.split(',').filter(|o| !o.is_empty()) {
        match option.strip_prefix("size=") {
            Some(size) => {
                let bytes = size_bytes(size);
                mount.size_bytes = bytes.ok_or_else(|| format!("tmpfs: {size:?} is no size"))?;
            }
            None => mount.options.push(option.to_owned()),
        }
    }
    Ok(mount)
}

fn size_bytes(text: &str) -> Option<u64> {
    let units = [('k', 1024), ('m', MIB), ('g', 1024 * MIB)];
    let lower = text.to_ascii_lowercase();
    for (letter, factor) in units {
        if let Some(number) = lower.strip_suffix(letter) {
            return number.parse::<u64>().ok()?.checked_mul(factor);
        }
    }
    lower.parse().ok()
}

/// -1 is unlimited.
/// The limits of a definition, and Fargate's own number of open files where it names none, as far
/// as the host allows it.
///
/// Source: Amazon ECS API Reference, `Ulimit`: on Fargate "the default `nofile` soft limit is 65535
/// and the default hard limit is 65535".
fn ulimits(task: &Task, named: &[docker::Ulimit], most: u64) -> Vec<Ulimit> {
    const FILES: u64 = 65_535;
    let mut limits: Vec<_> = named.iter().map(ulimit).collect();
    let fargate = task.launch_type.as_deref() == Some("FARGATE");
    if fargate && !limits.iter().any(|l| l.name == "nofile") {
        limits.push(Ulimit {
            name: "nofile".to_owned(),
            soft: FILES.min(most),
            hard: FILES.min(most),
        });
    }
    limits
}

fn ulimit(limit: &docker::Ulimit) -> Ulimit {
    let value = |n: i64| u64::try_from(n).unwrap_or(u64::MAX);
    Ulimit {
        name: limit.name.clone(),
        soft: value(limit.soft),
        hard: value(limit.hard),
    }
}

fn security(spec: &mut ContainerSpec, options: &[String]) -> Result<(), String> {
    for option in options {
        match option.replace('=', ":").as_str() {
            "no-new-privileges" | "no-new-privileges:true" => spec.no_new_privileges = true,
            "seccomp:unconfined" => spec.seccomp_unconfined = true,
            _ => {
                let text = format!("dockerSecurityOptions {option:?}");
                return Err(format!("{text} cannot be carried out by this agent"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
