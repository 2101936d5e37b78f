//! One task from its payload to its end: prepares it, carries its plan out, reports, cleans up.
//!
//! The engine's containers outlive the agent; a runner that finds its task in the engine goes on
//! from what the engine says.

mod slot;

use std::sync::Arc;
use std::time::Duration;

use rolecall_acs::DesiredStatus;
use rolecall_engine::{ContainerName, EngineError, TaskHandle};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::health::Found;
use super::plan::{Action, Phase, Plan, PlanContainer, Status, plan};
use super::prepare::{self, Admitted, CannotStart, signal_number};
use super::report::{Reporter, change};
use super::table::TaskEntry;
use super::view::ContainerView;
use crate::aws::chain;
use crate::clock::{now_ms, timestamp};
use crate::control::{ContainerHealth, TaskHealth};
use crate::records::{ImageRecord, TaskRecord};
use crate::shared::Shared;
use slot::Slot;

/// How long log shipping may hold up the report that a task stopped.
const DRAIN_BEFORE_REPORT: Duration = Duration::from_secs(3);
/// How long it may hold up the removal of the task's log while it is refused.
const DRAIN_BEFORE_REMOVAL: Duration = Duration::from_secs(5);
/// How long while it goes on: a task may write faster than its log is taken.
const LONGEST_DRAIN: Duration = Duration::from_secs(300);
/// How often it is looked whether it goes on.
const DRAIN_LOOK: Duration = Duration::from_millis(500);
/// How long an ending process waits for calls under way.
const DRAIN_AT_END: Duration = Duration::from_secs(2);
/// How soon to look again after a shim that ended.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

const SIGKILL: i32 = 9;

/// Runs a task to its end, or until the process ends.
pub(crate) async fn run(shared: Arc<Shared>, entry: Arc<TaskEntry>) {
    let mut runner = Runner {
        reporter: Reporter::new(shared.control.clone()),
        desired: entry.desired.subscribe(),
        record: TaskRecord {
            task: entry.task.clone(),
            ..TaskRecord::default()
        },
        sandbox: None,
        handle: None,
        slots: Vec::new(),
        reported: Status::Pending,
        shared,
        entry,
    };
    if runner.live().await == End::Over {
        let shared = runner.shared.clone();
        tokio::select! {
            () = runner.finish() => {}
            () = shared.ended() => runner.let_go().await,
        }
    } else {
        runner.let_go().await;
    }
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The task is over.
    Over,
    /// The process ends; the task goes on.
    Process,
}

struct Runner {
    shared: Arc<Shared>,
    entry: Arc<TaskEntry>,
    reporter: Reporter,
    desired: watch::Receiver<DesiredStatus>,
    record: TaskRecord,
    /// The engine's task while it is being made: never cut short, so that nothing is left behind.
    sandbox: Option<JoinHandle<Result<TaskHandle, EngineError>>>,
    handle: Option<TaskHandle>,
    slots: Vec<Slot>,
    /// What the control plane was told of the task.
    reported: Status,
}

impl Runner {
    async fn live(&mut self) -> End {
        let (shared, mut desired) = (self.shared.clone(), self.desired.clone());
        let stop = async move {
            // The sender lives in the entry.
            let _ = desired.wait_for(|d| *d == DesiredStatus::Stopped).await;
        };
        let found = self.attach().await;
        let prepared = tokio::select! {
            biased;
            () = shared.ended() => return End::Process,
            () = stop => None,
            prepared = async { found?; self.prepare().await } => Some(prepared),
        };
        // What is to be stopped is not prepared; what runs of it is taken down in order.
        let runs = self
            .handle
            .as_ref()
            .is_some_and(|h| !h.statuses().is_empty());
        let prepared = match prepared {
            Some(prepared) => prepared,
            None if runs => self.take_up(),
            None => return End::Over,
        };
        match prepared {
            Ok(()) => self.carry_out().await,
            Err(failure) => {
                self.fail(&failure);
                End::Over
            }
        }
    }

