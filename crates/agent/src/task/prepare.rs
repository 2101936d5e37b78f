//! Before a task's containers start: what it asks for is checked, its registries are logged in to,
//! its log streams made, its images pulled. What fails here fails the task, in AWS's words.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, try_join_all};
use rolecall_acs::{Container, RestartPolicy, Task};
use rolecall_engine::image::Image;
use rolecall_engine::{ContainerName, ContainerSpec, TaskHandle, TaskSandbox};

use super::health::Check;
use super::plan::{Condition, Health, Phase, PlanContainer, RestartRule, has_cycle};
use super::spec::{self, Surroundings, Volumes, volume_name};
use super::table::TaskEntry;
use crate::logs::LogTarget;
use crate::shared::Shared;

/// Why a task cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct CannotStart {
    /// In AWS's words.
    pub(crate) reason: String,
    /// The container that it is about, if it is one.
    pub(crate) container: Option<String>,
}

impl CannotStart {
    fn task(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            container: None,
        }
    }

    fn container(name: &str, reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            container: Some(name.to_owned()),
        }
    }
}

/// A container of a payload, checked.
pub(crate) struct Admitted {
    pub(crate) name: ContainerName,
    pub(crate) plan: PlanContainer,
    pub(crate) check: Option<Check>,
    pub(crate) target: Option<LogTarget>,
}

/// From the stop signal to SIGKILL where the definition does not say.
///
/// Source: Amazon ECS Developer Guide, `stopTimeout`.
const STOP_TIMEOUT_S: i64 = 30;
/// How many processes and threads a task may have: half of what the smallest machines allow in all
/// (`kernel.pid_max` 32768), so that a task that forks without end harms itself alone.
const TASK_PIDS: u64 = 16_384;
/// How long a container must have run before it is restarted where the policy does not say.
///
/// Source: Amazon ECS API Reference, `ContainerRestartPolicy`.
const RESTART_PERIOD_S: i64 = 60;

/// Checks a payload: everything in it can be carried out, or the task does not start.
///
/// # Errors
/// [`CannotStart`].
pub(crate) fn admit(task: &Task, region: &str) -> Result<Vec<Admitted>, CannotStart> {
    for container in &task.containers {
        refuse_values(container)?;
    }
    Volumes::new(task)
        .check()
        .map_err(|what| CannotStart::task(format!("CannotCreateVolumeError: {what}")))?;
    let containers: Vec<_> = task
        .containers
        .iter()
        .map(|c| admit_container(task, c, region))
        .collect::<Result<_, _>>()?;
    let plans: Vec<_> = containers
        .iter()
        .map(|c: &Admitted| c.plan.clone())
        .collect();
    for plan in &plans {
        let known = |name: &str| plans.iter().any(|p| p.name == name);
        if let Some((missing, _)) = plan.depends_on.iter().find(|(d, _)| !known(d)) {
            let what = format!("TaskDependencyError: unknown container '{missing}' in dependsOn");
            return Err(CannotStart::task(what));
        }
    }
    if has_cycle(&plans) {
        let what = "TaskDependencyError: Task dependencies cannot be resolved";
        return Err(CannotStart::task(what));
    }
    Ok(containers)
}

/// Values that only services which are not here could give. A task is never started without them.
fn refuse_values(container: &Container) -> Result<(), CannotStart> {
    let secrets = "ResourceInitializationError: unable to pull secrets or registry auth: execution \
                   resource retrieval failed: unable to retrieve";
    if let Some(secret) = container.secrets.first() {
        let (from, service) = match secret.provider.as_str() {
            "asm" => ("secret from asm", "Secrets Manager"),
            _ => ("secrets from ssm", "Parameter Store"),
        };
        let name = &secret.value_from;
        let reason =
            format!("{secrets} {from}: {name}: {service} is not implemented by this agent");
        return Err(CannotStart::container(&container.name, reason));
    }
    if let Some(file) = container.environment_files.first() {
        let reason = format!(
            "ResourceInitializationError: failed to download env files: {}: environment files are \
             not implemented by this agent",
            file.value
        );
        return Err(CannotStart::container(&container.name, reason));
    }
    Ok(())
}

