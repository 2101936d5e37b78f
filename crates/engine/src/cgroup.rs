//! Control groups of both versions: a task's parent group with its limits, containers below it.
//!
//! The path is `/rolecall/<instance>/<task>/<container>` below each hierarchy's root; a private
//! path, since the hierarchies are shared with everything else on the machine. With version 1 every
//! controller is its own hierarchy; with version 2 there is one. A host that mounts an all but
//! empty version 2 beside version 1 ("hybrid") counts as version 1.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{EngineError, FileContext, Result};
use crate::ids::{ContainerName, InstanceName, TaskId};
use crate::spec::TaskSandbox;
use crate::sys;

/// The scheduling period of processor limits, microseconds.
pub(crate) const CPU_PERIOD_US: u64 = 100_000;

/// The host's hierarchies, and the instance's place in them.
#[derive(Debug, Clone)]
pub(crate) struct Cgroups {
    hierarchies: Arc<Hierarchies>,
    path: String,
}

/// What the host has mounted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Hierarchies {
    /// Mount point and controllers of each version 1 hierarchy (`name=systemd` is one too).
    V1(Vec<(PathBuf, Vec<String>)>),
    /// The mount point of version 2.
    V2(PathBuf),
}

impl Hierarchies {
    /// Reads `/proc/self/mountinfo` (proc(5)).
    pub(crate) fn parse(mountinfo: &str) -> Option<Self> {
        let mut v1: Vec<(PathBuf, Vec<String>)> = Vec::new();
        let mut v2 = None;
        for line in mountinfo.lines() {
            let (left, right) = line.split_once(" - ")?;
            let point = PathBuf::from(left.split(' ').nth(4)?);
            let mut right = right.split(' ');
            match right.next()? {
                "cgroup" => {
                    let words = right.nth(1)?.split(',');
                    let controllers = words.filter(|w| *w != "rw" && *w != "xattr");
                    v1.push((point, controllers.map(str::to_owned).collect()));
                }
                "cgroup2" => v2 = Some(point),
                _ => {}
            }
        }
        // Beside version 1 it has no controllers, but runtimes make groups in it all the same.
        let hybrid = v2
            .iter()
            .filter(|_| !v1.is_empty())
            .map(|point| (point.clone(), Vec::new()));
        let hybrid: Vec<_> = hybrid.collect();
        v1.extend(hybrid);
        let has_memory = v1.iter().any(|(_, c)| c.iter().any(|c| c == "memory"));
        if has_memory {
            Some(Self::V1(v1))
        } else {
            v2.map(Self::V2)
        }
    }

    pub(crate) fn read() -> Result<Self> {
        let path = Path::new("/proc/self/mountinfo");
        let text = std::fs::read_to_string(path).at("read", path)?;
        Self::parse(&text).ok_or_else(|| {
            EngineError::Unsupported("no cgroup file system with a memory controller".to_owned())
        })
    }

    pub(crate) fn is_v2(&self) -> bool {
        matches!(self, Self::V2(_))
    }

    /// Whether swap can be limited (and must be, lest a memory limit only moves pages to swap).
    pub(crate) fn limits_swap(&self) -> bool {
        match self {
            Self::V1(_) => self
                .root_of("memory")
                .is_some_and(|r| r.join("memory.memsw.limit_in_bytes").exists()),
            Self::V2(_) => true,
        }
    }

    fn root_of(&self, controller: &str) -> Option<&Path> {
        match self {
            Self::V1(all) => all
                .iter()
                .find(|(_, c)| c.iter().any(|c| c == controller))
                .map(|(root, _)| root.as_path()),
            Self::V2(root) => Some(root),
        }
    }

    /// The hierarchies, and whether they only account: the service manager's are those that do not.
    fn named(&self) -> Vec<(&Path, bool)> {
        match self {
            Self::V1(all) => all
                .iter()
                .map(|(root, c)| {
                    (
                        root.as_path(),
                        !c.is_empty() && !c.iter().any(|c| c == "name=systemd"),
                    )
                })
                .collect(),
            Self::V2(root) => vec![(root, false)],
        }
    }

    fn roots(&self) -> Vec<&Path> {
        match self {
            Self::V1(all) => all.iter().map(|(root, _)| root.as_path()).collect(),
            Self::V2(root) => vec![root],
        }
    }
}

impl Cgroups {
    pub(crate) fn find(instance: &InstanceName) -> Result<Self> {
        let hierarchies = Arc::new(Hierarchies::read()?);
        Ok(Self {
            hierarchies,
            path: format!("/rolecall/{instance}"),
        })
    }

    pub(crate) fn task(&self, id: &TaskId) -> TaskCgroup {
        TaskCgroup {
            hierarchies: self.hierarchies.clone(),
            path: format!("{}/{id}", self.path),
        }
    }

    /// Removes the instance's groups with all that is in them.
    pub(crate) fn remove(&self) -> Result<()> {
        TaskCgroup {
            hierarchies: self.hierarchies.clone(),
            path: self.path.clone(),
        }
        .remove()?;
        for root in self.hierarchies.roots() {
            // Other instances may still use the common parent: then it stays.
            let _ = std::fs::remove_dir(root.join("rolecall"));
        }
        Ok(())
    }
}

