//! What is to be done for the tasks of Fargate: a pure plan over a snapshot.
//!
//! The reconciler carries it out, each line by the transition of the same name, and asks again.
//! When there is nothing left to do the plan is empty.

mod payload;

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use rolecall_base::Timestamp;
use rolecall_store::{Doc, Snapshot};

use crate::address::AddressPool;
use crate::documents::{
    ClientToken, DesiredStatus, LaunchType, Task, TaskDefinition, TaskDefinitionStatus, TaskEni,
    TaskStatus,
};

pub use payload::{Credentials, Platform, compile};

/// How long a stopped task stays describable.
///
/// Source: Amazon ECS API Reference, `DescribeTasks`: "at least one hour".
pub const STOPPED_KEPT: Duration = Duration::from_secs(60 * 60);

/// How long a client token is remembered.
///
/// Source: Amazon ECS API Reference, "Ensuring idempotency".
pub const TOKEN_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A task to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The task's key.
    pub task: String,
    /// The address to assign before its payload is compiled and sent; `None` if it has one, or
    /// needs none.
    pub address: Option<Ipv4Addr>,
}

/// Everything that is to be done. Tasks, tokens and task definitions are named by their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Assign the address (`assign_address`), assume the roles, send the payload
    /// (`sent_to_agent`), or fail (`failed_to_start`). The oldest comes first.
    pub launch: Vec<Launch>,
    /// No address is free (`failed_to_start` with `NO_ADDRESS`).
    pub no_address: Vec<String>,
    /// Tell the agent to stop the task (`stop_sent`).
    pub stop: Vec<String>,
    /// To be stopped and never sent to an agent (`ended`).
    pub end: Vec<String>,
    /// The containers are over (`released`).
    pub release: Vec<String>,
    /// Stopped for long enough (`forget_task`).
    pub forget_tasks: Vec<String>,
    /// Used for long enough (`forget_token`).
    pub forget_tokens: Vec<String>,
    /// To be deleted, and used by no task (`forget_definition`).
    pub forget_definitions: Vec<String>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Plans for every task of Fargate. `pool` is the subnet of their addresses, none of them taken
/// yet but those of the host itself.
pub fn plan(snap: &Snapshot, now: Timestamp, mut pool: AddressPool) -> Plan {
    let mut plan = Plan::default();
    let mut unplaced: Vec<(&str, Doc<Task>)> = Vec::new();
    let mut in_use = HashSet::new();
    for (key, task) in snap.range::<Task>("") {
        if task.launch_type != LaunchType::Fargate {
            continue;
        }
        if !task.is_stopped() {
            in_use.insert(task.definition_key());
        }
        if let Some(address) = task.eni.as_ref().and_then(TaskEni::held_address) {
            pool.mark_used(address);
        }
        match next_step(&task, now) {
            Step::Launch => unplaced.push((key, task)),
            Step::Stop => plan.stop.push(key.to_owned()),
            Step::End => plan.end.push(key.to_owned()),
            Step::Release => plan.release.push(key.to_owned()),
            Step::Forget => plan.forget_tasks.push(key.to_owned()),
            Step::Nothing => {}
        }
    }
    unplaced.sort_by(|(a, left), (b, right)| (left.created, a).cmp(&(right.created, b)));
    for (key, task) in unplaced {
        let needs = task.eni.as_ref().is_some_and(|eni| eni.address.is_none());
        let address = if needs {
            pool.take(start_of(&task.id))
        } else {
            None
        };
        if needs && address.is_none() {
            plan.no_address.push(key.to_owned());
        } else {
            plan.launch.push(Launch {
                task: key.to_owned(),
                address,
            });
        }
    }
    for (key, token) in snap.range::<ClientToken>("") {
        if now.since(token.created) >= TOKEN_KEPT {
            plan.forget_tokens.push(key.to_owned());
        }
    }
    for (key, definition) in snap.range::<TaskDefinition>("") {
        let going = definition.status == TaskDefinitionStatus::DeleteInProgress;
        if going && !in_use.contains(key) {
            plan.forget_definitions.push(key.to_owned());
        }
    }
    plan
}

/// The tasks that an agent has, or should have: what is sent again when one connects anew.
pub fn on_agents(snap: &Snapshot) -> impl Iterator<Item = (&str, Doc<Task>)> {
    snap.range::<Task>("").filter(|(_, task)| {
        task.launch_type == LaunchType::Fargate
            && task.sent.is_some()
            && task.last_status < TaskStatus::Deprovisioning
    })
}

enum Step {
    Launch,
    Stop,
    End,
    Release,
    Forget,
    Nothing,
}

fn next_step(task: &Task, now: Timestamp) -> Step {
    match (task.last_status, task.desired_status) {
        (TaskStatus::Stopped, _) => match task.stopped {
            Some(stopped) if now.since(stopped) < STOPPED_KEPT => Step::Nothing,
            _ => Step::Forget,
        },
        (TaskStatus::Deprovisioning, _) => Step::Release,
        (_, DesiredStatus::Running) if task.sent.is_none() => Step::Launch,
        (_, DesiredStatus::Stopped) if task.sent.is_none() => Step::End,
        (_, DesiredStatus::Stopped) if task.stop_sent.is_none() => Step::Stop,
        _ => Step::Nothing,
    }
}

/// Where the search for a task's address begins: as random as the task's id.
fn start_of(task_id: &str) -> u32 {
    task_id
        .get(..8)
        .and_then(|hex| u32::from_str_radix(hex, 16).ok())
        .unwrap_or(0)
}
