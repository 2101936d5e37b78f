//! What containers use, in the form of Docker's stats; what is not measured is left out.
//!
//! Source: Docker Engine API, "Get container stats based on resource usage".

use rolecall_engine::ContainerName;
use serde_json::{Map, Value, json};

use crate::clock::{now_ms, timestamp};
use crate::task::table::TaskEntry;

/// All containers, by runtime id; null for one that does not run.
pub(super) fn task(entry: &TaskEntry) -> Value {
    let ids: Vec<String> = entry
        .view
        .lock()
        .containers
        .iter()
        .map(|c| c.runtime_id.clone())
        .collect();
    let all = ids
        .into_iter()
        .enumerate()
        .map(|(at, id)| (id, container(entry, at)));
    Value::Object(all.collect::<Map<_, _>>())
}

/// The container at a position; null when it does not run.
pub(super) fn container(entry: &TaskEntry, at: usize) -> Value {
    measured(entry, at).unwrap_or(Value::Null)
}

fn measured(entry: &TaskEntry, at: usize) -> Option<Value> {
    let view = entry.view.lock().containers.get(at)?.clone();
    let name = ContainerName::new(view.name.as_str()).ok()?;
    let usage = entry.handle.get()?.usage(&name)?;
    let payload = entry.task.containers.get(at)?;
    let limit_mib = payload.memory.or(entry.task.memory);
    let limit = limit_mib.map(|mib| mib.saturating_mul(1024 * 1024));
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Some(json!({
        "read": timestamp(now_ms()).iso8601_millis(),
        "id": view.runtime_id,
        "name": format!("/{}", view.docker_name),
        "num_procs": 0,
        "cpu_stats": {
            "cpu_usage": { "total_usage": usage.cpu_us.saturating_mul(1000) },
            "online_cpus": cpus,
        },
        "memory_stats": { "usage": usage.memory_bytes, "limit": limit },
    }))
}
