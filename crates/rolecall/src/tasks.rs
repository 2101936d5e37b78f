//! What runs tasks on this machine: the engine, the agent, and the driver of Fargate.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rolecall_acs::LaunchType;
use rolecall_acs::compile::Endpoints;
use rolecall_agent::{Agent, AgentConfig, ENDPOINT_PORT};
use rolecall_ecs::address::AddressPool;
use rolecall_ecs::scheduler::Platform;
use rolecall_engine::network::{Outside, TASK_ENDPOINT};
use rolecall_engine::{Engine, EngineConfig, InstanceName, RuntimeKind};
use rolecall_op::Pipeline;
use rolecall_reconcile::{AgentLink, Fargate, FargateConfig};
use rolecall_server::Server;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use crate::control::InProcess;
use crate::doctor;
use crate::node::NodeConfig;

/// How long the agent may take to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// How many messages wait in a channel between control plane and agent.
const CHANNEL: usize = 256;

/// The port of the APIs at the address of a task's credentials. Always the same, wherever the
/// server listens on the host: tasks outlive it, and it may come back at another port.
const API_PORT: u16 = 4566;

/// Where the APIs are at the address of a task's credentials. Tasks that run since before there was
/// one port for all were told the listener's: they find the APIs there as long as it is the same.
fn api_ports(listener: u16) -> impl Iterator<Item = u16> {
    let free = |port: &u16| ![API_PORT, ENDPOINT_PORT].contains(port);
    std::iter::once(API_PORT).chain(Some(listener).filter(free))
}

/// What runs tasks.
pub(crate) struct Tasks {
    engine: Engine,
    runtime: RuntimeKind,
    agent: JoinHandle<()>,
    driver: AbortHandle,
}

impl Tasks {
    /// Opens the engine, takes up the tasks that run already, and starts agent and driver.
    pub(crate) async fn start(
        config: &NodeConfig,
        pipeline: &Pipeline,
        server: &Server,
        address: SocketAddr,
        running: &mut JoinSet<()>,
    ) -> Result<Self> {
        if !doctor::is_root() {
            bail!(
                "running tasks takes root: start with sudo, or with --no-tasks to serve the APIs \
                 alone"
            );
        }
        let runtime = match &config.oci_runtime {
            Some(path) => RuntimeKind::Oci(program(path)?),
            None => RuntimeKind::Embedded,
        };
        let engine = open_engine(&config.data, runtime.clone()).await?;

        for port in api_ports(address.port()) {
            let api = engine
                .bind_in_router((TASK_ENDPOINT, port).into())
                .context("listen for the programs in tasks")?;
            let api = Server::adopt(api)?;
            let serving = server.clone();
            running.spawn(async move { serving.serve(api).await });
        }
        let names = engine
            .name_server(Path::new("/etc/resolv.conf"))
            .context("listen for tasks that ask for names")?;
        running.spawn(names.run());
        let endpoint = engine
            .bind_in_router((TASK_ENDPOINT, ENDPOINT_PORT).into())
            .context("listen for tasks that ask for credentials")?;

        let settings = pipeline.settings();
        let host = "fargate-host";
        let control = Arc::new(InProcess::new(pipeline.clone(), host));
        let agent_config = AgentConfig {
            data_dir: config.data.join("agent"),
            region: settings.region.to_string(),
            account: settings.account.to_string(),
            cluster: "default".to_owned(),
            container_instance_arn: String::new(),
            availability_zone: format!("{}a", settings.region),
            api_endpoint: format!("http://{}", loopback(address)),
            endpoint_in_task: format!("http://{TASK_ENDPOINT}:{API_PORT}"),
            launch_type: LaunchType::Fargate,
        };
        let (to_agent, for_agent) = mpsc::channel(CHANNEL);
        let (from_agent, for_driver) = mpsc::channel(CHANNEL);
        let agent = Agent::new(
            agent_config,
            engine.clone(),
            control,
            Some(endpoint),
            from_agent,
        )
        .context("start the agent")?;
        let agent = tokio::spawn(agent.run(for_agent));
        let link = AgentLink {
            to: to_agent,
            from: for_driver,
        };
        let registry_hosts = registry_hosts(address, config.public_url.as_deref());
        let driver_config = fargate(&engine, address, registry_hosts)?;
        let driver = Fargate::run(pipeline.clone(), driver_config, link);
        let driver = running.spawn(driver);
        Ok(Self {
            engine,
            runtime,
            agent,
            driver,
        })
    }

