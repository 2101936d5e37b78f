//! A task in the agent's hand: its containers, their events, logs and commands.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::bundle;
use crate::cgroup::TaskCgroup;
use crate::client::{Board, ShimClient};
use crate::engine::Shared;
use crate::error::{EngineError, FileContext, Result, chain};
use crate::ids::{ContainerName, TaskId};
use crate::layout::{TaskDirs, make_private_dir, read_record, remove_tree, write_record};
use crate::logs::{LogReader, LogWriter};
use crate::protocol::{Call, ContainerStatus, ExecOutput, Exit, Phase};
use crate::spec::{ContainerSpec, TaskSandbox};

/// Something happened to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerEvent {
    /// Which container.
    pub container: ContainerName,
    /// Which of its runs, 1 for the first.
    pub run: u32,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// Process 1 runs.
    Started {
        /// Since when, in microseconds since 1970.
        at_us: i64,
    },
    /// Process 1 ended, or could not be started; its output is all in the log.
    Exited {
        /// How and when.
        exit: Exit,
        /// Why it could not be started, if that is what happened.
        error: Option<String>,
    },
}

/// What a container uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Processor time since the start of this run, microseconds.
    pub cpu_us: u64,
    /// Memory now, page cache included, bytes.
    pub memory_bytes: u64,
}

/// A task's events, from the first on.
pub struct TaskEvents {
    board: Arc<Board>,
    changed: tokio::sync::watch::Receiver<usize>,
    next: usize,
}

impl TaskEvents {
    /// The next event, waiting for it. None once the shim is gone and all events are read.
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<ContainerEvent> {
        loop {
            self.changed.borrow_and_update();
            if let Some(event) = self.board.event(self.next) {
                self.next += 1;
                return Some(event);
            }
            if self.board.gone().is_some() {
                return None;
            }
            if self.changed.changed().await.is_err() {
                return None;
            }
        }
    }
}

/// A task of the engine. Clones are the same task.
#[derive(Clone)]
pub struct TaskHandle(Arc<Task>);

/// A task that may be dropped.
pub(crate) struct WeakTask(std::sync::Weak<Task>);

impl WeakTask {
    pub(crate) fn upgrade(&self) -> Option<TaskHandle> {
        self.0.upgrade().map(TaskHandle)
    }
}

struct Task {
    sandbox: TaskSandbox,
    dirs: TaskDirs,
    cgroup: TaskCgroup,
    board: Arc<Board>,
    /// None once the shim is gone.
    client: Option<ShimClient>,
    shared: Arc<Shared>,
}

impl TaskHandle {
    /// Connects to a task's shim; if that is dead, so are its containers, and they are recorded so.
    pub(crate) async fn connect(
        shared: Arc<Shared>,
        sandbox: TaskSandbox,
        dirs: TaskDirs,
    ) -> Result<Self> {
        let cgroup = shared.cgroups.task(&sandbox.id);
        let board = Board::new();
        let (d, c, b) = (dirs.clone(), cgroup.clone(), board.clone());
        let loss = move || bury(&d, &c, &b);
        let client = match ShimClient::connect(&dirs.socket(), board.clone(), loss).await {
            Ok(client) => Some(client),
            Err(error) => {
                tracing::warn!(task = %sandbox.id, error = %chain(&error), "its shim is dead");
                board.lose("it cannot be reached");
                bury(&dirs, &cgroup, &board);
                None
            }
        };
        Ok(Self(Arc::new(Task {
            sandbox,
            dirs,
            cgroup,
            board,
            client,
            shared,
        })))
    }

    pub(crate) fn downgrade(&self) -> WeakTask {
        WeakTask(Arc::downgrade(&self.0))
    }

    /// How the shim ended, if it did.
    pub(crate) fn shim_gone(&self) -> Option<String> {
        self.0.board.gone()
    }

    /// The task's id.
    #[must_use]
    pub fn id(&self) -> &TaskId {
        &self.0.sandbox.id
    }

    /// What the task was created with.
    #[must_use]
    pub fn sandbox(&self) -> &TaskSandbox {
        &self.0.sandbox
    }

