//! A root directory that is the mount namespace's own.
//!
//! Whoever enters a mount namespace (setns(2)) finds itself at that namespace's root, not at the
//! root directory of a process in it. A server that was started below a changed root (chroot(2))
//! would so have commands that run "inside" a container run on the machine itself: pivot_root(2)
//! moves the container's root to where the changed root was, not to where the namespace begins. The
//! shim therefore makes the changed root the namespace's root before it starts anything.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags, StatxFlags};
use rustix::mount::{MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags};
use rustix::thread::{LinkNameSpaceType, UnshareFlags};

use crate::error::{FileContext, Result};
use crate::sys;

/// Takes a mount namespace of one's own, in which `/` is the namespace's root and nothing that is
/// mounted shows up outside.
pub(super) fn own_namespace() -> Result<()> {
    sys::unshare(UnshareFlags::NEWNS).os("make a mount namespace")?;
    let root = directory("/")?;
    let namespace = rustix::fs::open(
        "/proc/self/ns/mnt",
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .os("open /proc/self/ns/mnt")?;
    rustix::thread::move_into_link_name_space(
        std::os::fd::AsFd::as_fd(&namespace),
        Some(LinkNameSpaceType::Mount),
    )
    .os("find the mount namespace's root")?;
    let down = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", down).os("make mounts private")?;
    if place(&root)? == place(&directory("/")?)? {
        return Ok(());
    }
    // The changed root need not be a mount: a copy of what is mounted there is one.
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE
        | OpenTreeFlags::AT_EMPTY_PATH;
    let tree = rustix::mount::open_tree(&root, "", flags).os("copy the root's mounts")?;
    let over = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    rustix::mount::move_mount(&tree, "", &root, "", over).os("mount the root")?;
    rustix::process::fchdir(&tree).os("enter the root")?;
    rustix::process::pivot_root(".", ".").os("pivot to the root")?;
    // The old root lies on top of the new one now.
    rustix::mount::unmount(".", UnmountFlags::DETACH).os("unmount the old root")?;
    rustix::process::chdir("/").os("enter the root")
}

fn directory(path: &str) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).at("open", std::path::Path::new(path))
}

/// The mount and the directory in it.
fn place(directory: &OwnedFd) -> Result<(u64, u64)> {
    let wanted = StatxFlags::MNT_ID | StatxFlags::INO;
    let found =
        rustix::fs::statx(directory, "", AtFlags::EMPTY_PATH, wanted).os("look at the root")?;
    Ok((found.stx_mnt_id, found.stx_ino))
}