    /// Looks whether the engine has the task already.
    async fn attach(&mut self) -> Result<(), CannotStart> {
        match self.shared.engine.attach(&self.entry.id).await {
            Ok(handle) => {
                if let Some(record) = self.shared.records.read(self.entry.id.as_str()) {
                    self.record = TaskRecord {
                        task: self.entry.task.clone(),
                        ..record
                    };
                }
                let _ = self.entry.handle.set(handle.clone());
                self.handle = Some(handle);
                Ok(())
            }
            Err(EngineError::NoTask(_)) => Ok(()),
            Err(error) => Err(engine_failure(&error)),
        }
    }

    /// Takes up what runs, without starting anything: the task is to be stopped.
    fn take_up(&mut self) -> Result<(), CannotStart> {
        let admitted = prepare::admit(&self.entry.task, self.region())?;
        self.show_record();
        self.fill_slots(admitted, Vec::new());
        Ok(())
    }

    /// Gets everything ready that the plan's starts need.
    async fn prepare(&mut self) -> Result<(), CannotStart> {
        let (shared, entry) = (self.shared.clone(), self.entry.clone());
        let admitted = prepare::admit(&entry.task, self.region())?;
        if self.handle.is_none() {
            let sandbox = prepare::sandbox(&entry)?;
            self.keep_record();
            let (engine, before) = (shared.engine.clone(), entry.before.get().cloned());
            self.sandbox = Some(tokio::spawn(async move {
                if let Some(before) = before {
                    before.is_gone().await;
                }
                engine.create_task(sandbox).await
            }));
        }
        self.show_record();
        let exists =
            |name: &ContainerName| self.handle.as_ref().is_some_and(|h| h.status(name).is_ok());
        let missing: Vec<_> = entry
            .task
            .containers
            .iter()
            .zip(&admitted)
            .filter(|(_, a)| !exists(&a.name))
            .collect();
        let mut specs = Vec::new();
        if !missing.is_empty() {
            let begun_ms = now_ms();
            let images = prepare::images_and_streams(&shared, &entry, &missing).await?;
            self.record.pull_started_ms.get_or_insert(begun_ms);
            self.record.pull_stopped_ms = Some(now_ms());
            for (container, admitted) in &missing {
                let Some(image) = images.get(&container.image) else {
                    continue;
                };
                let kept = ImageRecord {
                    digest: image.digest.to_string(),
                    manifest_digest: image.manifest_digest.to_string(),
                    stop_signal: image.config.stop_signal.clone(),
                };
                self.record.images.insert(admitted.plan.name.clone(), kept);
            }
            self.keep_record();
            self.show_record();
            self.report_pulled();
            let handle = self.made().await?;
            for (container, _) in &missing {
                let Some(image) = images.get(&container.image) else {
                    continue;
                };
                specs.push(prepare::container_spec(
                    &shared, &entry, &handle, container, image,
                )?);
            }
        }
        self.made().await?;
        self.fill_slots(admitted, specs);
        Ok(())
    }

    fn fill_slots(
        &mut self,
        admitted: Vec<Admitted>,
        mut specs: Vec<rolecall_engine::ContainerSpec>,
    ) {
        let fargate = self.entry.task.launch_type.as_deref() == Some("FARGATE");
        for admitted in admitted {
            let mut slot = Slot::new(admitted, fargate);
            slot.stop_signal = stop_signal(&self.record, &slot.plan.name);
            let own = specs.iter().position(|s| s.name == slot.name);
            slot.spec = own.map(|at| specs.swap_remove(at));
            self.slots.push(slot);
        }
    }

    /// The engine's task, once it is made.
    async fn made(&mut self) -> Result<TaskHandle, CannotStart> {
        if let Some(handle) = &self.handle {
            return Ok(handle.clone());
        }
        let made = match &mut self.sandbox {
            Some(making) => making.await.unwrap_or_else(|e| {
                Err(EngineError::Container(format!(
                    "the task was not made: {e}"
                )))
            }),
            None => Err(EngineError::NoTask(self.entry.id.clone())),
        };
        self.sandbox = None;
        let handle = made.map_err(|e| engine_failure(&e))?;
        let _ = self.entry.handle.set(handle.clone());
        self.handle = Some(handle.clone());
        Ok(handle)
    }

