//! How a task changes: the state machine, on the document alone.
//!
//! A status never goes back, a stopped task never changes, and every change counts one up in
//! `version`. Each method says whether anything changed.
//!
//! Source: Amazon ECS Developer Guide, "Task lifecycle", "Stopped tasks error codes"; the
//! container agent's reports.

use std::net::Ipv4Addr;

use rolecall_api::ecs as api;
use rolecall_base::Timestamp;
use rolecall_op::Stored;

use crate::documents::{DesiredStatus, Task, TaskContainer, TaskEni, TaskStatus};

/// Why a task is to be stopped: `stopCode` and `stoppedReason`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopCause {
    /// The code, such as `UserInitiated`.
    pub code: &'static str,
    /// The reason in words.
    pub reason: String,
}

impl StopCause {
    /// Somebody called `StopTask`.
    pub fn user(reason: Option<&str>) -> Self {
        let reason = reason.unwrap_or("Task stopped by user").to_owned();
        Self {
            code: "UserInitiated",
            reason,
        }
    }

    /// The task never ran.
    pub fn failed_to_start(reason: impl Into<String>) -> Self {
        Self {
            code: "TaskFailedToStart",
            reason: reason.into(),
        }
    }

    /// The host is gone, and the task with it.
    pub fn host_lost(reason: impl Into<String>) -> Self {
        Self {
            code: "TerminationNotice",
            reason: reason.into(),
        }
    }

    /// An essential container stopped.
    pub fn essential_container_exited() -> Self {
        Self {
            code: "EssentialContainerExited",
            reason: "Essential container in task exited".to_owned(),
        }
    }
}

/// What an agent reports of a task.
#[derive(Clone, Debug, Default)]
pub struct StateChange {
    /// The task's status; absent if only containers are reported.
    pub status: Option<TaskStatus>,
    /// The agent's reason; empty if it has none of its own.
    pub reason: String,
    /// What happened to containers, in order; one may be there several times.
    pub containers: Vec<api::ContainerStateChange>,
    /// When the first image pull began.
    pub pull_started: Option<Timestamp>,
    /// When the last image pull ended.
    pub pull_stopped: Option<Timestamp>,
    /// When the containers had stopped.
    pub execution_stopped: Option<Timestamp>,
}

impl From<&api::SubmitTaskStateChangeRequest> for StateChange {
    fn from(request: &api::SubmitTaskStateChangeRequest) -> Self {
        Self {
            status: request.status.as_deref().and_then(TaskStatus::parse),
            reason: request.reason.clone().unwrap_or_default(),
            containers: request.containers.clone().unwrap_or_default(),
            pull_started: request.pull_started_at,
            pull_stopped: request.pull_stopped_at,
            execution_stopped: request.execution_stopped_at,
        }
    }
}

impl Task {
    /// Runs `change`; if it changed anything, the version counts up.
    fn changing(&mut self, change: impl FnOnce(&mut Self)) -> bool {
        if self.is_stopped() {
            return false;
        }
        let before = self.clone();
        change(self);
        let changed = *self != before;
        self.version += i64::from(changed);
        changed
    }

    fn advance(&mut self, to: TaskStatus) {
        self.last_status = self.last_status.max(to);
    }

    /// Its network interface has this address.
    pub(crate) fn address_assigned(&mut self, address: Ipv4Addr) -> bool {
        self.changing(|task| {
            if let Some(eni) = &mut task.eni
                && eni.address.is_none()
            {
                eni.address = Some(address);
                eni.status = "ATTACHED".to_owned();
            }
        })
    }

    /// Its payload went to an agent.
    pub(crate) fn payload_sent(&mut self, now: Timestamp) -> bool {
        self.changing(|task| {
            task.sent.get_or_insert(now);
            task.advance(TaskStatus::Pending);
        })
    }

    /// It is to be stopped; the first cause stays.
    pub(crate) fn mark_for_stop(&mut self, cause: &StopCause) -> bool {
        self.changing(|task| task.want_stopped(cause))
    }

    fn want_stopped(&mut self, cause: &StopCause) {
        if self.desired_status == DesiredStatus::Running {
            self.desired_status = DesiredStatus::Stopped;
            self.stop_code = Some(cause.code.to_owned());
            self.stopped_reason = Some(cause.reason.clone());
        }
    }

    /// Its agent was told to stop it.
    pub(crate) fn stop_sent(&mut self, now: Timestamp) -> bool {
        self.changing(|task| {
            if task.desired_status == DesiredStatus::Stopped {
                task.stop_sent.get_or_insert(now);
                task.stopping.get_or_insert(now);
                task.advance(TaskStatus::Stopping);
            }
        })
    }

