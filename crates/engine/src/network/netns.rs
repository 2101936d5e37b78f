//! Network namespaces: made in threads that are thrown away, pinned by a bind mount on a file.

use std::fs::File;
use std::future::Future;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::mount::UnmountFlags;
use rustix::thread::{LinkNameSpaceType, UnshareFlags};

use super::net_error;
use crate::error::{EngineError, FileContext, Result};
use crate::sys;

/// statfs(2) of a namespace file.
const NSFS_MAGIC: i64 = 0x6e73_6673;

/// The namespace pinned at `path`; made if there is none (after a reboot, an empty file is left).
pub(super) async fn open_or_make(path: &Path) -> Result<OwnedFd> {
    let pinned = rustix::fs::statfs(path).is_ok_and(|s| s.f_type == NSFS_MAGIC);
    if pinned {
        return Ok(File::open(path).at("open", path)?.into());
    }
    make(path).await
}

/// Makes a namespace without IPv6 and pins it at `path`.
pub(super) async fn make(path: &Path) -> Result<OwnedFd> {
    let path = path.to_owned();
    in_thread(move || {
        sys::unshare(UnshareFlags::NEWNET).os("make a network namespace")?;
        for scope in ["all", "default"] {
            // A kernel without IPv6 has no such file.
            let _ = sysctl(&format!("ipv6/conf/{scope}/disable_ipv6"), "1");
        }
        // Docker's defaults for containers: any user may bind any port, and may ping.
        sysctl("ipv4/ip_unprivileged_port_start", "0")?;
        sysctl("ipv4/ping_group_range", "0 2147483647")?;
        File::create(&path).at("create", &path)?;
        let own = Path::new("/proc/thread-self/ns/net");
        rustix::mount::mount_bind(own, &path).at("pin a network namespace at", &path)?;
        Ok(OwnedFd::from(File::open(own).at("open", own)?))
    })
    .await
}

/// Lets a pinned namespace go; it ends with its last process. Nothing there is fine.
pub(super) fn unpin(path: &Path) -> Result<()> {
    match rustix::mount::unmount(path, UnmountFlags::DETACH) {
        Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => {}
        Err(e) => return Err(e).at("unmount", path),
    }
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e).at("remove", path),
        _ => Ok(()),
    }
}

/// Writes a parameter of the calling thread's network namespace; `name` is below
/// `/proc/sys/net`.
pub(super) fn sysctl(name: &str, value: &str) -> Result<()> {
    let path = Path::new("/proc/sys/net").join(name);
    std::fs::write(&path, value).at("write", &path)
}

/// Runs netlink work in a namespace (None: the host's), in a thread of its own with a small runtime
/// of its own: sockets belong to the namespace of the thread that makes them.
pub(super) async fn with_netlink<W, F, T>(namespace: Option<OwnedFd>, work: W) -> Result<T>
where
    W: FnOnce(rtnetlink::Handle) -> F + Send + 'static,
    F: Future<Output = Result<T>>,
    T: Send + 'static,
{
    in_thread(move || {
        if let Some(namespace) = namespace {
            enter(&namespace)?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .os("start a runtime")?;
        runtime.block_on(async {
            let (connection, handle, _) =
                rtnetlink::new_connection().os("open a netlink socket")?;
            let connection = tokio::spawn(connection);
            let result = work(handle).await;
            connection.abort();
            result
        })
    })
    .await
}

/// Runs something in a namespace and waits for it.
pub(super) fn enter_blocking<T: Send + 'static>(
    namespace: OwnedFd,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let thread = std::thread::Builder::new().name("netns".to_owned());
    let running = thread.spawn(move || {
        enter(&namespace)?;
        work()
    });
    let ended = running.os("start a thread")?.join();
    ended.map_err(|_| net_error("work in a namespace", "the thread panicked"))?
}

fn enter(namespace: &OwnedFd) -> Result<()> {
    use std::os::fd::AsFd;
    rustix::thread::move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
        .os("enter a network namespace")
}

/// A thread that has changed its namespace must never go back to a pool.
async fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (done, result) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("netns".to_owned())
        .spawn(move || {
            // The one who asked may have given up.
            let _ = done.send(work());
        })
        .os("start a thread")?;
    result.await.map_err(|_| EngineError::Network {
        step: "work in a namespace",
        detail: "the thread panicked".to_owned(),
    })?
}
