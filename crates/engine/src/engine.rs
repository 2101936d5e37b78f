//! The engine: opens an instance, makes tasks, finds those that outlived it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::cgroup::Cgroups;
use crate::client::{Board, ShimClient};
use crate::error::{EngineError, FileContext, Result};
use crate::ids::{InstanceName, TaskId};
use crate::image::ImageStore;
use crate::layout::{
    Layout, TaskDirs, make_private_dir, read_record, short_socket_path, write_record,
};
use crate::network::{NameServer, Network, Subnet};
use crate::protocol::{Call, ShimArgs};
use crate::shim::SHIM_ARG;
use crate::spec::TaskSandbox;
use crate::storage::Templates;
use crate::task::{TaskHandle, WeakTask};

/// How long the shim of a task that was never finished may take to end.
const SHIM_END: Duration = Duration::from_secs(10);

/// What runs the OCI bundles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuntimeKind {
    /// The built-in one; nothing needs to be installed.
    Embedded,
    /// A program with runc's command line (`--oci-runtime`).
    Oci(PathBuf),
}

/// How to open an engine.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Images, writable layers, logs, records. Must be on a file system that overlayfs can write
    /// to.
    pub data_dir: PathBuf,
    /// Sockets and namespace mounts; `/run/rolecall` outside of tests.
    pub run_dir: PathBuf,
    /// The instance's name; two engines with one name on one machine is an error of the caller's.
    pub instance: InstanceName,
    /// What runs containers.
    pub runtime: RuntimeKind,
    /// The instance's addresses. None: the one chosen at first start, kept in the data directory.
    pub subnet: Option<Subnet>,
    /// The program to start as a shim: normally `/proc/self/exe`, whose main calls
    /// [`crate::shim_main`] when its first argument is [`SHIM_ARG`].
    pub shim_exe: PathBuf,
    /// Log bytes kept per container before the oldest unread are dropped; 0: 256 MiB.
    pub log_limit_bytes: u64,
}

/// What tasks share with their engine.
pub(crate) struct Shared {
    pub(crate) config: EngineConfig,
    pub(crate) layout: Layout,
    pub(crate) cgroups: Cgroups,
    pub(crate) network: Network,
    storage: Arc<Templates>,
    /// Tasks that this engine holds, so that two callers get one connection.
    tasks: Mutex<HashMap<TaskId, WeakTask>>,
}

impl Shared {
    pub(crate) fn forget(&self, id: &TaskId) {
        self.tasks.lock().remove(id);
    }

    fn held(&self, id: &TaskId) -> Option<TaskHandle> {
        self.tasks.lock().get(id).and_then(WeakTask::upgrade)
    }
}

/// An open engine. Clones are the same engine; dropping all of them leaves the tasks running.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    images: Arc<ImageStore>,
}

impl Engine {
    /// Opens the instance: makes its directories, its router namespace and uplink, or finds them as
    /// an earlier engine of the same name left them.
    ///
    /// # Errors
    /// File errors, [`EngineError::Network`], [`EngineError::NoSubnet`].
    pub async fn open(config: EngineConfig) -> Result<Self> {
        let layout = Layout::new(&config.data_dir, &config.run_dir, &config.instance);
        make_private_dir(&layout.data)?;
        make_private_dir(&layout.tasks())?;
        make_private_dir(&layout.run.join("tasks"))?;
        let images = Arc::new(ImageStore::open(&layout.data.join("images"))?);
        let cgroups = Cgroups::find(&config.instance)?;
        let network = Network::open(&layout, &config.instance, config.subnet).await?;
        let tasks = Mutex::new(HashMap::new());
        let storage = Arc::new(Templates::new(&layout.data));
        let shared = Arc::new(Shared {
            config,
            storage,
            layout,
            cgroups,
            network,
            tasks,
        });
        let engine = Self { shared, images };
        engine.remove_unfinished().await?;
        Ok(engine)
    }

    /// The image store of the instance.
    #[must_use]
    pub fn images(&self) -> &Arc<ImageStore> {
        &self.images
    }

