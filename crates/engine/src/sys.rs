//! The system calls that have no safe wrapper, each behind a small function of its own.
#![expect(
    unsafe_code,
    reason = "fork, unshare, signal masks and signalfd have no safe wrapper"
)]

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use rustix::process::Pid;

/// Which side of a fork one is on.
pub(crate) enum Fork {
    /// The new process.
    Child,
    /// The old one, with the new one's pid.
    Parent(Pid),
}

/// Lets this process have as many files open as it may at most: every connection and every task
/// takes some, and what is usual (1024) is for programs with few.
pub fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // The limit that there is will do until it is reached.
    let _ = setrlimit(Resource::Nofile, raised);
}

/// How many files a process started from this one may have open at most (`RLIMIT_NOFILE`, hard).
#[must_use]
pub fn open_files_limit() -> u64 {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.maximum.unwrap_or(u64::MAX)
}

/// A program for administrators: `su` keeps a user's `PATH`, which has no `sbin`.
pub(crate) fn system_program(name: &str) -> std::process::Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = std::process::Command::new(name);
    command.env("PATH", format!("{path}:/usr/local/sbin:/usr/sbin:/sbin"));
    command
}

/// Splits the process. For single-threaded processes only: a lock that another thread holds would
/// stay locked in the child for ever.
pub(crate) fn fork_single_threaded() -> io::Result<Fork> {
    // SAFETY: the shim has one thread (it starts none, and its tracing writes inline), so the child
    // finds no lock held by a thread that it lacks and may run any code.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Fork::Child),
        raw => Pid::from_raw(raw)
            .map(Fork::Parent)
            .ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL)),
    }
}

/// Ends a forked process at once: no destructors, no exit handlers of the parent's.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: _exit takes any value and does not return.
    unsafe { libc::_exit(code) }
}

/// Moves the calling thread into new namespaces.
pub(crate) fn unshare(flags: rustix::thread::UnshareFlags) -> io::Result<()> {
    // SAFETY: unsafe for CLONE_FILES (descriptor tables part) and CLONE_FS; callers pass only
    // CLONE_NEWNS and CLONE_NEWNET, which own no descriptors.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(io::Error::from)
}