    fn region(&self) -> &str {
        self.entry.region().unwrap_or(&self.shared.config.region)
    }

    fn keep_record(&self) {
        let written = self
            .shared
            .records
            .write(self.entry.id.as_str(), &self.record);
        if let Err(error) = written {
            tracing::warn!(task = self.entry.task.arn, %error, "its record cannot be written");
        }
    }

    /// Shows in the view what the record says.
    fn show_record(&self) {
        let mut view = self.entry.view.lock();
        view.pull_started_ms = self.record.pull_started_ms;
        view.pull_stopped_ms = self.record.pull_stopped_ms;
        for container in &mut view.containers {
            if let Some(image) = self.record.images.get(&container.name) {
                container.image_digest.clone_from(&image.digest);
            }
        }
    }

    fn report_pulled(&self) {
        let view = self.entry.view.lock();
        let all = view.containers.iter();
        self.submit(&view, Status::Pending, all);
    }

    fn submit<'a>(
        &self,
        view: &super::view::TaskView,
        status: Status,
        containers: impl Iterator<Item = &'a ContainerView>,
    ) {
        let cluster = match self.entry.task.task_cluster_arn.as_str() {
            "" => self.shared.config.cluster.as_str(),
            arn => arn,
        };
        self.reporter
            .submit(change(cluster, &self.entry.task, view, status, containers));
    }

    /// Carries the plan out until nothing of it is left.
    async fn carry_out(&mut self) -> End {
        let Some(handle) = self.handle.clone() else {
            return End::Over;
        };
        let mut events = handle.events();
        let mut shim_gone = false;
        let mut starts: JoinSet<(usize, Result<(), EngineError>)> = JoinSet::new();
        let (found, mut health) = mpsc::channel(16);
        let shared = self.shared.clone();
        loop {
            self.sync(&handle, &found);
            let plan = self.plan();
            let again = self.act(&handle, &plan, &mut starts).await;
            self.show(&plan);
            self.report(&plan);
            if again {
                continue;
            }
            if plan.status == Status::Stopped && starts.is_empty() {
                return End::Over;
            }
            let wake = plan
                .wake_at_ms
                .map(|at| at.saturating_sub(now_ms()).max(0).unsigned_abs());
            let wake = wake.map(Duration::from_millis);
            let wake = if shim_gone {
                Some(wake.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN))
            } else {
                wake
            };
            tokio::select! {
                event = events.next(), if !shim_gone => shim_gone = event.is_none(),
                Some(started) = starts.join_next(), if !starts.is_empty() => {
                    match started {
                        Ok((slot, result)) => self.started(&handle, slot, result),
                        Err(error) => tracing::error!(%error, "a start was lost"),
                    }
                }
                Some(found) = health.recv() => self.take_health(&found),
                _ = self.desired.changed() => {}
                () = tokio::time::sleep(wake.unwrap_or_default()), if wake.is_some() => {}
                () = shared.ended() => return End::Process,
            }
        }
    }

    fn plan(&self) -> Plan {
        let containers: Vec<PlanContainer> = self.slots.iter().map(|s| s.plan.clone()).collect();
        plan(*self.desired.borrow(), &containers, now_ms())
    }

    /// Brings the slots to what the engine says.
    fn sync(&mut self, handle: &TaskHandle, found: &mpsc::Sender<Found>) {
        for slot in &mut self.slots {
            slot.sync(handle, found);
            if slot.plan.phase == Phase::Running || slot.has_run() {
                slot.ship(&self.shared, &self.entry, handle);
            }
        }
    }

    /// Does what the plan says. True: look again at once.
    async fn act(
        &mut self,
        handle: &TaskHandle,
        plan: &Plan,
        starts: &mut JoinSet<(usize, Result<(), EngineError>)>,
    ) -> bool {
        let mut again = false;
        for action in &plan.actions {
            let (Action::Start(name)
            | Action::Signal(name)
            | Action::Kill(name)
            | Action::GiveUp {
                container: name, ..
            }) = action;
            let Some(at) = self.slots.iter().position(|s| s.plan.name == *name) else {
                continue;
            };
            let Some(slot) = self.slots.get_mut(at) else {
                continue;
            };
            match action {
                Action::Start(_) => slot.start(at, handle, starts),
                Action::GiveUp { reason, .. } => {
                    slot.give_up(reason.clone());
                    again = true;
                }
                Action::Signal(_) => {
                    slot.plan.signalled_at_ms = Some(now_ms());
                    if let Err(error) = handle.kill(&slot.name, slot.stop_signal).await {
                        tracing::warn!(container = name, error = %chain(&error), "not signalled");
                    }
                }
                Action::Kill(_) => {
                    slot.plan.killed = true;
                    if let Err(error) = handle.kill(&slot.name, SIGKILL).await {
                        tracing::warn!(container = name, error = %chain(&error), "not killed");
                    }
                }
            }
        }
        again
    }

    fn started(&mut self, handle: &TaskHandle, at: usize, result: Result<(), EngineError>) {
        if let Some(slot) = self.slots.get_mut(at) {
            slot.started(handle, result);
        }
    }

    fn take_health(&mut self, found: &Found) {
        let Some(slot) = self
            .slots
            .iter_mut()
            .find(|s| s.plan.name == found.container && s.run == found.run)
        else {
            return;
        };
        slot.plan.health = found.health;
        slot.health_since_ms = now_ms();
        tracing::info!(
            container = found.container,
            health = found.health.as_str(),
            "health"
        );
        let checked = self.slots.iter().filter(|s| s.check.is_some());
        let health = TaskHealth {
            task_arn: self.entry.task.arn.clone(),
            family: self.entry.task.family.clone(),
            version: self.entry.task.version.clone(),
            containers: checked
                .map(|s| ContainerHealth {
                    container_name: s.plan.name.clone(),
                    health_status: s.plan.health.as_str(),
                    status_since: timestamp(s.health_since_ms),
                })
                .collect(),
        };
        let control = self.shared.control.clone();
        tokio::spawn(async move {
            if let Err(error) = control.publish_health(health).await {
                tracing::debug!(error = %chain(&error), "health was not taken");
            }
        });
    }

    /// Shows the slots in the view.
    fn show(&mut self, plan: &Plan) {
        let mut view = self.entry.view.lock();
        let mut stopped_ms = view.execution_stopped_ms;
        for (container, slot) in view.containers.iter_mut().zip(&self.slots) {
            slot.show(container, plan.stopping);
            if slot.plan.essential && container.status == Status::Stopped {
                let at_ms = container.finished_ms.unwrap_or_else(now_ms);
                stopped_ms = Some(stopped_ms.map_or(at_ms, |s| s.min(at_ms)));
            }
        }
        view.execution_stopped_ms = stopped_ms;
        if view.known < plan.status {
            view.known = plan.status;
        }
        drop(view);
        for slot in &self.slots {
            if slot.plan.over() || plan.status == Status::Stopped {
                slot.drain();
            }
        }
    }

    /// Reports what is new, but for the end of the task.
    fn report(&mut self, plan: &Plan) {
        let view = self.entry.view.lock();
        let mut started = Vec::new();
        let mut stopped = Vec::new();
        for (container, slot) in view.containers.iter().zip(&mut self.slots) {
            if container.has_run && slot.reported == Status::Pending {
                slot.reported = Status::Running;
                let running = ContainerView {
                    status: Status::Running,
                    exit_code: None,
                    reason: String::new(),
                    ..container.clone()
                };
                started.push(running);
            }
            if container.status == Status::Stopped
                && slot.reported != Status::Stopped
                && plan.status != Status::Stopped
            {
                slot.reported = Status::Stopped;
                stopped.push(container.clone());
            }
        }
        let ran = self.slots.iter().all(Slot::has_run) && !self.slots.is_empty();
        let first = self.reported == Status::Pending && (plan.status == Status::Running || ran);
        if first {
            self.reported = Status::Running;
        }
        if first || !started.is_empty() {
            self.submit(&view, self.reported, started.iter());
        }
        if !stopped.is_empty() {
            self.submit(&view, self.reported, stopped.iter());
        }
    }

    /// The task cannot start.
    fn fail(&self, failure: &CannotStart) {
        tracing::warn!(
            task = self.entry.task.arn,
            reason = failure.reason,
            "it cannot start"
        );
        let mut view = self.entry.view.lock();
        view.reason.clone_from(&failure.reason);
        for container in &mut view.containers {
            if failure.container.as_deref() == Some(container.name.as_str()) {
                container.reason.clone_from(&failure.reason);
            }
        }
    }

    /// Reports that the task stopped, and takes it off this machine.
    async fn finish(&mut self) {
        for slot in &self.slots {
            slot.drain();
        }
        let shipped = self.shipped(|s| !s.is_refused());
        let _ = tokio::time::timeout(DRAIN_BEFORE_REPORT, shipped).await;
        {
            let mut view = self.entry.view.lock();
            view.known = Status::Stopped;
            view.execution_stopped_ms.get_or_insert_with(now_ms);
            for container in &mut view.containers {
                container.status = Status::Stopped;
            }
            self.submit(&view, Status::Stopped, view.containers.iter());
        }
        self.reporter.flush().await;
        self.drained().await;
        self.remove().await;
    }

    /// Returns when all output is shipped, or what is left of it is refused for long enough.
    async fn drained(&self) {
        let began = tokio::time::Instant::now();
        loop {
            let all = self.shipped(|_| true);
            if tokio::time::timeout(DRAIN_LOOK, all).await.is_ok() {
                return;
            }
            let goes_on = self
                .slots
                .iter()
                .any(|s| s.is_shipping() && !s.is_refused());
            let limit = if goes_on {
                LONGEST_DRAIN
            } else {
                DRAIN_BEFORE_REMOVAL
            };
            if began.elapsed() >= limit {
                tracing::warn!(
                    task = self.entry.task.arn,
                    "its last output was not shipped"
                );
                return;
            }
        }
    }

    /// Returns when the output of some containers is shipped.
    async fn shipped(&self, which: impl Fn(&&Slot) -> bool) {
        for slot in self.slots.iter().filter(|s| which(s)) {
            if let Some(shipper) = &slot.shipper {
                shipper.ended().await;
            }
        }
    }

    async fn remove(&mut self) {
        self.slots.clear();
        let arn = self.entry.task.arn.clone();
        if (self.handle.is_some() || self.sandbox.is_some())
            && let Ok(handle) = self.made().await
            && let Err(error) = handle.delete().await
        {
            tracing::warn!(task = arn, error = %chain(&error), "it is not wholly removed");
        }
        self.shared.records.remove(self.entry.id.as_str());
        self.shared.credentials.forget(&arn);
        self.shared.puller.forget(&arn);
        self.shared.tasks.end(&self.entry);
        tracing::debug!(task = arn, "removed");
    }

    /// The process ends: lets calls under way end, and leaves the task as it is.
    async fn let_go(&mut self) {
        for slot in &self.slots {
            if let Some(shipper) = &slot.shipper {
                shipper.stop();
            }
        }
        let _ = tokio::time::timeout(DRAIN_AT_END, self.shipped(|_| true)).await;
        if let Some(making) = self.sandbox.take() {
            let _ = tokio::time::timeout(DRAIN_AT_END, making).await;
        }
    }
}

fn stop_signal(record: &TaskRecord, container: &str) -> i32 {
    record
        .images
        .get(container)
        .map_or_else(|| signal_number(""), |i| signal_number(&i.stop_signal))
}

fn engine_failure(error: &EngineError) -> CannotStart {
    CannotStart {
        reason: format!(
            "ResourceInitializationError: failed to create new container runtime task: {}",
            chain(error)
        ),
        container: None,
    }
}