/// One task's groups.
#[derive(Debug, Clone)]
pub(crate) struct TaskCgroup {
    hierarchies: Arc<Hierarchies>,
    path: String,
}

impl TaskCgroup {
    /// The shim's way in: it knows the path only.
    pub(crate) fn at(path: &str) -> Result<Self> {
        Ok(Self {
            hierarchies: Arc::new(Hierarchies::read()?),
            path: path.to_owned(),
        })
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn container_path(&self, name: &ContainerName) -> String {
        format!("{}/{name}", self.path)
    }

    pub(crate) fn hierarchies(&self) -> &Hierarchies {
        &self.hierarchies
    }

    fn dir(&self, controller: &str) -> Option<PathBuf> {
        Some(below(self.hierarchies.root_of(controller)?, &self.path))
    }

    fn container_dir(&self, controller: &str, name: &ContainerName) -> Option<PathBuf> {
        Some(self.dir(controller)?.join(name))
    }

    /// Version 1: where a container's own groups are seen inside it, as source and target. The
    /// runtime's own way of mounting them would let the program raise its limits.
    pub(crate) fn v1_binds(&self, name: &ContainerName) -> Vec<(PathBuf, PathBuf)> {
        if self.hierarchies.is_v2() {
            return Vec::new();
        }
        let bind = |controller: &str| {
            let target = Path::new("/sys/fs/cgroup").join(controller);
            Some((self.container_dir(controller, name)?, target))
        };
        ["memory", "cpu", "cpuacct", "pids"]
            .into_iter()
            .filter_map(bind)
            .collect()
    }

    /// Makes what [`TaskCgroup::v1_binds`] names; the runtime makes the rest.
    pub(crate) fn create_container(&self, name: &ContainerName) -> Result<()> {
        for (source, _) in self.v1_binds(name) {
            std::fs::create_dir_all(&source).at("create", &source)?;
        }
        Ok(())
    }

    /// Makes the parent groups and sets the task's limits.
    pub(crate) fn create(&self, limits: &TaskSandbox) -> Result<()> {
        if let Hierarchies::V2(root) = &*self.hierarchies {
            enable_controllers(root, &self.path)?;
        }
        let v2 = self.hierarchies.is_v2();
        if let Some(dir) = self.dir("cpu") {
            std::fs::create_dir_all(&dir).at("create", &dir)?;
            match limits.cpu_quota_us {
                Some(quota) if v2 => set(&dir, "cpu.max", &format!("{quota} {CPU_PERIOD_US}"))?,
                Some(quota) => {
                    set(&dir, "cpu.cfs_period_us", &CPU_PERIOD_US.to_string())?;
                    set(&dir, "cpu.cfs_quota_us", &quota.to_string())?;
                }
                None => {}
            }
        }
        if let Some(dir) = self.dir("memory") {
            std::fs::create_dir_all(&dir).at("create", &dir)?;
            if let Some(bytes) = limits.memory_bytes {
                let (limit, swap, swap_bytes) = if v2 {
                    ("memory.max", "memory.swap.max", 0)
                } else {
                    (
                        "memory.limit_in_bytes",
                        "memory.memsw.limit_in_bytes",
                        bytes,
                    )
                };
                set(&dir, limit, &bytes.to_string())?;
                if dir.join(swap).exists() {
                    set(&dir, swap, &swap_bytes.to_string())?;
                }
            }
        }
        if let (Some(dir), Some(pids)) = (self.dir("pids"), limits.pids_limit) {
            std::fs::create_dir_all(&dir).at("create", &dir)?;
            set(&dir, "pids.max", &pids.to_string())?;
        }
        Ok(())
    }

    /// Moves the calling process out of the service manager's group, so that a restart of the
    /// server as a service does not take its shims with it. Best effort: without a manager there is
    /// no need.
    pub(crate) fn leave_service(&self) {
        let parent = Path::new(&self.path).parent().unwrap_or(Path::new("/"));
        let shims = parent.join("shims");
        for (root, controllers) in self.hierarchies.named() {
            if controllers {
                continue;
            }
            let dir = below(root, &shims.to_string_lossy());
            if std::fs::create_dir_all(&dir).is_ok() {
                let _ = std::fs::write(dir.join("cgroup.procs"), "0");
            }
        }
    }

    /// How many processes of the container the kernel has killed for want of memory.
    pub(crate) fn oom_kills(&self, name: &ContainerName) -> u64 {
        let file = if self.hierarchies.is_v2() {
            "memory.events"
        } else {
            "memory.oom_control"
        };
        let Some(dir) = self.container_dir("memory", name) else {
            return 0;
        };
        let text = std::fs::read_to_string(dir.join(file)).unwrap_or_default();
        let count = text.lines().find_map(|l| l.strip_prefix("oom_kill "));
        count.and_then(|n| n.trim().parse().ok()).unwrap_or(0)
    }

    /// Processor time that the container has used since it was created, microseconds.
    pub(crate) fn cpu_usage_us(&self, name: &ContainerName) -> Option<u64> {
        if self.hierarchies.is_v2() {
            let dir = self.container_dir("cpu", name)?;
            let text = std::fs::read_to_string(dir.join("cpu.stat")).ok()?;
            return text
                .lines()
                .find_map(|l| l.strip_prefix("usage_usec "))?
                .trim()
                .parse()
                .ok();
        }
        let dir = self.container_dir("cpuacct", name)?;
        let text = std::fs::read_to_string(dir.join("cpuacct.usage")).ok()?;
        Some(text.trim().parse::<u64>().ok()? / 1000)
    }

    /// Memory that the container uses now, bytes.
    pub(crate) fn memory_usage_bytes(&self, name: &ContainerName) -> Option<u64> {
        let v2 = self.hierarchies.is_v2();
        let file = if v2 {
            "memory.current"
        } else {
            "memory.usage_in_bytes"
        };
        let dir = self.container_dir("memory", name)?;
        std::fs::read_to_string(dir.join(file))
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    /// Kills whatever still runs in one container's groups.
    pub(crate) fn kill_container(&self, name: &ContainerName) -> Result<()> {
        kill_below(&self.hierarchies, &self.container_path(name))
    }

    /// Removes one container's groups; what runs in them is killed.
    pub(crate) fn remove_container(&self, name: &ContainerName) -> Result<()> {
        remove_below(&self.hierarchies, &self.container_path(name))
    }

    /// Kills whatever still runs in the task.
    pub(crate) fn kill_all(&self) -> Result<()> {
        kill_below(&self.hierarchies, &self.path)
    }

    /// Removes the task's groups; what runs in them is killed.
    pub(crate) fn remove(&self) -> Result<()> {
        remove_below(&self.hierarchies, &self.path)
    }
}

fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

fn set(dir: &Path, file: &str, value: &str) -> Result<()> {
    let path = dir.join(file);
    std::fs::write(&path, value).at("write", &path)
}

/// Version 2: a controller works in a group only if every group above hands it down.
fn enable_controllers(root: &Path, path: &str) -> Result<()> {
    let mut dir = root.to_owned();
    for part in path.split('/').filter(|p| !p.is_empty()) {
        // Controllers that the host lacks are left out one by one.
        for controller in ["+cpu", "+memory", "+pids", "+io", "+cpuset"] {
            let _ = std::fs::write(dir.join("cgroup.subtree_control"), controller);
        }
        dir.push(part);
        std::fs::create_dir_all(&dir).at("create", &dir)?;
    }
    for controller in ["+cpu", "+memory", "+pids", "+io", "+cpuset"] {
        let _ = std::fs::write(dir.join("cgroup.subtree_control"), controller);
    }
    Ok(())
}

/// The directory and all below it, deepest first.
fn subtree(dir: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            subtree(&entry.path(), found)?;
        }
    }
    found.push(dir.to_owned());
    Ok(())
}

