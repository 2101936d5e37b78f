//! A container's root file system: overlayfs over its layers, in the shim's own mount namespace, so
//! that no mount is left behind when the task's last process is gone.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::mount::{MountFlags, UnmountFlags};

use crate::bundle::Plan;
use crate::error::{FileContext, Result};
use crate::layout::ContainerDirs;

/// Mounts it and returns its root directory.
pub(super) fn mount(dirs: &ContainerDirs, plan: &Plan) -> Result<OwnedFd> {
    // By descriptor: mount(2) takes one page of options, too little for 127 layers by path, and
    // colons and commas in paths would need care.
    let mut held = Vec::new();
    let mut by_fd = |path: &Path| -> Result<String> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty()).at("open", path)?;
        let name = format!("/proc/self/fd/{}", fd.as_raw_fd());
        held.push(fd);
        Ok(name)
    };
    let lower: Vec<String> = plan
        .layers
        .iter()
        .rev()
        .map(|l| by_fd(l))
        .collect::<Result<_>>()?;
    let upper = by_fd(&dirs.upper())?;
    let work = by_fd(&dirs.work())?;
    let options = format!(
        "lowerdir={},upperdir={upper},workdir={work}",
        lower.join(":")
    );
    let options = std::ffi::CString::new(options)
        .map_err(std::io::Error::other)
        .os("mount")?;
    let root = dirs.rootfs();
    let flags = if plan.no_devices {
        MountFlags::NODEV
    } else {
        MountFlags::empty()
    };
    rustix::mount::mount("overlay", &root, "overlay", flags, Some(options.as_c_str()))
        .at("mount overlayfs at", &root)?;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(&root, flags, Mode::empty()).at("open", &root)
}

/// Unmounts it; not mounted is fine.
pub(super) fn unmount(dirs: &ContainerDirs) -> Result<()> {
    let root = dirs.rootfs();
    match rustix::mount::unmount(&root, UnmountFlags::DETACH) {
        Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => Ok(()),
        Err(e) => Err(e).at("unmount", &root),
    }
}