    /// The network of the instance: its subnet, what of the outside it reaches.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.shared.network
    }

    /// Binds a listener in the router's namespace, where tasks reach it: at
    /// [`crate::network::TASK_ENDPOINT`] or at 0.0.0.0. The host's own ports are not touched.
    /// The listener is non-blocking.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn bind_in_router(&self, address: SocketAddr) -> Result<std::net::TcpListener> {
        self.shared.network.bind(address)
    }

    /// The name server of tasks at [`crate::network::NAME_SERVER`], to be run by the caller: for
    /// servers that the host asks and a task does not reach. `resolv_conf` is the host's resolver
    /// configuration, `/etc/resolv.conf` outside of tests. Without it containers are told only of
    /// servers that they reach themselves.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn name_server(&self, resolv_conf: &std::path::Path) -> Result<NameServer> {
        self.shared.network.name_server(resolv_conf)
    }

    /// Makes a task: its directories, cgroup, network, and its shim.
    ///
    /// # Errors
    /// [`EngineError::TaskExists`]; or whatever failed, after what was made has been taken down.
    pub async fn create_task(&self, sandbox: TaskSandbox) -> Result<TaskHandle> {
        let dirs = self.shared.layout.task(&sandbox.id);
        if dirs.record().exists() {
            return Err(EngineError::TaskExists(sandbox.id));
        }
        for other in self.list_tasks()? {
            let record = self.shared.layout.task(&other).record();
            let held: Option<TaskSandbox> = read_record(&record)?;
            if held.is_some_and(|t| t.address == sandbox.address) {
                return Err(EngineError::AddressTaken(sandbox.address, other));
            }
        }
        make_private_dir(&dirs.containers())?;
        make_private_dir(&dirs.run)?;
        write_record(&dirs.unfinished(), &sandbox)?;
        match self.set_up(&sandbox, &dirs).await {
            Ok(handle) => {
                self.shared
                    .tasks
                    .lock()
                    .insert(sandbox.id, handle.downgrade());
                Ok(handle)
            }
            Err(error) => {
                self.take_down(&sandbox, &dirs).await;
                Err(error)
            }
        }
    }

    /// Takes down the tasks that an engine was making when it died: nothing of them has run, and
    /// whoever wants them makes them again.
    async fn remove_unfinished(&self) -> Result<()> {
        let dir = self.shared.layout.tasks();
        for entry in std::fs::read_dir(&dir).at("list", &dir)? {
            let entry = entry.at("list", &dir)?;
            let name = entry.file_name();
            let Some(id) = name.to_str().and_then(|name| TaskId::new(name).ok()) else {
                continue;
            };
            let dirs = self.shared.layout.task(&id);
            if dirs.record().exists() {
                continue;
            }
            tracing::warn!(task = %id, "it was being made when the server died: taken down");
            // A shim that is up already would wait for its first container for ever.
            let ended = async {
                let shim = ShimClient::connect(&dirs.socket(), Board::new(), || ()).await?;
                shim.call(Call::Shutdown).await
            };
            let _ = tokio::time::timeout(SHIM_END, ended).await;
            match read_record(&dirs.unfinished())? {
                Some(sandbox) => self.take_down(&sandbox, &dirs).await,
                None => {
                    // It was not begun: there are directories at most.
                    dirs.remove();
                }
            }
        }
        Ok(())
    }

    /// Takes down what was made of a task that is not to be, as far as it goes.
    async fn take_down(&self, sandbox: &TaskSandbox, dirs: &TaskDirs) {
        let _ = self.shared.cgroups.task(&sandbox.id).remove();
        let _ = self
            .shared
            .network
            .remove_task(&dirs.netns(), sandbox.address)
            .await;
        dirs.remove();
    }

    async fn set_up(&self, sandbox: &TaskSandbox, dirs: &TaskDirs) -> Result<TaskHandle> {
        let shared = &self.shared;
        // The mounts must stand before the shim takes its own view of them.
        let netns_path = dirs.netns();
        let (netns, storage) = tokio::join!(
            shared.network.make_task_netns(&netns_path),
            self.give_storage(sandbox, dirs)
        );
        let netns = netns?;
        storage?;
        let cgroup = shared.cgroups.task(&sandbox.id);
        let limits = sandbox.clone();
        let made = tokio::task::spawn_blocking(move || cgroup.create(&limits));
        let shim = self.spawn_shim(sandbox, dirs);
        let wired = shared.network.wire_task(netns, sandbox.address);
        let (made, shim, wired) = tokio::join!(made, shim, wired);
        made.map_err(|e| EngineError::Container(e.to_string()))??;
        wired?;
        shim?;
        write_record(&dirs.record(), sandbox)?;
        let handle = TaskHandle::connect(shared.clone(), sandbox.clone(), dirs.clone()).await?;
        // One that never came up is no task whose containers died: say why it did not.
        match handle.shim_gone() {
            None => Ok(handle),
            Some(how) => {
                let log = std::fs::read_to_string(dirs.shim_log()).unwrap_or_default();
                let last = log.lines().last().map(str::to_owned);
                Err(EngineError::ShimGone(last.unwrap_or(how)))
            }
        }
    }

    async fn give_storage(&self, sandbox: &TaskSandbox, dirs: &TaskDirs) -> Result<()> {
        let Some(bytes) = sandbox.storage_bytes else {
            return Ok(());
        };
        let (templates, dirs) = (Arc::clone(&self.shared.storage), dirs.clone());
        tokio::task::spawn_blocking(move || templates.give(&dirs, bytes))
            .await
            .map_err(|e| EngineError::Container(e.to_string()))?
    }

    /// Starts the shim. It gets its listening socket as standard input, so that the engine may
    /// connect at once; it forks itself away, so that the process waited for here ends soon.
    async fn spawn_shim(&self, sandbox: &TaskSandbox, dirs: &TaskDirs) -> Result<()> {
        let config = &self.shared.config;
        let args = ShimArgs {
            task_dir: dirs.data.clone(),
            run_dir: dirs.run.clone(),
            cgroup: self.shared.cgroups.task(&sandbox.id).path().to_owned(),
            oci_runtime: match &config.runtime {
                RuntimeKind::Embedded => None,
                RuntimeKind::Oci(path) => Some(path.clone()),
            },
            log_limit_bytes: match config.log_limit_bytes {
                0 => 256 * 1024 * 1024,
                bytes => bytes,
            },
        };
        let args =
            serde_json::to_string(&args).map_err(|e| EngineError::Container(e.to_string()))?;
        let socket = dirs.socket();
        let (_held, short) = short_socket_path(&socket)?;
        let listener = std::os::unix::net::UnixListener::bind(short).at("listen on", &socket)?;
        let log_path = dirs.shim_log();
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log_path)
            .at("create", &log_path)?;
        let log_too = log.try_clone().at("open", &log_path)?;
        let mut child = tokio::process::Command::new(&config.shim_exe)
            .arg(SHIM_ARG)
            .arg(args)
            .current_dir("/")
            .stdin(std::os::fd::OwnedFd::from(listener))
            .stdout(log)
            .stderr(log_too)
            .spawn()
            .at("start", &config.shim_exe)?;
        // Reaped in the background: the shim proper is its child.
        tokio::spawn(async move { child.wait().await });
        Ok(())
    }

    /// Takes up a task of an earlier engine (or of this one: the same handle).
    ///
    /// # Errors
    /// [`EngineError::NoTask`], file errors. A task whose shim died is no error: its containers are
    /// exited.
    pub async fn attach(&self, id: &TaskId) -> Result<TaskHandle> {
        if let Some(handle) = self.shared.held(id) {
            return Ok(handle);
        }
        let dirs = self.shared.layout.task(id);
        let sandbox: Option<TaskSandbox> = read_record(&dirs.record())?;
        let sandbox = sandbox.ok_or_else(|| EngineError::NoTask(id.clone()))?;
        let handle = TaskHandle::connect(self.shared.clone(), sandbox, dirs).await?;
        if let Some(earlier) = self.shared.held(id) {
            return Ok(earlier);
        }
        self.shared
            .tasks
            .lock()
            .insert(id.clone(), handle.downgrade());
        Ok(handle)
    }

    /// The tasks that have a directory, whether they live or not.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn list_tasks(&self) -> Result<Vec<TaskId>> {
        let dir = self.shared.layout.tasks();
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&dir).at("list", &dir)? {
            let entry = entry.at("list", &dir)?;
            let record = entry.path().join("task.json");
            if record.exists()
                && let Some(name) = entry.file_name().to_str()
            {
                found.extend(TaskId::new(name));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Takes the whole instance off this machine: every task, the router, the uplink, the cgroups.
    /// Images stay.
    ///
    /// # Errors
    /// What could not be removed; the rest is tried all the same.
    pub async fn remove_instance(&self) -> Result<()> {
        for id in self.list_tasks()? {
            self.attach(&id).await?.delete().await?;
        }
        let network = self.shared.network.remove().await;
        self.shared.cgroups.remove()?;
        crate::layout::remove_tree(&self.shared.layout.run)?;
        network
    }
}
