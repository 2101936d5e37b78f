//! The instance's network: a router namespace of its own, one namespace per task, an uplink.
//!
//! ```text
//!  host namespace          router namespace (one per instance)      task namespace (one per task)
//!  rc-xxxxxxxx ----veth---- uplink                                   lo
//!  x.y.255.253/30           x.y.255.254/30                           eth0  x.y.a.b/32
//!  route x.y.0.0/16         lo   169.254.170.2/32  <- credentials,   default via 169.254.1.1
//!                                169.254.169.253/32  <- names
//!  masquerade (nft)         t0a580002  169.254.1.1/32 ---veth--------'
//!                           route x.y.a.b/32 dev t0a580002, strict rp_filter
//! ```
//!
//! Everything an instance does is inside its router namespace, so that several instances, and the
//! host's own firewall and ports, never meet. A task's source address is true: the router drops
//! what comes from a task's link with any address that is not routed back to it (RFC 3704, strict
//! mode). The task endpoint tells tasks apart by that. The host's own instance metadata service is
//! out of a task's reach.

pub(crate) mod firewall;
mod links;
mod names;
mod netns;
pub(crate) mod resolver;
mod subnet;
mod uplink;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use names::NameServer;
use resolver::Names;
pub use subnet::Subnet;

use crate::error::{EngineError, FileContext, Result};
use crate::ids::InstanceName;
use crate::layout::{Layout, read_record, write_record};

/// Where tasks find credentials and metadata (ECS task IAM roles, "169.254.170.2").
pub const TASK_ENDPOINT: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 2);

/// Where tasks find names that they cannot ask for themselves: the address of Amazon's resolver in
/// every VPC (Amazon VPC User Guide, "Amazon DNS server").
pub const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 253);

/// The tasks' next hop, the same on every task's link.
const GATEWAY: Ipv4Addr = Ipv4Addr::new(169, 254, 1, 1);

/// Where clouds answer their machines with the machine's own credentials: link-local addresses
/// (RFC 3927; EC2, Azure and Google at 169.254.169.254) and Alibaba Cloud's. No task reaches them
/// through the host, as no task of Fargate does: a program would get more than its role.
const METADATA_NETWORKS: [(Ipv4Addr, u8); 2] = [
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(100, 100, 100, 200), 32),
];

/// What tasks reach beyond the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outside {
    /// Everything the host reaches, behind the host's address.
    Masqueraded,
    /// The same, but what the host's own firewall seems to drop, and why.
    Filtered(String),
    /// The host only, and why.
    HostOnly(String),
}

/// An open network. Dropping it leaves everything as it is.
#[derive(Debug)]
pub struct Network {
    router: PathBuf,
    router_fd: OwnedFd,
    subnet: Subnet,
    instance: InstanceName,
    outside: Outside,
    /// Of the host whose names tasks are served.
    resolv_conf: OnceLock<PathBuf>,
}

impl Network {
    pub(crate) async fn open(
        layout: &Layout,
        instance: &InstanceName,
        subnet: Option<Subnet>,
    ) -> Result<Self> {
        let router = layout.router_netns();
        let router_fd = netns::open_or_make(&router).await?;
        // Held until the route stands: engines that open at one time choose one after the other.
        let _lock = lock(layout).await?;
        let record = layout.data.join("network.json");
        let known: Option<Subnet> = read_record(&record)?;
        let subnet = match subnet.or(known) {
            Some(subnet) => subnet,
            None => uplink::free_subnet()?,
        };
        if known != Some(subnet) {
            // An uplink of other addresses may be there from before the data directory.
            uplink::remove(instance).await?;
            write_record(&record, &subnet)?;
        }
        links::set_up_router(dup(&router_fd)?).await?;
        let outside = uplink::set_up(dup(&router_fd)?, instance, subnet).await?;
        Ok(Self {
            router,
            router_fd,
            subnet,
            instance: instance.clone(),
            outside,
            resolv_conf: OnceLock::new(),
        })
    }

    /// The addresses that tasks of this instance may have.
    #[must_use]
    pub fn subnet(&self) -> Subnet {
        self.subnet
    }

    /// What tasks reach beyond the instance.
    #[must_use]
    pub fn outside(&self) -> &Outside {
        &self.outside
    }

    pub(crate) fn bind(&self, address: SocketAddr) -> Result<TcpListener> {
        let router = dup(&self.router_fd)?;
        netns::enter_blocking(router, move || {
            let listener = TcpListener::bind(address).os("bind in the router")?;
            listener.set_nonblocking(true).os("bind in the router")?;
            Ok(listener)
        })
    }

    /// Binds the name server of tasks; containers that are made from now on may be told of it.
    pub(crate) fn name_server(&self, resolv_conf: &Path) -> Result<NameServer> {
        let at = SocketAddr::from((NAME_SERVER, names::PORT));
        let tcp = self.bind(at)?;
        let udp = netns::enter_blocking(dup(&self.router_fd)?, move || {
            let socket = UdpSocket::bind(at).os("bind in the router")?;
            socket.set_nonblocking(true).os("bind in the router")?;
            Ok(socket)
        })?;
        // Bound twice it would not be.
        let _ = self.resolv_conf.set(resolv_conf.to_owned());
        Ok(NameServer::new(
            (udp, tcp),
            resolv_conf.to_owned(),
            names::PORT,
        ))
    }

    /// How the names of tasks are resolved.
    pub(crate) fn names(&self) -> Names {
        Names::new(self.resolv_conf.get().map(PathBuf::as_path), &self.outside)
    }

    /// Makes a task's namespace and pins it at `path`.
    pub(crate) async fn make_task_netns(&self, path: &Path) -> Result<OwnedFd> {
        netns::make(path).await
    }

    /// Links a task's namespace to the router.
    pub(crate) async fn wire_task(&self, task: OwnedFd, address: Ipv4Addr) -> Result<()> {
        if !self.subnet.is_usable(address) {
            return Err(EngineError::Network {
                step: "give a task its address",
                detail: format!("{address} is not one of {}", self.subnet),
            });
        }
        links::wire_task(dup(&self.router_fd)?, task, address).await
    }

    /// Unlinks a task and lets its namespace go.
    pub(crate) async fn remove_task(&self, path: &Path, address: Ipv4Addr) -> Result<()> {
        let unlinked = links::unwire_task(dup(&self.router_fd)?, address).await;
        netns::unpin(path)?;
        unlinked
    }

    /// Takes the router, the uplink and the nft table away.
    pub(crate) async fn remove(&self) -> Result<()> {
        let uplink = uplink::remove(&self.instance).await;
        netns::unpin(&self.router)?;
        uplink
    }
}

async fn lock(layout: &Layout) -> Result<OwnedFd> {
    let parent = layout.run.parent().unwrap_or(&layout.run);
    let path = parent.join("subnets.lock");
    let locked = tokio::task::spawn_blocking(move || {
        let file = std::fs::File::create(&path).at("create", &path)?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).at("lock", &path)?;
        Ok(OwnedFd::from(file))
    });
    locked.await.map_err(|e| net_error("choose a subnet", e))?
}

fn dup(fd: &OwnedFd) -> Result<OwnedFd> {
    fd.try_clone().os("open a network namespace")
}

fn net_error(step: &'static str, error: impl std::fmt::Display) -> EngineError {
    EngineError::Network {
        step,
        detail: error.to_string(),
    }
}
