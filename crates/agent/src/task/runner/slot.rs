//! A container in its runner's hand: what the plan knows of it, and what serves it.

use std::sync::Arc;
use std::time::Duration;

use rolecall_engine::Phase as EnginePhase;
use rolecall_engine::{
    ContainerName, ContainerSpec, ContainerStatus, EngineError, OOM_REASON, TaskHandle,
};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use crate::aws::chain;
use crate::clock::now_ms;
use crate::logs::{LogSource, LogTarget, Shipper};
use crate::shared::Shared;
use crate::task::health::{Check, Found};
use crate::task::plan::{Health, Phase, PlanContainer, Status};
use crate::task::prepare::Admitted;
use crate::task::table::TaskEntry;
use crate::task::view::ContainerView;

/// How long the engine may take to start a container; AWS's agent waits as long
/// (`ECS_CONTAINER_START_TIMEOUT`).
const START_TIMEOUT: Duration = Duration::from_secs(180);

/// One container.
pub(super) struct Slot {
    pub(super) name: ContainerName,
    pub(super) plan: PlanContainer,
    /// What to make; none when the engine has it already.
    pub(super) spec: Option<ContainerSpec>,
    pub(super) check: Option<Check>,
    pub(super) target: Option<LogTarget>,
    pub(super) stop_signal: i32,
    /// Which of its runs, 1 for the first; 0 before.
    pub(super) run: u32,
    pub(super) health_since_ms: i64,
    pub(super) shipper: Option<Shipper>,
    /// What the control plane was told of it.
    pub(super) reported: Status,
    fargate: bool,
    /// The engine answered the start that is under way.
    start_answered: bool,
    created_ms: Option<i64>,
    exit_code: Option<i32>,
    reason: String,
    checker: Option<Checker>,
}

/// A health check that ends with its container's run.
struct Checker(AbortHandle);

impl Drop for Checker {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Slot {
    pub(super) fn new(admitted: Admitted, fargate: bool) -> Self {
        Self {
            name: admitted.name,
            plan: admitted.plan,
            spec: None,
            check: admitted.check,
            target: admitted.target,
            stop_signal: 15,
            run: 0,
            health_since_ms: now_ms(),
            shipper: None,
            reported: Status::Pending,
            fargate,
            start_answered: false,
            created_ms: None,
            exit_code: None,
            reason: String::new(),
            checker: None,
        }
    }

    /// Whether its program ever ran.
    pub(super) fn has_run(&self) -> bool {
        self.plan.started_at_ms.is_some()
    }

    /// Takes what the engine says, unless a start is under way.
    pub(super) fn sync(&mut self, handle: &TaskHandle, found: &mpsc::Sender<Found>) {
        if self.plan.phase == Phase::NeverStarted {
            return;
        }
        let Ok(status) = handle.status(&self.name) else {
            return;
        };
        if self.plan.phase == Phase::Starting && (!self.start_answered || status.run <= self.run) {
            return;
        }
        match status.phase {
            EnginePhase::Created => {}
            EnginePhase::Running => self.running(&status, handle, found),
            EnginePhase::Exited => self.exited(&status),
        }
    }

    fn begin_run(&mut self, status: &ContainerStatus) {
        if self.run == status.run && self.has_run() {
            return;
        }
        self.run = status.run;
        self.plan.started_at_ms = status.started_at_us.map(|us| us.div_euclid(1000));
        self.created_ms = self.created_ms.or(self.plan.started_at_ms);
        self.plan.signalled_at_ms = None;
        self.plan.killed = false;
        self.plan.health = Health::Unknown;
        self.health_since_ms = now_ms();
        self.exit_code = None;
        self.reason.clear();
        self.checker = None;
    }

    fn running(
        &mut self,
        status: &ContainerStatus,
        handle: &TaskHandle,
        found: &mpsc::Sender<Found>,
    ) {
        self.begin_run(status);
        self.plan.phase = Phase::Running;
        if let (Some(check), None) = (&self.check, &self.checker) {
            let watch =
                check
                    .clone()
                    .watch(handle.clone(), self.name.clone(), status.run, found.clone());
            self.checker = Some(Checker(tokio::spawn(watch).abort_handle()));
        }
    }

    fn exited(&mut self, status: &ContainerStatus) {
        self.checker = None;
        if status.started_at_us.is_none() {
            let error = status.error.clone().unwrap_or_default();
            self.give_up(self.cannot_start(&error));
            return;
        }
        self.begin_run(status);
        let (code, at_ms, oom) = status.exit.map_or((137, now_ms(), false), |e| {
            (e.code, e.at_us.div_euclid(1000), e.oom_killed)
        });
        self.exit_code = Some(code);
        self.reason = match (oom, &status.error) {
            (true, _) => OOM_REASON.to_owned(),
            (false, error) => error.clone().unwrap_or_default(),
        };
        self.plan.phase = Phase::Exited { code, at_ms };
    }