    /// The directory of a volume that the task's containers share; made if missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn volume_dir(&self, volume: &ContainerName) -> Result<PathBuf> {
        make_private_dir(&self.0.dirs.volumes())?;
        let dir = self.0.dirs.volumes().join(volume);
        if !dir.exists() {
            std::fs::create_dir(&dir).at("create", &dir)?;
            // As Fargate makes them: root's, readable by all.
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&dir, mode).at("set the mode of", &dir)?;
        }
        Ok(dir)
    }

    /// Lays out a container: its OCI bundle, its writable layer. Nothing runs yet.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] when the specification cannot be carried out, file errors.
    pub async fn create_container(&self, spec: ContainerSpec) -> Result<()> {
        let task = self.0.clone();
        tokio::task::spawn_blocking(move || {
            let dirs = task.dirs.container(&spec.name);
            if dirs.state().exists() {
                let text = format!("container {} exists already", spec.name);
                return Err(EngineError::Container(text));
            }
            let names = task.shared.network.names();
            bundle::write(&task.sandbox, &task.dirs, &task.cgroup, &spec, &names)?;
            let status = ContainerStatus::created(spec.name.clone());
            write_record(&dirs.state(), &status)?;
            task.board.set(status);
            Ok(())
        })
        .await
        .map_err(|e| EngineError::Container(e.to_string()))?
    }

    /// Starts a container; one that exited is run again on the same writable layer.
    /// Returns when the program runs.
    ///
    /// # Errors
    /// [`EngineError::Container`] with the runtime's reason (program not found, no such user ...);
    /// the container counts as exited then.
    pub async fn start(&self, container: &ContainerName) -> Result<()> {
        self.call(Call::Start {
            container: container.clone(),
        })
        .await
        .map(drop)
    }

    /// Sends a signal to a container's process 1. One that has exited is left alone.
    ///
    /// # Errors
    /// [`EngineError::Container`] when it was never started, [`EngineError::ShimGone`].
    pub async fn kill(&self, container: &ContainerName, signal: i32) -> Result<()> {
        self.call(Call::Kill {
            container: container.clone(),
            signal,
        })
        .await
        .map(drop)
    }

    /// Runs a command in a running container, as its user, in its environment, and waits for it.
    /// Output beyond 64 KiB is dropped. After `timeout` the command is killed.
    ///
    /// # Errors
    /// [`EngineError::Container`] when the container does not run or the program is not there.
    pub async fn exec(
        &self,
        container: &ContainerName,
        args: Vec<String>,
        timeout: Duration,
    ) -> Result<ExecOutput> {
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let container = container.clone();
        let call = Call::Exec {
            container,
            args,
            timeout_ms,
            output_limit: 64 * 1024,
        };
        let output = self.call(call).await?;
        output.ok_or_else(|| EngineError::Container("the shim gave no result".to_owned()))
    }

    /// A container as it is now.
    ///
    /// # Errors
    /// [`EngineError::NoContainer`].
    pub fn status(&self, container: &ContainerName) -> Result<ContainerStatus> {
        let found = self.0.board.status(container);
        found.ok_or_else(|| EngineError::NoContainer(container.clone()))
    }

    /// All containers as they are now, by name.
    #[must_use]
    pub fn statuses(&self) -> Vec<ContainerStatus> {
        self.0.board.statuses()
    }

    /// Process 1 of a container as the host sees it, while it runs.
    #[must_use]
    pub fn pid(&self, container: &ContainerName) -> Option<i32> {
        self.0.board.status(container)?.pid
    }

    /// What a container uses now; None when it does not run.
    #[must_use]
    pub fn usage(&self, container: &ContainerName) -> Option<Usage> {
        self.pid(container)?;
        Some(Usage {
            cpu_us: self.0.cgroup.cpu_usage_us(container)?,
            memory_bytes: self.0.cgroup.memory_usage_bytes(container)?,
        })
    }

    /// All events of the task, from its first: after a restart of the engine, the last start and
    /// exit of each container are told again.
    #[must_use]
    pub fn events(&self) -> TaskEvents {
        let board = self.0.board.clone();
        TaskEvents {
            changed: board.watch(),
            board,
            next: 0,
        }
    }

    /// Waits until a container has exited, and says how.
    ///
    /// # Errors
    /// [`EngineError::NoContainer`], or [`EngineError::ShimGone`] when it never ran.
    pub async fn wait(&self, container: &ContainerName) -> Result<Exit> {
        let mut changed = self.0.board.watch();
        loop {
            changed.borrow_and_update();
            if let Some(exit) = self.status(container)?.exit {
                return Ok(exit);
            }
            if let Some(reason) = self.0.board.gone() {
                return Err(EngineError::ShimGone(reason));
            }
            if changed.changed().await.is_err() {
                return Err(EngineError::ShimGone("dropped".to_owned()));
            }
        }
    }

    /// Reads a container's output from an offset on (0: from its first byte).
    ///
    /// # Errors
    /// When the log cannot be opened.
    pub fn log_reader(&self, container: &ContainerName, offset: u64) -> Result<LogReader> {
        LogReader::open(&self.0.dirs.container(container).logs(), offset)
    }

    /// Removes a container, killing it first, with its writable layer and its log.
    ///
    /// # Errors
    /// When something of it cannot be removed.
    pub async fn delete_container(&self, container: &ContainerName) -> Result<()> {
        if self.0.board.gone().is_none() {
            self.call(Call::Delete {
                container: container.clone(),
            })
            .await?;
        }
        self.0.board.forget(container);
        remove_in_background(self.0.dirs.container(container).root).await
    }

    /// Ends the task: kills what runs, takes down its network, removes its directories.
    /// Doing it twice is fine.
    ///
    /// # Errors
    /// When something of it cannot be removed; the rest is tried all the same.
    pub async fn delete(&self) -> Result<()> {
        let task = &self.0;
        if task.board.gone().is_none()
            && let Err(error) = self.call(Call::Shutdown).await
        {
            tracing::warn!(task = %self.id(), error = %chain(&error), "its shim did not end well");
        }
        task.shared.forget(self.id());
        let cgroup = task.cgroup.clone();
        let gone = tokio::task::spawn_blocking(move || cgroup.remove()).await;
        let network = task
            .shared
            .network
            .remove_task(&task.dirs.netns(), task.sandbox.address)
            .await;
        crate::storage::release(&task.dirs)?;
        remove_in_background(task.dirs.run.clone()).await?;
        remove_in_background(task.dirs.data.clone()).await?;
        gone.map_err(|e| EngineError::Container(e.to_string()))??;
        network
    }

    async fn call(&self, call: Call) -> Result<Option<ExecOutput>> {
        match &self.0.client {
            Some(client) => client.call(call).await,
            None => {
                let reason = self.0.board.gone().unwrap_or_default();
                Err(EngineError::ShimGone(reason))
            }
        }
    }
}

