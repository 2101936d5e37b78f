//! The ecs service: one file per operation.
//!
//! Handlers write what is wanted; [`scheduler::plan`] says what is to be done about it, and
//! [`transitions`] are the steps by which the reconciler and the agents bring it about.
//!
//! # Invariants
//! - A task's status never goes back, and a stopped task never changes.
//! - A revision number is used once, whatever becomes of the revision.
//! - No two tasks that are not over have one address.
//! - The ids that credentials are served under never reach an answer or a log.

pub mod account_setting;
pub mod address;
pub mod capacity_provider;
pub mod cluster;
pub mod container_instance;
pub mod documents;
mod lifecycle;
pub mod scheduler;
pub mod service;
pub mod tagging;
pub mod task;
pub mod task_definition;
pub mod transitions;

mod access;
mod errors;
mod listing;
mod refs;
mod tags;

pub use documents::kinds;

use rolecall_op::Registry;

/// `registry` with the operations of this service.
pub fn register(registry: Registry) -> Registry {
    let registry = cluster::register(registry);
    let registry = capacity_provider::register(registry);
    let registry = task_definition::register(registry);
    let registry = task::register(registry);
    let registry = tagging::register(registry);
    let registry = service::register(registry);
    let registry = container_instance::register(registry);
    account_setting::register(registry)
}