/// Blocks SIGCHLD and the terminating signals for this thread, and returns a descriptor that
/// becomes readable when SIGCHLD is pending.
pub(crate) fn child_signal_fd() -> io::Result<OwnedFd> {
    // SAFETY: the set is initialised by sigemptyset before use and outlives the calls; signalfd
    // returns a fresh descriptor that nothing else owns.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        if libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        let fd = libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Gives a process that is about to execute a program the signal state programs expect: nothing
/// blocked, SIGPIPE not ignored.
pub(crate) fn default_signals() -> io::Result<()> {
    // SAFETY: the set is initialised by sigemptyset; SIG_DFL is a valid disposition for SIGPIPE.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        if libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        if libc::signal(libc::SIGPIPE, libc::SIG_DFL) == libc::SIG_ERR {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Executes a program found by PATH of the process's own environment. Returns only on failure.
pub(crate) fn execvp(args: &[std::ffi::CString]) -> io::Result<Infallible> {
    let Some(program) = args.first() else {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    };
    let mut pointers: Vec<*const libc::c_char> = args.iter().map(|a| a.as_ptr()).collect();
    pointers.push(std::ptr::null());
    // SAFETY: every pointer is a NUL-terminated string that `args` keeps alive, and the list ends
    // with a null pointer.
    unsafe { libc::execvp(program.as_ptr(), pointers.as_ptr()) };
    Err(io::Error::last_os_error())
}

/// Waits for any signal and returns its number; used by the init process in a container.
pub(crate) fn wait_signal() -> io::Result<i32> {
    // SAFETY: the set is filled before use; a null info pointer is allowed.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut set);
        match libc::sigwaitinfo(&raw const set, std::ptr::null_mut()) {
            -1 => Err(io::Error::last_os_error()),
            signal => Ok(signal),
        }
    }
}

/// Blocks every signal that can be blocked.
pub(crate) fn block_all_signals() -> io::Result<()> {
    // SAFETY: the set is filled before use.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut set);
        match libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut()) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Sends a signal by number. Signal 0 asks whether the process is there.
pub(crate) fn kill(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: kill takes any numbers and reports bad ones.
    match unsafe { libc::kill(pid, signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Takes the listener that the engine handed over as standard input, and puts /dev/null there.
pub(crate) fn take_stdin() -> io::Result<OwnedFd> {
    let null = std::fs::File::open("/dev/null")?;
    // SAFETY: descriptors 0 is open (the engine passes a socket there); dup returns a fresh one,
    // and dup2 replaces 0 by an open descriptor, so 0 never dangles for the standard library.
    unsafe {
        let fd = libc::fcntl(0, libc::F_DUPFD_CLOEXEC, 3);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        let owned = OwnedFd::from_raw_fd(fd);
        if libc::dup2(null.as_raw_fd(), 0) < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(owned)
    }
}

/// Closes every descriptor but the three standard ones.
pub(crate) fn close_above_stderr() -> io::Result<()> {
    // SAFETY: called in a process that next only waits for signals and exits: nothing in it uses a
    // descriptor above 2 any more, and no destructor that would close one again runs.
    match unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Registers a descriptor with the tokio runtime.
pub(crate) fn watch(fd: OwnedFd) -> io::Result<tokio::io::unix::AsyncFd<OwnedFd>> {
    // SAFETY: the descriptor is owned, so it stays open and the same file as long as it is
    // registered.
    unsafe { tokio::io::unix::AsyncFd::register(fd) }.map_err(io::Error::from)
}

/// A loop device on a file; it is free again when nothing uses it any more.
pub(crate) struct LoopDevice {
    path: std::path::PathBuf,
    /// Open, for a device that nobody has open is cleared.
    _held: std::fs::File,
}

impl LoopDevice {
    /// The device file.
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }
}

/// `struct loop_config` of `<linux/loop.h>`, its `struct loop_info64` in place.
#[repr(C)]
struct LoopConfig {
    fd: u32,
    block_size: u32,
    device_inode_rdevice_offset_sizelimit: [u64; 5],
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
    reserved: [u64; 8],
}

/// Attaches a file to a free loop device, in blocks of 4 KiB, past the page cache where the file's
/// own file system lets it.
pub(crate) fn attach_loop(file: &std::fs::File) -> io::Result<LoopDevice> {
    const GET_FREE: libc::Ioctl = 0x4C82;
    const CONFIGURE: libc::Ioctl = 0x4C0A;
    const AUTOCLEAR_DIRECT_IO: u32 = 4 | 16;
    let open = |path: &str| {
        let mut options = std::fs::File::options();
        options.read(true).write(true).open(path)
    };
    let control = open("/dev/loop-control")?;
    let config = LoopConfig {
        fd: file.as_raw_fd().cast_unsigned(),
        block_size: 4096,
        device_inode_rdevice_offset_sizelimit: [0; 5],
        number: 0,
        encrypt_type: 0,
        encrypt_key_size: 0,
        flags: AUTOCLEAR_DIRECT_IO,
        file_name: [0; 64],
        crypt_name: [0; 64],
        encrypt_key: [0; 32],
        init: [0; 2],
        reserved: [0; 8],
    };
    loop {
        // SAFETY: LOOP_CTL_GET_FREE takes no argument.
        let number = unsafe { libc::ioctl(control.as_raw_fd(), GET_FREE) };
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        let path = format!("/dev/loop{number}");
        let device = open(&path)?;
        // SAFETY: LOOP_CONFIGURE reads a struct loop_config, which outlives the call.
        if unsafe { libc::ioctl(device.as_raw_fd(), CONFIGURE, &raw const config) } == 0 {
            return Ok(LoopDevice {
                path: path.into(),
                _held: device,
            });
        }
        let error = io::Error::last_os_error();
        // Somebody else took it in between.
        if error.raw_os_error() != Some(libc::EBUSY) {
            return Err(error);
        }
    }
}