    /// It is over without its agent: it was never sent to one, or the agent is gone.
    pub(crate) fn ended(&mut self, cause: &StopCause, now: Timestamp) -> bool {
        self.changing(|task| {
            task.want_stopped(cause);
            task.containers_over(now);
        })
    }

    /// Its network interface is gone.
    pub(crate) fn released(&mut self, now: Timestamp) -> bool {
        self.changing(|task| {
            if task.last_status == TaskStatus::Deprovisioning {
                if let Some(eni) = &mut task.eni {
                    eni.status = "DELETED".to_owned();
                }
                task.last_status = TaskStatus::Stopped;
                task.stopped = Some(now);
            }
        })
    }

    /// Its agent reported.
    pub(crate) fn reported(&mut self, change: &StateChange, now: Timestamp) -> bool {
        if self.last_status >= TaskStatus::Deprovisioning {
            return false;
        }
        self.changing(|task| {
            task.connected.get_or_insert(now);
            for (member, reported) in [
                (&mut task.pull_started, change.pull_started),
                (&mut task.pull_stopped, change.pull_stopped),
                (&mut task.execution_stopped, change.execution_stopped),
            ] {
                *member = reported.or(*member);
            }
            for report in &change.containers {
                let name = report.container_name.as_deref();
                let found = task
                    .containers
                    .iter_mut()
                    .find(|c| Some(c.name.as_str()) == name);
                if let Some(container) = found {
                    container.reported(report);
                }
            }
            match change.status {
                Some(TaskStatus::Running) if task.last_status < TaskStatus::Running => {
                    task.last_status = TaskStatus::Running;
                    task.started = Some(now);
                }
                Some(TaskStatus::Pending) => task.advance(TaskStatus::Pending),
                Some(TaskStatus::Stopped) => {
                    task.want_stopped(&task.cause_of_end(&change.reason));
                    task.containers_over(now);
                }
                _ => {}
            }
        })
    }

    /// The health of one of its containers.
    pub(crate) fn health_reported(&mut self, container: &str, status: &str) -> bool {
        self.changing(|task| {
            let found = task.containers.iter_mut().find(|c| c.name == container);
            if let Some(container) = found.filter(|c| c.health_check) {
                container.health_status = status.to_owned();
            }
        })
    }

    /// Its containers are over; what is left is to take its network interface away.
    fn containers_over(&mut self, now: Timestamp) {
        for container in &mut self.containers {
            container.last_status = TaskStatus::Stopped;
            container.health_status = "UNKNOWN".to_owned();
        }
        self.stopping.get_or_insert(now);
        self.execution_stopped.get_or_insert(now);
        if self.eni.as_ref().and_then(TaskEni::held_address).is_some() {
            self.last_status = TaskStatus::Deprovisioning;
        } else {
            self.last_status = TaskStatus::Stopped;
            self.stopped = Some(now);
        }
    }

    /// Why a task ended that nobody asked to stop. Agents leave the reason to the control plane,
    /// except when they could not start the task at all.
    fn cause_of_end(&self, agent_reason: &str) -> StopCause {
        let ran = self.started.is_some() || self.containers.iter().any(|c| c.exit_code.is_some());
        if !ran && !agent_reason.is_empty() {
            return StopCause::failed_to_start(agent_reason);
        }
        let reasons = || self.containers.iter().filter_map(|c| c.reason.as_deref());
        if self.started.is_none() {
            let pull = reasons().find(|r| {
                r.starts_with("CannotPull") || r.starts_with("ResourceInitializationError")
            });
            if let Some(reason) = pull {
                return StopCause::failed_to_start(reason);
            }
            if !ran || reasons().any(|r| r.starts_with("Cannot")) {
                return StopCause::failed_to_start("Task failed to start");
            }
        }
        StopCause::essential_container_exited()
    }
}

impl TaskContainer {
    /// Takes what a report says; a status never goes back.
    fn reported(&mut self, report: &api::ContainerStateChange) {
        let take = |member: &mut Option<String>, reported: &Option<String>| {
            if let Some(reported) = reported.as_deref().filter(|r| !r.is_empty()) {
                *member = Some(reported.to_owned());
            }
        };
        take(&mut self.image_digest, &report.image_digest);
        take(&mut self.runtime_id, &report.runtime_id);
        take(&mut self.reason, &report.reason);
        self.exit_code = report.exit_code.or(self.exit_code);
        if let Some(bindings) = report.network_bindings.as_ref().filter(|b| !b.is_empty()) {
            self.network_bindings = bindings.iter().cloned().map(Stored).collect();
        }
        let reported = report.status.as_deref().and_then(TaskStatus::parse);
        if let Some(status @ (TaskStatus::Pending | TaskStatus::Running | TaskStatus::Stopped)) =
            reported
        {
            self.last_status = self.last_status.max(status);
        }
    }
}

#[cfg(test)]
mod tests;
