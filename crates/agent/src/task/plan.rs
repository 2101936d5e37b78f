//! What to do next with a task's containers. Pure: states and time in, actions out.
//!
//! Rules: Amazon ECS Developer Guide, "Task definition parameters" (`essential`, `dependsOn`,
//! `startTimeout`, `stopTimeout`, `restartPolicy`).

use std::collections::BTreeMap;

use rolecall_acs::DesiredStatus;

/// When a container counts as ready for those that depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It was started.
    Start,
    /// It ended.
    Complete,
    /// It ended with exit code 0.
    Success,
    /// Its health check passes.
    Healthy,
}

impl Condition {
    /// Reads the payload's word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "CREATE" | "START" => Some(Self::Start),
            "COMPLETE" => Some(Self::Complete),
            "SUCCESS" => Some(Self::Success),
            "HEALTHY" => Some(Self::Healthy),
            _ => None,
        }
    }
}

/// What a health check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Health {
    /// Not checked, or not yet.
    #[default]
    Unknown,
    /// The last check passed.
    Healthy,
    /// As many checks in a row as `retries` failed.
    Unhealthy,
}

impl Health {
    /// As the API writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
        }
    }
}

/// When a container is started again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RestartRule {
    /// Exit codes after which it is not.
    pub(crate) ignored_exit_codes: Vec<i64>,
    /// How long it must have run.
    pub(crate) attempt_period_ms: i64,
}

/// Where a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It was not started yet.
    Waiting,
    /// It is being started.
    Starting,
    /// Its program runs.
    Running,
    /// Its program ended.
    Exited {
        /// The exit code.
        code: i32,
        /// When, milliseconds since 1970.
        at_ms: i64,
    },
    /// It could not be started, or will not be.
    NeverStarted,
}

/// A container as the plan sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlanContainer {
    pub(crate) name: String,
    pub(crate) essential: bool,
    pub(crate) depends_on: Vec<(String, Condition)>,
    /// How long it may take to become what others wait for, from its start on.
    pub(crate) start_timeout_ms: Option<i64>,
    /// From the stop signal to SIGKILL.
    pub(crate) stop_timeout_ms: i64,
    pub(crate) restart: Option<RestartRule>,
    pub(crate) phase: Phase,
    /// When its current or last run began, milliseconds since 1970.
    pub(crate) started_at_ms: Option<i64>,
    pub(crate) health: Health,
    /// When the stop signal was sent in this run.
    pub(crate) signalled_at_ms: Option<i64>,
    /// Whether SIGKILL was sent in this run.
    pub(crate) killed: bool,
}

impl PlanContainer {
    fn restart_due(&self) -> bool {
        let (Phase::Exited { code, at_ms }, Some(rule)) = (self.phase, &self.restart) else {
            return false;
        };
        let ran_ms = at_ms.saturating_sub(self.started_at_ms.unwrap_or(at_ms));
        !rule.ignored_exit_codes.contains(&i64::from(code)) && ran_ms >= rule.attempt_period_ms
    }

    /// It ended for good.
    pub(crate) fn over(&self) -> bool {
        match self.phase {
            Phase::NeverStarted => true,
            Phase::Exited { .. } => !self.restart_due(),
            Phase::Waiting | Phase::Starting | Phase::Running => false,
        }
    }

    fn alive(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Running)
    }

    fn begun(&self) -> bool {
        matches!(
            self.phase,
            Phase::Running | Phase::Exited { .. } | Phase::NeverStarted
        ) || self.started_at_ms.is_some()
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Start it, for the first time or again.
    Start(String),
    /// It cannot start any more.
    GiveUp {
        /// The container.
        container: String,
        /// Why, in ECS's words.
        reason: String,
    },
    /// Send its stop signal.
    Signal(String),
    /// Send SIGKILL.
    Kill(String),
}

/// Where a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Not all containers have been started.
    Pending,
    /// All containers have been started.
    Running,
    /// Nothing runs any more, and nothing will.
    Stopped,
}

impl Status {
    /// As the API writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
        }
    }
}

/// What to do now, and when to look again if nothing happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) actions: Vec<Action>,
    pub(crate) wake_at_ms: Option<i64>,
    pub(crate) status: Status,
    /// The task is on its way down.
    pub(crate) stopping: bool,
}

/// Decides.
pub(crate) fn plan(desired: DesiredStatus, containers: &[PlanContainer], now_ms: i64) -> Plan {
    let stopping = desired == DesiredStatus::Stopped
        || containers.iter().any(|c| c.essential && c.over())
        || containers.iter().all(PlanContainer::over);
    let mut plan = Plan {
        actions: Vec::new(),
        wake_at_ms: None,
        status: Status::Pending,
        stopping,
    };
    if stopping {
        stop(&mut plan, containers, now_ms);
    } else {
        start(&mut plan, containers, now_ms);
    }
    plan.status = if stopping && !containers.iter().any(PlanContainer::alive) {
        Status::Stopped
    } else if containers.iter().all(PlanContainer::begun) {
        Status::Running
    } else {
        Status::Pending
    };
    plan
}