fn admit_container(
    task: &Task,
    container: &Container,
    region: &str,
) -> Result<Admitted, CannotStart> {
    let cannot = |kind: &str, what: String| {
        CannotStart::container(&container.name, format!("{kind}: {what}"))
    };
    let create = |what| cannot("CannotCreateContainerError", what);
    let parsed = spec::parse(task, container).map_err(create)?;
    let name = ContainerName::new(container.name.as_str()).map_err(|e| create(e.to_string()))?;
    let check = Check::parse(parsed.config.healthcheck.as_ref()).map_err(create)?;
    let target = LogTarget::parse(&parsed.host.log_config, region).map_err(|what| {
        cannot(
            "ResourceInitializationError",
            format!("failed to validate logger args: {what}"),
        )
    })?;
    let mut depends_on = Vec::new();
    for dependency in &container.depends_on {
        let condition = Condition::parse(&dependency.condition).ok_or_else(|| {
            create(format!(
                "dependsOn: unknown condition {:?}",
                dependency.condition
            ))
        })?;
        depends_on.push((dependency.container_name.clone(), condition));
    }
    let ms = |seconds: i64| seconds.saturating_mul(1000);
    let plan = PlanContainer {
        name: container.name.clone(),
        essential: container.essential,
        depends_on,
        start_timeout_ms: container.start_timeout.map(ms),
        stop_timeout_ms: ms(container.stop_timeout.unwrap_or(STOP_TIMEOUT_S)),
        restart: container
            .restart_policy
            .as_ref()
            .filter(|p| p.enabled)
            .map(restart_rule),
        phase: Phase::Waiting,
        started_at_ms: None,
        health: Health::Unknown,
        signalled_at_ms: None,
        killed: false,
    };
    Ok(Admitted {
        name,
        plan,
        check,
        target,
    })
}

fn restart_rule(policy: &RestartPolicy) -> RestartRule {
    let period_s = policy.restart_attempt_period.unwrap_or(RESTART_PERIOD_S);
    RestartRule {
        ignored_exit_codes: policy.ignored_exit_codes.clone(),
        attempt_period_ms: period_s.saturating_mul(1000),
    }
}

/// The engine's sandbox for a task.
///
/// # Errors
/// [`CannotStart`] without an address.
pub(crate) fn sandbox(entry: &TaskEntry) -> Result<TaskSandbox, CannotStart> {
    let address = entry.address.ok_or_else(|| {
        CannotStart::task(
            "ResourceInitializationError: failed to configure ENI: the task has no network \
             interface with an IPv4 address",
        )
    })?;
    let mut sandbox = TaskSandbox::new(entry.id.clone(), address);
    let cpu = entry.task.cpu.filter(|c| c.is_finite() && *c > 0.0);
    sandbox.cpu_quota_us = cpu.map(|vcpu| {
        let us = (vcpu * 100_000.0).round().clamp(1_000.0, 1e12);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a range that an u64 holds"
        )]
        let us = us as u64;
        us
    });
    let memory = entry.task.memory.filter(|m| *m > 0);
    sandbox.memory_bytes = memory.map(|mib| mib.unsigned_abs().saturating_mul(1024 * 1024));
    sandbox.pids_limit = Some(TASK_PIDS);
    let storage = entry.task.ephemeral_storage_gib.filter(|gib| *gib > 0);
    sandbox.storage_bytes = storage.map(|gib| gib.unsigned_abs().saturating_mul(1 << 30));
    Ok(sandbox)
}

/// Pulls the images of some containers, after logging in to their registries, and makes their log
/// streams beside it.
///
/// # Errors
/// [`CannotStart`]: a login's before a log stream's before a pull's.
pub(crate) async fn images_and_streams(
    shared: &Shared,
    entry: &TaskEntry,
    containers: &[(&Container, &Admitted)],
) -> Result<BTreeMap<String, Image>, CannotStart> {
    let images = async {
        log_in(shared, entry, containers).await?;
        Ok::<_, CannotStart>(pull(shared, entry, containers).await)
    };
    let streams = join_all(
        containers
            .iter()
            .filter_map(|(c, a)| Some(make_stream(shared, entry, c, a.target.as_ref()?))),
    );
    let (images, streams) = tokio::join!(images, streams);
    let images = images?;
    streams.into_iter().collect::<Result<(), _>>()?;
    images
}