async fn remove_in_background(path: PathBuf) -> Result<()> {
    tokio::task::spawn_blocking(move || remove_tree(&path))
        .await
        .map_err(|e| EngineError::Container(e.to_string()))?
}

/// After a shim's end: kills what it left behind, and writes down how its containers ended.
fn bury(dirs: &TaskDirs, cgroup: &TaskCgroup, board: &Board) {
    if !dirs.data.exists() {
        return;
    }
    if let Err(error) = cgroup.kill_all() {
        tracing::warn!(error = %chain(&error), "a dead task's processes cannot be killed");
    }
    for name in dirs.container_names().unwrap_or_default() {
        let container = dirs.container(&name);
        let record = read_record::<ContainerStatus>(&container.state());
        let Ok(Some(mut status)) = record else {
            continue;
        };
        if status.phase == Phase::Running {
            let at_us = crate::shim::now_us();
            status.phase = Phase::Exited;
            status.pid = None;
            status.exit = Some(Exit {
                code: 137,
                oom_killed: false,
                at_us,
            });
            status.error = Some("the process that watched the container is gone".to_owned());
            let written = write_record(&container.state(), &status);
            let log =
                LogWriter::open(&container.logs(), u64::MAX).and_then(|mut w| w.end_run(at_us));
            if written.is_err() || log.is_err() {
                tracing::warn!(container = %name, "its end cannot be written down");
            }
        }
        board.set(status);
    }
}
