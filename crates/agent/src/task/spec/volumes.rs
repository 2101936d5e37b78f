//! Mount points and volumes to bind mounts.

use std::path::{Path, PathBuf};

use rolecall_acs::{Container, Task, Volume};
use rolecall_engine::image::Digest;
use rolecall_engine::{BindMount, ContainerName};

/// The volumes of a task.
pub(crate) struct Volumes<'a> {
    task: &'a Task,
}

impl<'a> Volumes<'a> {
    pub(crate) fn new(task: &'a Task) -> Self {
        Self { task }
    }

    /// Refuses kinds of volumes that cannot be mounted, and names that no volume or container has.
    ///
    /// # Errors
    /// What it is, for people.
    pub(crate) fn check(&self) -> Result<(), String> {
        for volume in &self.task.volumes {
            self.host_path(volume)?;
        }
        for container in &self.task.containers {
            self.resolve(container, &mut |_| Ok(PathBuf::new()))?;
        }
        Ok(())
    }

    /// The bind mounts of a container. `own` gives the directory of a volume of the task's own.
    ///
    /// # Errors
    /// What cannot be mounted, for people.
    pub(crate) fn resolve(
        &self,
        container: &Container,
        own: &mut dyn FnMut(&str) -> Result<PathBuf, String>,
    ) -> Result<Vec<BindMount>, String> {
        let mut mounts = Vec::new();
        for from in &container.volumes_from {
            let other = self
                .task
                .containers
                .iter()
                .find(|c| c.name == from.source_container);
            let other = other.ok_or_else(|| {
                format!(
                    "volumesFrom names the container {:?}",
                    from.source_container
                )
            })?;
            let read_only = |m: bool| m || from.read_only;
            self.mount_points(other, &read_only, own, &mut mounts)?;
        }
        self.mount_points(container, &|m| m, own, &mut mounts)?;
        Ok(mounts)
    }

    fn mount_points(
        &self,
        container: &Container,
        read_only: &dyn Fn(bool) -> bool,
        own: &mut dyn FnMut(&str) -> Result<PathBuf, String>,
        mounts: &mut Vec<BindMount>,
    ) -> Result<(), String> {
        for point in &container.mount_points {
            let volume = self
                .task
                .volumes
                .iter()
                .find(|v| v.name == point.source_volume);
            let volume =
                volume.ok_or_else(|| format!("unknown volume {:?}", point.source_volume))?;
            let source = match self.host_path(volume)? {
                Some(path) => path,
                None => own(&volume.name)?,
            };
            let target = PathBuf::from(&point.container_path);
            if !target.is_absolute() {
                return Err(format!(
                    "containerPath {:?} is not absolute",
                    point.container_path
                ));
            }
            // A mount point of its own replaces one of another container's at the same place.
            mounts.retain(|m: &BindMount| m.target != target);
            let read_only = read_only(point.read_only);
            mounts.push(BindMount {
                source,
                target,
                read_only,
            });
        }
        Ok(())
    }

    /// The host's directory, or none for a volume of the task's own.
    fn host_path(&self, volume: &Volume) -> Result<Option<PathBuf>, String> {
        let name = &volume.name;
        if volume.efs_volume_configuration.is_some() || volume.r#type.as_deref() == Some("efs") {
            return Err(format!(
                "volume {name:?}: EFS cannot be mounted by this agent"
            ));
        }
        if let Some(docker) = &volume.docker_volume_configuration {
            let local = docker.driver.as_deref().is_none_or(|d| d == "local");
            let of_task = docker.scope.as_deref().is_none_or(|s| s == "task");
            if !local || !of_task || !docker.driver_opts.is_empty() {
                return Err(format!(
                    "volume {name:?}: only local volumes of the task can be made"
                ));
            }
            return Ok(None);
        }
        let path = volume.host.as_ref().and_then(|h| h.source_path.as_deref());
        match path.filter(|p| !p.is_empty()) {
            None => Ok(None),
            Some(_) if self.task.launch_type.as_deref() == Some("FARGATE") => Err(format!(
                "volume {name:?}: host paths do not exist on Fargate"
            )),
            Some(path) if !Path::new(path).is_absolute() => {
                Err(format!("volume {name:?}: sourcePath is not absolute"))
            }
            Some(path) => Ok(Some(PathBuf::from(path))),
        }
    }
}

/// The engine's name for a volume: its own if the engine takes it, else one derived from it.
pub(crate) fn volume_name(name: &str) -> Option<ContainerName> {
    let derived = || format!("v-{}", Digest::of(name.as_bytes()).hex());
    ContainerName::new(name)
        .or_else(|_| ContainerName::new(derived()))
        .ok()
}