    /// In words, for the banner.
    pub(crate) fn describe(&self) -> String {
        let runtime = match &self.runtime {
            RuntimeKind::Embedded => "the embedded runtime".to_owned(),
            RuntimeKind::Oci(path) => path.display().to_string(),
        };
        let network = self.engine.network();
        let subnet = network.subnet();
        let outside = match network.outside() {
            Outside::Masqueraded => String::new(),
            Outside::HostOnly(why) => format!(", which reach this machine only ({why})"),
            Outside::Filtered(why) => {
                format!(", which may reach this machine only ({why}: see `rolecall doctor`)")
            }
        };
        format!(
            "Fargate on {runtime}, addresses {}/{}{outside}",
            subnet.base(),
            subnet.prefix()
        )
    }

    /// Ends driver and agent: calls that are under way are let end, tasks keep running.
    pub(crate) async fn stop(&mut self) {
        self.driver.abort();
        if tokio::time::timeout(STOP_TIMEOUT, &mut self.agent)
            .await
            .is_err()
        {
            self.agent.abort();
        }
    }

    /// Takes every container and network of this instance off the machine.
    pub(crate) async fn remove(self) -> Result<()> {
        self.engine
            .remove_instance()
            .await
            .context("remove the instance")
    }
}

/// The program of `--oci-runtime`: a path, or a name that is looked for in `PATH`.
fn program(named: &Path) -> Result<PathBuf> {
    let found = if named.components().count() > 1 {
        std::path::absolute(named)
            .ok()
            .filter(|path| path.is_file())
    } else {
        std::env::var_os("PATH").and_then(|dirs| {
            std::env::split_paths(&dirs)
                .map(|dir| dir.join(named))
                .find(|path| path.is_file())
        })
    };
    found.with_context(|| format!("--oci-runtime: there is no program {}", named.display()))
}

/// Opens the engine of a data directory, with whatever of it is on this machine.
pub(crate) async fn open_engine(data: &Path, runtime: RuntimeKind) -> Result<Engine> {
    Engine::open(EngineConfig {
        data_dir: data.join("engine"),
        run_dir: PathBuf::from("/run/rolecall"),
        instance: InstanceName::of_directory(data)
            .with_context(|| format!("find {}", data.display()))?,
        runtime,
        subnet: None,
        shim_exe: PathBuf::from("/proc/self/exe"),
        log_limit_bytes: 0,
    })
    .await
    .context("open the container engine: `rolecall doctor` says what is missing")
}

/// What the registry of this server is called in the names of images, beside AWS's own name of it.
fn registry_hosts(address: SocketAddr, public_url: Option<&str>) -> Vec<String> {
    let port = address.port();
    let public = public_url.and_then(|url| url.split_once("://"));
    let mut hosts = vec![
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        address.to_string(),
    ];
    hosts.extend(public.map(|(_, host)| host.to_owned()));
    hosts
}

fn fargate(
    engine: &Engine,
    address: SocketAddr,
    registry_hosts: Vec<String>,
) -> Result<FargateConfig> {
    let subnet = engine.network().subnet();
    let mut pool = AddressPool::new(subnet.base(), subnet.prefix())
        .context("the subnet of tasks is not of a size that ECS knows")?;
    // The last addresses are the router's and its uplink's.
    let size = 1_u32
        .checked_shl(32 - u32::from(subnet.prefix()))
        .unwrap_or(u32::MAX);
    let last = u32::from(subnet.base()).saturating_add(size - 1);
    for back in 0..4 {
        pool.mark_used(Ipv4Addr::from(last.saturating_sub(back)));
    }
    let local = format!("http://{}", loopback(address));
    Ok(FargateConfig {
        pool,
        platform: Platform {
            endpoints: Endpoints {
                registry_hosts,
                ecr: Some(local.clone()),
                logs: Some(local),
            },
            environment: BTreeMap::new(),
            name_servers: Vec::new(),
        },
        container_instance_arn: String::new(),
    })
}

/// The address by which this machine reaches its own listener.
fn loopback(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        (Ipv4Addr::LOCALHOST, address.port()).into()
    } else {
        address
    }
}