impl Plan {
    fn wake(&mut self, at_ms: i64) {
        self.wake_at_ms = Some(self.wake_at_ms.map_or(at_ms, |w| w.min(at_ms)));
    }
}

fn start(plan: &mut Plan, containers: &[PlanContainer], now_ms: i64) {
    let by_name: BTreeMap<&str, &PlanContainer> =
        containers.iter().map(|c| (c.name.as_str(), c)).collect();
    for container in containers {
        if container.restart_due() {
            plan.actions.push(Action::Start(container.name.clone()));
        }
        if container.phase != Phase::Waiting {
            continue;
        }
        let mut ready = true;
        for (name, condition) in &container.depends_on {
            let found = by_name.get(name.as_str());
            match found.map_or(Met::Never("does not exist"), |d| met(d, *condition, now_ms)) {
                Met::Yes => {}
                Met::NotYet(wake) => {
                    ready = false;
                    wake.into_iter().for_each(|at| plan.wake(at));
                }
                Met::Never(why) => {
                    ready = false;
                    plan.actions.push(Action::GiveUp {
                        container: container.name.clone(),
                        reason: cannot_resolve(name, &container.name, why),
                    });
                    break;
                }
            }
        }
        if ready {
            plan.actions.push(Action::Start(container.name.clone()));
        }
    }
}

/// The words of the Amazon ECS container agent.
fn cannot_resolve(dependency: &str, target: &str, why: &str) -> String {
    let failed = if why == NOT_SUCCESSFUL {
        "failed to resolve "
    } else {
        ""
    };
    format!(
        "CannotStartContainerError: dependency graph: {failed}container ordering dependency \
         [{dependency}] for target [{target}] {why}."
    )
}

const NOT_SUCCESSFUL: &str = "as dependency did not exit successfully";

enum Met {
    Yes,
    NotYet(Option<i64>),
    Never(&'static str),
}

fn met(dependency: &PlanContainer, condition: Condition, now_ms: i64) -> Met {
    if dependency.phase == Phase::NeverStarted {
        return Met::Never("cannot be met, as dependency did not start");
    }
    let exit = match dependency.phase {
        Phase::Exited { code, .. } if dependency.over() => Some(code),
        _ => None,
    };
    let ok = match condition {
        Condition::Start => dependency.started_at_ms.is_some(),
        Condition::Complete => exit.is_some(),
        Condition::Success => match exit {
            Some(0) => true,
            Some(_) => return Met::Never(NOT_SUCCESSFUL),
            None => false,
        },
        Condition::Healthy if exit.is_some() => {
            return Met::Never("cannot be met, as dependency has stopped");
        }
        Condition::Healthy => {
            dependency.phase == Phase::Running && dependency.health == Health::Healthy
        }
    };
    if ok {
        return Met::Yes;
    }
    let started = dependency
        .started_at_ms
        .filter(|_| condition != Condition::Start);
    match started.zip(dependency.start_timeout_ms) {
        Some((at, limit)) if now_ms >= at.saturating_add(limit) => Met::Never("has timed out"),
        Some((at, limit)) => Met::NotYet(Some(at.saturating_add(limit))),
        None => Met::NotYet(None),
    }
}

fn stop(plan: &mut Plan, containers: &[PlanContainer], now_ms: i64) {
    let needed = |name: &str| {
        let waits = |c: &PlanContainer| c.depends_on.iter().any(|(d, _)| d == name);
        containers
            .iter()
            .any(|c| c.alive() && c.name != name && waits(c))
    };
    let running = || containers.iter().filter(|c| c.phase == Phase::Running);
    // Cycles are refused before; were there one, nobody would be first.
    let stuck = running().all(|c| needed(&c.name) && c.signalled_at_ms.is_none())
        && !containers.iter().any(|c| c.phase == Phase::Starting);
    for container in running() {
        let kill_at = |at: i64| at.saturating_add(container.stop_timeout_ms);
        match container.signalled_at_ms {
            None if needed(&container.name) && !stuck => {}
            None => {
                plan.actions.push(Action::Signal(container.name.clone()));
                plan.wake(kill_at(now_ms));
            }
            Some(_) if container.killed => {}
            Some(at) if now_ms >= kill_at(at) => {
                plan.actions.push(Action::Kill(container.name.clone()));
            }
            Some(at) => plan.wake(kill_at(at)),
        }
    }
}

/// Whether the dependencies lead back to where they began.
pub(crate) fn has_cycle(containers: &[PlanContainer]) -> bool {
    let mut left: Vec<&PlanContainer> = containers.iter().collect();
    loop {
        let before = left.len();
        let names: Vec<String> = left.iter().map(|c| c.name.clone()).collect();
        left.retain(|c| c.depends_on.iter().any(|(d, _)| names.contains(d)));
        if left.is_empty() {
            return false;
        }
        if left.len() == before {
            return true;
        }
    }
}

#[cfg(test)]
mod tests;