async fn log_in(
    shared: &Shared,
    entry: &TaskEntry,
    containers: &[(&Container, &Admitted)],
) -> Result<(), CannotStart> {
    let mut seen = BTreeSet::new();
    for (container, _) in containers {
        let authentication = container.registry_authentication.as_ref();
        let ecr = authentication.and_then(|a| a.ecr_auth_data.as_ref());
        let key = ecr.map(|e| (e.registry_id.clone(), e.region.clone()));
        if key.is_none() || seen.insert(key) {
            let logged_in = shared
                .puller
                .log_in(shared, &entry.task.arn, container)
                .await;
            logged_in.map_err(|e| CannotStart::container(&container.name, e.0))?;
        }
    }
    Ok(())
}

async fn make_stream(
    shared: &Shared,
    entry: &TaskEntry,
    container: &Container,
    target: &LogTarget,
) -> Result<(), CannotStart> {
    let made = match shared.credentials.execution(&entry.task.arn) {
        Some(credentials) => target.ensure(&shared.clients, &credentials).await,
        None => Err(
            "ResourceInitializationError: failed to validate logger args: the awslogs log driver \
             needs a task execution role"
                .to_owned(),
        ),
    };
    made.map_err(|reason| CannotStart::container(&container.name, reason))
}

/// Pulls the images of some containers, each image once.
///
/// # Errors
/// [`CannotStart`].
async fn pull(
    shared: &Shared,
    entry: &TaskEntry,
    containers: &[(&Container, &Admitted)],
) -> Result<BTreeMap<String, Image>, CannotStart> {
    let mut images: BTreeMap<&str, &Container> = BTreeMap::new();
    for (container, _) in containers {
        images.entry(&container.image).or_insert(container);
    }
    let store = shared.engine.images();
    let pulls = images.into_iter().map(|(image, container)| async move {
        let pulled = shared
            .puller
            .pull(shared, store, &entry.task.arn, container)
            .await;
        let pulled = pulled.map_err(|e| CannotStart::container(&container.name, e.0))?;
        Ok((image.to_owned(), pulled))
    });
    Ok(try_join_all(pulls).await?.into_iter().collect())
}

/// Puts a container together for the engine.
///
/// # Errors
/// [`CannotStart`].
pub(crate) fn container_spec(
    shared: &Shared,
    entry: &TaskEntry,
    handle: &TaskHandle,
    container: &Container,
    image: &Image,
) -> Result<ContainerSpec, CannotStart> {
    let task = &entry.task;
    let cannot = |what: String| {
        CannotStart::container(
            &container.name,
            format!("CannotCreateContainerError: {what}"),
        )
    };
    let mut own = |volume: &str| {
        let name = volume_name(volume).ok_or_else(|| format!("volume {volume:?}"))?;
        handle.volume_dir(&name).map_err(|e| crate::aws::chain(&e))
    };
    let mounts = Volumes::new(task)
        .resolve(container, &mut own)
        .map_err(cannot)?;
    let around = surroundings(shared, entry, &container.name);
    let layers = image.layer_dirs.clone();
    spec::spec(task, container, &image.config, layers, &around, mounts).map_err(cannot)
}

fn surroundings(shared: &Shared, entry: &TaskEntry, container: &str) -> Surroundings {
    let view = entry.view.lock();
    let own = view.containers.iter().find(|c| c.name == container);
    let interface = entry.task.elastic_network_interfaces.first();
    Surroundings {
        credentials_path: shared.credentials.path(&entry.task.arn),
        metadata_id: own.map(|c| c.metadata_id.clone()).unwrap_or_default(),
        region: entry.region().unwrap_or(&shared.config.region).to_owned(),
        endpoint: shared.config.endpoint_in_task.clone(),
        hostname: interface
            .and_then(|i| i.private_dns_name.clone())
            .unwrap_or_default(),
        cluster: shared.config.cluster.clone(),
        open_files: rolecall_engine::open_files_limit(),
    }
}

