//! From a [`ContainerSpec`] to an OCI bundle directory, that every runtime takes.
//!
//! The engine writes `base.json`, complete but for what only the mounted root file system tells:
//! the user's numbers, groups and home. The shim looks those up and writes `config.json` just
//! before the start (see [`resolve`]).

mod capabilities;
mod config;
mod files;
pub(crate) mod resolve;
mod seccomp;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cgroup::TaskCgroup;
use crate::error::{EngineError, FileContext, Result};
use crate::layout::{TaskDirs, make_private_dir, write_record};
use crate::network::resolver::Names;
use crate::spec::{ContainerSpec, TaskSandbox};

/// What the shim needs beside the OCI configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Lowest first.
    pub(crate) layers: Vec<PathBuf>,
    /// As the image or the task definition names the user.
    pub(crate) user: String,
    /// Absolute; made in the root file system if missing.
    pub(crate) cwd: String,
    /// A pseudo terminal is wanted.
    pub(crate) tty: bool,
    /// An init process is wanted.
    pub(crate) init: bool,
    /// Device files in the root file system shall be dead.
    pub(crate) no_devices: bool,
}

/// Lays out the bundle of a container.
///
/// # Errors
/// [`EngineError::Unsupported`] for settings that cannot be carried out; file errors.
pub(crate) fn write(
    task: &TaskSandbox,
    dirs: &TaskDirs,
    cgroup: &TaskCgroup,
    spec: &ContainerSpec,
    names: &Names,
) -> Result<()> {
    check(spec)?;
    let container = dirs.container(&spec.name);
    make_private_dir(&container.root)?;
    make_private_dir(&dirs.storage())?;
    make_private_dir(&container.work())?;
    for dir in [
        container.upper(),
        container.rootfs(),
        container.etc(),
        container.logs(),
    ] {
        std::fs::create_dir_all(&dir).at("create", &dir)?;
    }
    copy_root_mode(spec, &container.upper())?;
    files::write(task, spec, names, &container.etc())?;
    let config = config::build(task, dirs, cgroup, spec)?;
    write_record(&container.base_config(), &config)?;
    let plan = Plan {
        layers: spec.layers.clone(),
        user: spec.user.clone(),
        cwd: if spec.cwd.is_empty() {
            "/".to_owned()
        } else {
            spec.cwd.clone()
        },
        tty: spec.tty,
        init: spec.init,
        no_devices: cgroup.hierarchies().is_v2() && !spec.privileged,
    };
    write_record(&container.plan(), &plan)
}

fn check(spec: &ContainerSpec) -> Result<()> {
    let refuse = |text: String| Err(EngineError::Unsupported(text));
    if spec.layers.is_empty() {
        return refuse("an image without layers".to_owned());
    }
    if spec.args.first().is_none_or(String::is_empty) {
        return refuse("no command specified".to_owned());
    }
    if !spec.cwd.is_empty() && !spec.cwd.starts_with('/') {
        return refuse(format!("working directory {:?} is not absolute", spec.cwd));
    }
    let texts = spec.env.iter().flat_map(|(k, v)| [k, v]).chain(&spec.args);
    if texts.into_iter().any(|t| t.contains('\0')) {
        return refuse("a NUL character in an argument or variable".to_owned());
    }
    if spec
        .env
        .iter()
        .any(|(k, _)| k.is_empty() || k.contains('='))
    {
        return refuse("an environment variable without a name, or with = in it".to_owned());
    }
    let targets = spec
        .mounts
        .iter()
        .map(|m| &m.target)
        .chain(spec.tmpfs.iter().map(|t| &t.target));
    for target in targets {
        if !target.is_absolute() {
            return refuse(format!("mount target {} is not absolute", target.display()));
        }
    }
    Ok(())
}

/// The writable layer's own mode is what `/` shows: take it from the topmost layer.
fn copy_root_mode(spec: &ContainerSpec, upper: &std::path::Path) -> Result<()> {
    if let Some(top) = spec.layers.last() {
        let meta = std::fs::metadata(top).at("read", top)?;
        std::fs::set_permissions(upper, meta.permissions()).at("set the mode of", upper)?;
        let (uid, gid) = {
            use std::os::unix::fs::MetadataExt;
            (meta.uid(), meta.gid())
        };
        std::os::unix::fs::chown(upper, Some(uid), Some(gid)).at("set the owner of", upper)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
