//! What the agent asks for: a task's sandbox and its containers, in Docker's and ECS's terms.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ids::{ContainerName, TaskId};

/// One task's surroundings: its address, its limits, what all of its containers share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSandbox {
    /// The task's id.
    pub id: TaskId,
    /// The task's own address, out of the instance's subnet; handing it out is the caller's part.
    pub address: Ipv4Addr,
    /// Limit of all containers together in microseconds of processor per 100 ms:
    /// vCPU times 100,000 (0.25 vCPU is 25,000). None: no limit.
    pub cpu_quota_us: Option<u64>,
    /// Memory limit of all containers together, bytes. None: no limit.
    pub memory_bytes: Option<u64>,
    /// Limit of processes and threads of all containers together.
    pub pids_limit: Option<u64>,
    /// The size of the file system that writable layers and volumes lie in, bytes. None: they lie
    /// in the data directory's.
    #[serde(default)]
    pub storage_bytes: Option<u64>,
}

impl TaskSandbox {
    /// A sandbox without limits.
    #[must_use]
    pub fn new(id: TaskId, address: Ipv4Addr) -> Self {
        Self {
            id,
            address,
            cpu_quota_us: None,
            memory_bytes: None,
            pids_limit: None,
            storage_bytes: None,
        }
    }
}

/// A directory or file of the host, seen in the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindMount {
    /// Absolute path on the host; it must exist.
    pub source: PathBuf,
    /// Absolute path in the container; made if missing.
    pub target: PathBuf,
    /// Writes fail with EROFS.
    pub read_only: bool,
}

/// A tmpfs in the container (`linuxParameters.tmpfs`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TmpfsMount {
    /// Absolute path in the container.
    pub target: PathBuf,
    /// Size limit, bytes.
    pub size_bytes: u64,
    /// Mount options (`noexec`, `mode=1777` ...) beside the size.
    pub options: Vec<String>,
}

/// One resource limit (`ulimits`), by its ECS name: `nofile`, `nproc`, `core` ...
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// The name without `RLIMIT_`, lower case.
    pub name: String,
    /// The soft limit; `u64::MAX` means unlimited.
    pub soft: u64,
    /// The hard limit.
    pub hard: u64,
}

/// A container, ready to be made into an OCI bundle.
///
/// `args` is the image's entry point and command after the task definition's overrides. The Debug
/// form leaves out values of the environment: they may be secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// The container's name within the task.
    pub name: ContainerName,
    /// Unpacked layer directories, lowest first, as [`crate::image::Image::layer_dirs`] gives them.
    pub layers: Vec<PathBuf>,
    /// The program and its arguments.
    pub args: Vec<String>,
    /// The whole environment, in order; PATH and HOME are added when missing.
    pub env: Vec<(String, String)>,
    /// Working directory; made if missing. Empty: `/`.
    pub cwd: String,
    /// `user`, `uid`, `user:group`, `uid:gid` ..., looked up in the image's own files. Empty: root.
    pub user: String,
    /// Host name. Empty: the first twelve characters of the task's id.
    pub hostname: String,
    /// Binds, in order.
    pub mounts: Vec<BindMount>,
    /// In-memory file systems.
    pub tmpfs: Vec<TmpfsMount>,
    /// The root file system cannot be written.
    pub readonly_rootfs: bool,
    /// Resource limits; what is not named is inherited from the engine.
    pub ulimits: Vec<Ulimit>,
    /// Capabilities beside Docker's default set, without `CAP_` (`SYS_PTRACE`), or `ALL`.
    pub cap_add: Vec<String>,
    /// Capabilities taken away, or `ALL`.
    pub cap_drop: Vec<String>,
    /// All capabilities, all devices, no seccomp, nothing masked.
    pub privileged: bool,
    /// Kernel parameters of the container's namespaces (`net.core.somaxconn`).
    pub sysctls: BTreeMap<String, String>,
    /// Relative processor weight (1024 is one share of ECS's CPU units); None: the kernel's
    /// default.
    pub cpu_shares: Option<u64>,
    /// Own processor limit in microseconds per 100 ms.
    pub cpu_quota_us: Option<u64>,
    /// Hard memory limit, bytes. Swap is not given beyond it.
    pub memory_bytes: Option<u64>,
    /// Soft limit (`memoryReservation`), bytes.
    pub memory_reservation_bytes: Option<u64>,
    /// Limit of processes and threads.
    pub pids_limit: Option<u64>,
    /// Size of `/dev/shm`, bytes. None: 64 MiB, as Docker.
    pub shm_bytes: Option<u64>,
    /// Run an init as process 1 that forwards signals and reaps (`initProcessEnabled`).
    pub init: bool,
    /// Name servers. Empty: the host's, or one that asks them where the task cannot.
    pub dns_servers: Vec<IpAddr>,
    /// Search domains. Empty with `dns_servers` empty: the host's.
    pub dns_search: Vec<String>,
    /// Lines for `/etc/hosts` beside localhost and the task itself.
    pub extra_hosts: Vec<(String, IpAddr)>,
    /// Give it a pseudo terminal (`pseudoTerminal`); its output is one stream then.
    pub tty: bool,
    /// Docker labels; kept as OCI annotations.
    pub labels: BTreeMap<String, String>,
    /// Refuse new privileges through set-uid programs (`no-new-privileges`).
    pub no_new_privileges: bool,
    /// Run without the system call filter (`seccomp:unconfined`).
    pub seccomp_unconfined: bool,
    /// How readily the kernel kills it when memory runs out, -1000 to 1000.
    pub oom_score_adj: Option<i32>,
}

impl ContainerSpec {
    /// A container with Docker's defaults.
    #[must_use]
    pub fn new(name: ContainerName, layers: Vec<PathBuf>, args: Vec<String>) -> Self {
        Self {
            name,
            layers,
            args,
            env: Vec::new(),
            cwd: String::new(),
            user: String::new(),
            hostname: String::new(),
            mounts: Vec::new(),
            tmpfs: Vec::new(),
            readonly_rootfs: false,
            ulimits: Vec::new(),
            cap_add: Vec::new(),
            cap_drop: Vec::new(),
            privileged: false,
            sysctls: BTreeMap::new(),
            cpu_shares: None,
            cpu_quota_us: None,
            memory_bytes: None,
            memory_reservation_bytes: None,
            pids_limit: None,
            shm_bytes: None,
            init: false,
            dns_servers: Vec::new(),
            dns_search: Vec::new(),
            extra_hosts: Vec::new(),
            tty: false,
            labels: BTreeMap::new(),
            no_new_privileges: false,
            seccomp_unconfined: false,
            oom_score_adj: None,
        }
    }
}

impl fmt::Debug for ContainerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.env.iter().map(|(k, _)| k.as_str()).collect();
        f.debug_struct("ContainerSpec")
            .field("name", &self.name)
            .field("layers", &self.layers.len())
            .field("args", &self.args)
            .field("env_names", &names)
            .field("user", &self.user)
            .field("memory_bytes", &self.memory_bytes)
            .field("privileged", &self.privileged)
            .finish_non_exhaustive()
    }
}