    /// It will not start.
    pub(super) fn give_up(&mut self, reason: String) {
        self.plan.phase = Phase::NeverStarted;
        self.reason = reason;
    }

    /// Makes it if it is not there, and starts it.
    pub(super) fn start(
        &mut self,
        at: usize,
        handle: &TaskHandle,
        starts: &mut JoinSet<(usize, Result<(), EngineError>)>,
    ) {
        self.plan.phase = Phase::Starting;
        self.start_answered = false;
        self.checker = None;
        self.created_ms = self.created_ms.or_else(|| Some(now_ms()));
        let (handle, name, spec) = (handle.clone(), self.name.clone(), self.spec.take());
        starts.spawn(async move {
            let start = async {
                if let Some(spec) = spec {
                    handle.create_container(spec).await?;
                }
                handle.start(&name).await
            };
            let late = || {
                let what = format!("timed out after {} s", START_TIMEOUT.as_secs());
                Err(EngineError::Container(what))
            };
            let started = tokio::time::timeout(START_TIMEOUT, start).await;
            (at, started.unwrap_or_else(|_| late()))
        });
    }

    /// Takes the result of a start. What a successful one led to, the next sync finds.
    pub(super) fn started(&mut self, handle: &TaskHandle, result: Result<(), EngineError>) {
        match result {
            Ok(()) if handle.status(&self.name).is_ok() => self.start_answered = true,
            Ok(()) => self.give_up(self.cannot_start("the container is gone")),
            Err(error) => self.give_up(self.cannot_start(&chain(&error))),
        }
    }

    /// The words of Fargate, or of the agent on EC2 with Docker.
    fn cannot_start(&self, error: &str) -> String {
        let head = if self.fargate {
            "ResourceInitializationError: failed to create new container runtime task"
        } else {
            "Error response from daemon"
        };
        format!(
            "CannotStartContainerError: {head}: failed to create shim task: OCI runtime create \
             failed: {error}"
        )
    }

    /// Ships its output from where an earlier process left off.
    pub(super) fn ship(&mut self, shared: &Arc<Shared>, entry: &TaskEntry, handle: &TaskHandle) {
        let (Some(target), None) = (&self.target, &self.shipper) else {
            return;
        };
        let shipped = shared.records.shipped(entry.id.as_str(), &self.plan.name);
        let reader = match handle.log_reader(&self.name, shipped.offset) {
            Ok(reader) => reader,
            Err(error) => {
                tracing::warn!(container = %self.name, error = %chain(&error), "no log to ship");
                return;
            }
        };
        let source = LogSource {
            task_arn: entry.task.arn.clone(),
            task_id: entry.id.to_string(),
            container: self.plan.name.clone(),
            target: target.clone(),
            token: shipped.token,
        };
        self.shipper = Some(Shipper::start(shared.clone(), source, reader));
    }

    /// It will write no more.
    pub(super) fn drain(&self) {
        if let Some(shipper) = &self.shipper {
            shipper.drain();
        }
    }

    /// Whether some of its output is not shipped yet.
    pub(super) fn is_shipping(&self) -> bool {
        self.shipper.as_ref().is_some_and(|s| !s.has_ended())
    }

    /// Whether its output was refused at the last call.
    pub(super) fn is_refused(&self) -> bool {
        self.shipper.as_ref().is_some_and(Shipper::failing)
    }

    /// Shows it in the view.
    pub(super) fn show(&self, view: &mut ContainerView, stopping: bool) {
        let ended = self.plan.over()
            || (stopping && matches!(self.plan.phase, Phase::Exited { .. } | Phase::Waiting));
        view.status = if ended {
            Status::Stopped
        } else if self.has_run() {
            Status::Running
        } else {
            Status::Pending
        };
        view.has_run = self.has_run();
        view.exit_code = self.exit_code.filter(|_| ended);
        view.reason = if ended {
            self.reason.clone()
        } else {
            String::new()
        };
        view.created_ms = self.created_ms;
        view.started_ms = self.plan.started_at_ms;
        view.finished_ms = match self.plan.phase {
            Phase::Exited { at_ms, .. } => Some(at_ms),
            _ => None,
        };
        view.health = self
            .check
            .as_ref()
            .map(|_| (self.plan.health, self.health_since_ms));
        view.restart_count = self.run.saturating_sub(1);
    }
}