/// The number of a stop signal: `SIGTERM`, `TERM`, `15`; SIGTERM for what is none of these.
///
/// Source: Dockerfile reference, "STOPSIGNAL"; numbers of Linux on x86-64 and arm64 (signal(7)).
pub(crate) fn signal_number(name: &str) -> i32 {
    const TERM: i32 = 15;
    const NAMES: &[&str] = &[
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
        "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];
    if let Ok(number) = name.parse::<i32>() {
        return if (1..=64).contains(&number) {
            number
        } else {
            TERM
        };
    }
    let upper = name.to_ascii_uppercase();
    let short = upper.strip_prefix("SIG").unwrap_or(&upper);
    let real_time = |text: &str, base: i32, sign: i32| {
        let offset: i32 = if text.is_empty() {
            0
        } else {
            text.get(1..)?.parse().ok()?
        };
        Some(base + sign * offset).filter(|n| (34..=64).contains(n))
    };
    let real_time = match (short.strip_prefix("RTMIN"), short.strip_prefix("RTMAX")) {
        (Some(rest), _) => real_time(rest, 34, 1),
        (_, Some(rest)) => real_time(rest, 64, -1),
        _ => None,
    };
    let known = NAMES
        .iter()
        .position(|n| *n == short)
        .and_then(|i| i32::try_from(i + 1).ok());
    known.or(real_time).unwrap_or(TERM)
}

#[cfg(test)]
mod tests {
    use rolecall_acs::{Dependency, EnvironmentFile, Secret};

    use super::*;

    fn task(containers: Vec<Container>) -> Task {
        Task {
            containers,
            ..Task::default()
        }
    }

    fn refused(container: Container) -> String {
        match admit(&task(vec![container]), "us-east-1") {
            Ok(_) => panic!("admitted"),
            Err(e) => e.reason,
        }
    }

    fn named(name: &str) -> Container {
        Container {
            name: name.to_owned(),
            essential: true,
            ..Container::default()
        }
    }

    #[test]
    fn a_task_is_not_started_without_its_secret() {
        let secret = |provider: &str| Secret {
            value_from: "arn:aws:ssm:us-east-1:123456789012:parameter/x".to_owned(),
            provider: provider.to_owned(),
            ..Secret::default()
        };
        let with = |secret| Container {
            secrets: vec![secret],
            ..named("a")
        };
        let asm = refused(with(secret("asm")));
        let head = "ResourceInitializationError: unable to pull secrets or registry auth: \
                    execution resource retrieval failed: unable to retrieve";
        assert!(
            asm.starts_with(&format!("{head} secret from asm: ")),
            "{asm}"
        );
        assert!(refused(with(secret("ssm"))).starts_with(&format!("{head} secrets from ssm: ")));
        let files = vec![EnvironmentFile::default()];
        let file = refused(Container {
            environment_files: files,
            ..named("a")
        });
        assert!(file.starts_with("ResourceInitializationError: failed to download env files"));
    }

    #[test]
    fn dependencies_must_lead_somewhere() {
        let on = |name: &str, condition: &str| {
            vec![Dependency {
                container_name: name.to_owned(),
                condition: condition.to_owned(),
            }]
        };
        let with = |depends_on| Container {
            depends_on,
            ..named("a")
        };
        assert!(refused(with(on("b", "START"))).contains("unknown container 'b'"));
        assert!(refused(with(on("a", "START"))).contains("cannot be resolved"));
        assert!(refused(with(on("a", "SOON"))).contains("unknown condition"));
        let both = vec![named("b"), with(on("b", "HEALTHY"))];
        let admitted = admit(&task(both), "us-east-1").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(
            admitted[1].plan.depends_on,
            [("b".to_owned(), Condition::Healthy)]
        );
        assert_eq!(admitted[0].plan.stop_timeout_ms, 30_000);
    }

    #[test]
    fn stop_signals_are_names_or_numbers() {
        let cases = [
            ("", 15),
            ("SIGTERM", 15),
            ("quit", 3),
            ("SIGKILL", 9),
            ("9", 9),
            ("SIGWINCH", 28),
            ("SIGRTMIN+3", 37),
            ("RTMAX-1", 63),
            ("RTMIN", 34),
            ("nonsense", 15),
            ("99", 15),
        ];
        for (name, number) in cases {
            assert_eq!(signal_number(name), number, "{name}");
        }
    }
}
