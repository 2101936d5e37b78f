//! Where everything lies: the durable directory, and the one that a reboot empties.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{EngineError, FileContext, Result};
use crate::ids::{ContainerName, InstanceName, TaskId};

/// The directories of one instance.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// `<data>`: images, task directories, logs.
    pub(crate) data: PathBuf,
    /// `<run>/<instance>`: sockets and namespaces.
    pub(crate) run: PathBuf,
}

impl Layout {
    pub(crate) fn new(data_dir: &Path, run_dir: &Path, instance: &InstanceName) -> Self {
        Self {
            data: data_dir.to_owned(),
            run: run_dir.join(instance),
        }
    }

    pub(crate) fn router_netns(&self) -> PathBuf {
        self.run.join("netns")
    }

    pub(crate) fn tasks(&self) -> PathBuf {
        self.data.join("tasks")
    }

    pub(crate) fn task(&self, id: &TaskId) -> TaskDirs {
        TaskDirs {
            data: self.tasks().join(id),
            run: self.run.join("tasks").join(id),
        }
    }
}

/// The directories of one task.
#[derive(Debug, Clone)]
pub(crate) struct TaskDirs {
    pub(crate) data: PathBuf,
    pub(crate) run: PathBuf,
}

impl TaskDirs {
    pub(crate) fn record(&self) -> PathBuf {
        self.data.join("task.json")
    }

    /// What [`TaskDirs::record`] will say, while the task is being made.
    pub(crate) fn unfinished(&self) -> PathBuf {
        self.data.join("unfinished.json")
    }

    pub(crate) fn shim_log(&self) -> PathBuf {
        self.data.join("shim.log")
    }

    /// Where the task's ephemeral storage is mounted.
    pub(crate) fn storage(&self) -> PathBuf {
        self.data.join("storage")
    }

    /// The file that the storage is in.
    pub(crate) fn storage_image(&self) -> PathBuf {
        self.data.join("storage.ext4")
    }

    pub(crate) fn volumes(&self) -> PathBuf {
        self.storage().join("volumes")
    }

    pub(crate) fn containers(&self) -> PathBuf {
        self.data.join("c")
    }

    pub(crate) fn container(&self, name: &ContainerName) -> ContainerDirs {
        ContainerDirs {
            root: self.containers().join(name),
            storage: self.storage().join("c").join(name),
        }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.run.join("shim.sock")
    }

    pub(crate) fn netns(&self) -> PathBuf {
        self.run.join("netns")
    }

    /// Removes all of the task's directories, as far as it goes.
    pub(crate) fn remove(&self) {
        let _ = crate::storage::release(self);
        let _ = remove_tree(&self.run);
        let _ = remove_tree(&self.data);
    }

    /// The names of the containers that have a directory.
    pub(crate) fn container_names(&self) -> Result<Vec<ContainerName>> {
        let dir = self.containers();
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&dir).at("list", &dir)? {
            let entry = entry.at("list", &dir)?;
            if let Some(name) = entry.file_name().to_str() {
                names.extend(ContainerName::new(name));
            }
        }
        names.sort();
        Ok(names)
    }
}

/// The directory of one container; it is its OCI bundle too.
#[derive(Debug, Clone)]
pub(crate) struct ContainerDirs {
    pub(crate) root: PathBuf,
    /// Its part of the task's ephemeral storage.
    storage: PathBuf,
}

impl ContainerDirs {
    /// The OCI configuration before user and home are looked up in the image.
    pub(crate) fn base_config(&self) -> PathBuf {
        self.root.join("base.json")
    }

    /// The OCI configuration that the runtime reads.
    pub(crate) fn config(&self) -> PathBuf {
        self.root.join("config.json")
    }

    /// What the shim needs beside the OCI configuration.
    pub(crate) fn plan(&self) -> PathBuf {
        self.root.join("plan.json")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("state.json")
    }

    pub(crate) fn rootfs(&self) -> PathBuf {
        self.root.join("rootfs")
    }

    pub(crate) fn upper(&self) -> PathBuf {
        self.storage.join("upper")
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.storage.join("work")
    }

    pub(crate) fn etc(&self) -> PathBuf {
        self.root.join("etc")
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }
}

/// Makes a directory that only root can enter, and its parents.
pub(crate) fn make_private_dir(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .at("create", path)
}

/// Replaces a record in one step: a reader sees the old or the new one, never a part.
pub(crate) fn write_record<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let bytes = serde_json::to_vec(value).map_err(|source| EngineError::Record {
        path: path.to_owned(),
        source,
    })?;
    // A name of its own: two may write the same record at a time, and the later one wins.
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let (pid, n) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let next = path.with_extension(format!("{pid}-{n}.next"));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&next)
        .at("create", &next)?;
    std::io::Write::write_all(&mut file, &bytes).at("write", &next)?;
    std::fs::rename(&next, path).at("replace", path)
}

/// Reads a record; None when there is none.
pub(crate) fn read_record<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match std::fs::read(path) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|source| EngineError::Record {
                    path: path.to_owned(),
                    source,
                })
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e).at("read", path),
    }
}

/// Removes a directory tree; nothing to do is fine.
pub(crate) fn remove_tree(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e).at("remove", path),
        _ => Ok(()),
    }
}

/// A path for bind(2) and connect(2) that fits into their 108 bytes however long the directory's
/// is. It holds as long as the descriptor does.
pub(crate) fn short_socket_path(socket: &Path) -> Result<(std::os::fd::OwnedFd, PathBuf)> {
    use rustix::fs::{Mode, OFlags};
    use std::os::fd::AsRawFd;
    let dir = socket.parent().unwrap_or(Path::new("/"));
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let held = rustix::fs::open(dir, flags, Mode::empty()).at("open", dir)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()));
    Ok((held, short.join(socket.file_name().unwrap_or_default())))
}
