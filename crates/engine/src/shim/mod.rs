//! The shim: one single-threaded process per task, parent of the task's containers.
//!
//! It is started by the engine as `<binary> __shim <arguments as JSON>` with its listening socket
//! as standard input, leaves the engine's session, takes a view of the mounts of its own, and then
//! loops over poll(2): its socket, SIGCHLD, the containers' output. It never ends by itself before
//! it is told to, and it writes down how containers ended whether anyone listens or not.

mod container;
mod execs;
mod helper;
mod io;
mod root;
mod rootfs;
mod server;

use std::ffi::OsString;
use std::path::Path;

use rustix::fs::Mode;
use rustix::mount::{MountFlags, MoveMountFlags, OpenTreeFlags};

use crate::error::{EngineError, FileContext, Result, chain};
use crate::protocol::ShimArgs;
use crate::sys::{self, Fork};

/// The first argument that makes the binary a shim.
pub const SHIM_ARG: &str = "__shim";

/// The third argument of a shim that runs from its read-only mount.
const STAGED: &str = "staged";

/// Runs the shim; `args` are the arguments after [`SHIM_ARG`]. Call it first thing in main, before
/// any thread is started. Returns the process's exit code.
pub fn shim_main(args: impl Iterator<Item = OsString>) -> i32 {
    match run(args) {
        Ok(()) => 0,
        Err(error) => {
            // Standard error is the shim's log file.
            let text = format!("shim: {}\n", chain(&error));
            let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
            1
        }
    }
}

fn run(mut args: impl Iterator<Item = OsString>) -> Result<()> {
    let bad = |text: &str| EngineError::Unsupported(text.to_owned());
    let json = args
        .next()
        .ok_or_else(|| bad("the shim needs its arguments"))?;
    let json = json
        .to_str()
        .ok_or_else(|| bad("the shim's arguments are not UTF-8"))?;
    let parsed: ShimArgs = serde_json::from_str(json).map_err(|source| EngineError::Record {
        path: "arguments".into(),
        source,
    })?;
    if args.next().is_some_and(|a| a == STAGED) {
        server::serve(parsed)
    } else {
        stage(&parsed, json)
    }
}

/// Detaches from whoever started it, and starts again from a read-only bind mount of the binary: a
/// program in a container that gets hold of `/proc/self/exe` while it is still the shim's cannot
/// write to the host's file then (CVE-2019-5736).
fn stage(args: &ShimArgs, json: &str) -> Result<()> {
    use std::os::unix::process::CommandExt;
    if let Fork::Parent(_) = sys::fork_single_threaded().os("fork")? {
        return Ok(());
    }
    rustix::process::setsid().os("start a session")?;
    // What the server was started with is not for containers to inherit.
    rustix::process::umask(Mode::from(0o022));
    // Before the new namespace: the binary's mount belongs to the old one.
    let own = Path::new("/proc/self/exe");
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let binary = rustix::mount::open_tree(rustix::fs::CWD, own, flags).at("open", own)?;
    root::own_namespace()?;
    let exe = args.run_dir.join("exe");
    std::fs::File::create(&exe).at("create", &exe)?;
    let from = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    let exe = match rustix::mount::move_mount(&binary, "", rustix::fs::CWD, &exe, from) {
        Ok(()) => {
            let flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID;
            rustix::mount::mount_remount(&exe, flags, "").at("remount", &exe)?;
            exe
        }
        // The file was replaced since the server started, by an upgrade: what has no name any more
        // cannot be mounted.
        Err(rustix::io::Errno::NOENT) => sealed_copy(own)?,
        Err(error) => return Err(std::io::Error::from(error)).at("mount", &exe),
    };
    let error = std::process::Command::new(&exe)
        .args([SHIM_ARG, json, STAGED])
        .env_clear()
        .exec();
    Err(error).at("execute", &exe)
}

/// A copy of the binary in memory that nobody can write to; the path leads to it until this process
/// executes it.
fn sealed_copy(own: &Path) -> Result<std::path::PathBuf> {
    use rustix::fs::{MemfdFlags, SealFlags};
    use std::os::fd::{AsRawFd, IntoRawFd};
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = rustix::fs::memfd_create("rolecall-shim", flags).os("make a file in memory")?;
    let mut to = std::fs::File::from(memory);
    let mut from = std::fs::File::open(own).at("open", own)?;
    std::io::copy(&mut from, &mut to).at("copy", own)?;
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    rustix::fs::fcntl_add_seals(&to, seals).os("seal a file in memory")?;
    let path = format!("/proc/self/fd/{}", to.as_raw_fd());
    // Open until the program is executed, which closes it.
    let _ = to.into_raw_fd();
    Ok(path.into())
}

/// Microseconds since 1970.
pub(crate) fn now_us() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since
        .ok()
        .and_then(|d| i64::try_from(d.as_micros()).ok())
        .unwrap_or(0)
}