fn kill_below(hierarchies: &Hierarchies, path: &str) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let mut living = 0;
        for root in hierarchies.roots() {
            let mut dirs = Vec::new();
            subtree(&below(root, path), &mut dirs).at("list", root)?;
            for dir in dirs {
                let pids = std::fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
                for pid in pids
                    .lines()
                    .filter_map(|p| p.parse().ok())
                    .filter(|p| *p > 0)
                {
                    living += 1;
                    // It may be gone by now, which is what is wanted.
                    let _ = sys::kill(pid, libc::SIGKILL);
                }
            }
        }
        if living == 0 {
            return Ok(());
        }
        if Instant::now() > until {
            let text = format!("{living} processes in {path} do not die");
            return Err(EngineError::Container(text));
        }
        // Another process's death cannot be awaited by event; the kernel needs a moment.
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn remove_below(hierarchies: &Hierarchies, path: &str) -> Result<()> {
    kill_below(hierarchies, path)?;
    for root in hierarchies.roots() {
        let mut dirs = Vec::new();
        subtree(&below(root, path), &mut dirs).at("list", root)?;
        for dir in dirs {
            remove_group(&dir)?;
        }
    }
    Ok(())
}

/// A group whose last process has just died may stay busy for a moment.
fn remove_group(dir: &Path) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        match std::fs::remove_dir(dir) {
            Ok(()) => return Ok(()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) if e.raw_os_error() == Some(libc::EBUSY) && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(e) => return Err(e).at("remove", dir),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hybrid_counts_as_version_1() {
        let text = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
                    35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
                    41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
        let Some(Hierarchies::V1(all)) = Hierarchies::parse(text) else {
            panic!("not v1")
        };
        assert_eq!(all.len(), 3);
        assert_eq!(all[0].1, ["cpu", "cpuacct"]);
    }

    #[test]
    fn unified_is_version_2() {
        let text =
            "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
        assert_eq!(
            Hierarchies::parse(text),
            Some(Hierarchies::V2("/sys/fs/cgroup".into()))
        );
        assert_eq!(
            Hierarchies::parse("22 27 0:21 / /proc rw - proc proc rw\n"),
            None
        );
    }
}
