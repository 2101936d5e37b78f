//! The changes of tasks that are not calls: what the reconciler and the agents do to them.
//!
//! Each is one step of a transaction, keyed by the task's key, and says whether it changed
//! anything; a task that is not there is not changed. All of them may be repeated.

use std::net::Ipv4Addr;

use rolecall_base::Timestamp;
use rolecall_store::Txn;

use crate::documents::{ClientToken, Task};
use crate::task_definition;

pub use crate::lifecycle::{StateChange, StopCause};

fn change(tx: &mut Txn, key: &str, change: impl FnOnce(&mut Task) -> bool) -> bool {
    let Some(mut task) = tx.get::<Task>(key).map(|task| task.cloned()) else {
        return false;
    };
    let changed = change(&mut task);
    if changed {
        tx.put(key, task);
    }
    changed
}

/// The task's network interface has this address.
pub fn assign_address(tx: &mut Txn, key: &str, address: Ipv4Addr) -> bool {
    change(tx, key, |task| task.address_assigned(address))
}

/// The task's payload went to an agent: `PENDING`.
pub fn sent_to_agent(tx: &mut Txn, key: &str, now: Timestamp) -> bool {
    change(tx, key, |task| task.payload_sent(now))
}

/// The task could not be started: it is over, with `TaskFailedToStart` and this reason.
pub fn failed_to_start(tx: &mut Txn, key: &str, reason: &str, now: Timestamp) -> bool {
    change(tx, key, |task| {
        task.ended(&StopCause::failed_to_start(reason), now)
    })
}

/// AWS's reason when a role of a task cannot be assumed by `ecs-tasks.amazonaws.com`.
pub fn unable_to_assume(role_arn: &str) -> String {
    format!(
        "ECS was unable to assume the role '{role_arn}' that was provided for this task. Please \
         verify that the role being passed has the proper trust relationship and permissions and \
         that your IAM user has permissions to pass this role."
    )
}

/// AWS's reason when no address is free.
pub const NO_ADDRESS: &str = "Timeout waiting for network interface provisioning to complete.";

/// The task is to be stopped; its agent is told next.
pub fn stop(tx: &mut Txn, key: &str, cause: &StopCause) -> bool {
    change(tx, key, |task| task.mark_for_stop(cause))
}

/// The task's agent was told to stop it: `STOPPING`.
pub fn stop_sent(tx: &mut Txn, key: &str, now: Timestamp) -> bool {
    change(tx, key, |task| task.stop_sent(now))
}

/// The task is over without its agent: it was never sent to one, or the agent is gone.
pub fn ended(tx: &mut Txn, key: &str, cause: &StopCause, now: Timestamp) -> bool {
    change(tx, key, |task| task.ended(cause, now))
}

/// The task's network interface is gone: from `DEPROVISIONING` to `STOPPED`, its address free.
pub fn released(tx: &mut Txn, key: &str, now: Timestamp) -> bool {
    change(tx, key, |task| task.released(now))
}

/// The task's agent reported.
pub fn apply_state_change(tx: &mut Txn, key: &str, reported: &StateChange, now: Timestamp) -> bool {
    change(tx, key, |task| task.reported(reported, now))
}

/// The health of a container: `HEALTHY`, `UNHEALTHY` or `UNKNOWN`.
pub fn apply_health(tx: &mut Txn, key: &str, container: &str, status: &str) -> bool {
    change(tx, key, |task| task.health_reported(container, status))
}

/// Forgets a task that is over.
pub fn forget_task(tx: &mut Txn, key: &str) -> bool {
    let over = tx.get::<Task>(key).is_some_and(|task| task.is_stopped());
    over && tx.delete::<Task>(key)
}

/// Forgets a client token.
pub fn forget_token(tx: &mut Txn, key: &str) -> bool {
    tx.delete::<ClientToken>(key)
}

/// Forgets a task definition in `DELETE_IN_PROGRESS` that nothing uses any more.
pub fn forget_definition(tx: &mut Txn, key: &str) -> bool {
    task_definition::forget(tx, key)
}
