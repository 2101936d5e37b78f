//! The tasks that the agent has.

use std::collections::{HashMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use parking_lot::Mutex;
use rolecall_acs::{DesiredStatus, Task};
use rolecall_engine::{TaskHandle, TaskId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::view::TaskView;

/// How many ended tasks are remembered, so that a late payload does not start one again.
const REMEMBERED: usize = 4096;

/// One task.
pub(crate) struct TaskEntry {
    pub(crate) id: TaskId,
    /// The payload, without credentials.
    pub(crate) task: Task,
    /// Its address, if the payload gives it one.
    pub(crate) address: Option<Ipv4Addr>,
    pub(crate) view: Mutex<TaskView>,
    pub(crate) desired: watch::Sender<DesiredStatus>,
    /// The engine's task once there is one.
    pub(crate) handle: OnceLock<TaskHandle>,
    /// True once nothing of it is left on this machine.
    pub(crate) gone: watch::Sender<bool>,
    /// An ended task that had the same address, and may still be on its way out.
    pub(crate) before: OnceLock<Arc<TaskEntry>>,
    /// What the task's containers may still ask of the endpoint.
    bucket: Mutex<Bucket>,
    /// The connections that they may have open to it.
    connections: Arc<Semaphore>,
}

impl TaskEntry {
    /// A task of a payload; its credentials are left out.
    pub(crate) fn new(id: TaskId, task: Task) -> Arc<Self> {
        let task = Task {
            role_credentials: None,
            execution_role_credentials: None,
            ..task
        };
        let addresses = task
            .elastic_network_interfaces
            .iter()
            .flat_map(|e| &e.ipv4_addresses);
        let primary = addresses
            .clone()
            .find(|a| a.primary)
            .or_else(|| addresses.clone().next());
        Arc::new(Self {
            id,
            address: primary.and_then(|a| a.private_address.parse().ok()),
            view: Mutex::new(TaskView::new(&task)),
            desired: watch::Sender::new(task.desired_status),
            handle: OnceLock::new(),
            gone: watch::Sender::new(false),
            before: OnceLock::new(),
            bucket: Mutex::new(Bucket {
                tokens: BURST,
                at: Instant::now(),
            }),
            connections: Arc::new(Semaphore::new(CONNECTIONS)),
            task,
        })
    }

    /// Asks the task to stop. It never goes back to running.
    pub(crate) fn stop(&self) {
        self.desired.send_if_modified(|desired| {
            let changed = *desired != DesiredStatus::Stopped;
            *desired = DesiredStatus::Stopped;
            changed
        });
        self.view.lock().desired = DesiredStatus::Stopped;
    }

    /// The region in the task's ARN.
    pub(crate) fn region(&self) -> Option<&str> {
        self.task.arn.split(':').nth(3).filter(|r| !r.is_empty())
    }

    /// Returns once nothing of the task is left.
    pub(crate) async fn is_gone(&self) {
        // The sender lives as long as `self`.
        let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
    }

    /// Room for one more connection to the endpoint; none when the task has too many.
    pub(crate) fn connect(&self) -> Option<OwnedSemaphorePermit> {
        self.connections.clone().try_acquire_owned().ok()
    }

    /// Whether the endpoint may answer once more now.
    pub(crate) fn admit(&self) -> bool {
        self.bucket.lock().take(Instant::now())
    }
}

/// Connections to the endpoint that a task may have open: none takes the descriptors of all.
const CONNECTIONS: usize = 128;
/// Requests per second, on average; the limit of AWS's agent (`ECS_TASK_METADATA_RPS_LIMIT`).
const RATE: f64 = 40.0;
/// Requests at once.
const BURST: f64 = 60.0;

struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.tokens = (self.tokens + passed * RATE).min(BURST);
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}

/// All tasks.
#[derive(Default)]
pub(crate) struct TaskTable {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    tasks: HashMap<String, Arc<TaskEntry>>,
    by_address: HashMap<Ipv4Addr, Arc<TaskEntry>>,
    ended: VecDeque<String>,
}

impl TaskTable {
    pub(crate) fn get(&self, arn: &str) -> Option<Arc<TaskEntry>> {
        self.inner.lock().tasks.get(arn).cloned()
    }

    /// The task whose address this is.
    pub(crate) fn at(&self, address: Ipv4Addr) -> Option<Arc<TaskEntry>> {
        self.inner.lock().by_address.get(&address).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<TaskEntry>> {
        self.inner.lock().tasks.values().cloned().collect()
    }

    /// Whether the task ended here already.
    pub(crate) fn has_ended(&self, arn: &str) -> bool {
        self.inner.lock().ended.iter().any(|a| a == arn)
    }

    pub(crate) fn insert(&self, entry: &Arc<TaskEntry>) {
        let mut inner = self.inner.lock();
        inner.tasks.insert(entry.task.arn.clone(), entry.clone());
        if let Some(address) = entry.address {
            let before = inner.by_address.insert(address, entry.clone());
            if let Some(before) = before.filter(|b| !Arc::ptr_eq(b, entry)) {
                // The control plane has the address back when a task is over, which is a little
                // before it is gone from here.
                let _ = entry.before.set(before);
            }
        }
    }

    /// Takes a task out and remembers that it ended.
    pub(crate) fn end(&self, entry: &Arc<TaskEntry>) {
        let mut inner = self.inner.lock();
        inner.tasks.remove(&entry.task.arn);
        if let Some(address) = entry.address
            && inner
                .by_address
                .get(&address)
                .is_some_and(|e| Arc::ptr_eq(e, entry))
        {
            inner.by_address.remove(&address);
        }
        entry.gone.send_replace(true);
        inner.ended.push_back(entry.task.arn.clone());
        if inner.ended.len() > REMEMBERED {
            inner.ended.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn sixty_at_once_then_forty_a_second() {
        let start = Instant::now();
        let mut bucket = Bucket {
            tokens: BURST,
            at: start,
        };
        assert_eq!((0..100).filter(|_| bucket.take(start)).count(), 60);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..100).filter(|_| bucket.take(later)).count(), 40);
    }

    #[test]
    fn a_task_has_its_share_of_connections() {
        let entry = TaskEntry::new(TaskId::new("t").unwrap(), Task::default());
        let mut open: Vec<_> = std::iter::from_fn(|| entry.connect()).collect();
        assert_eq!(open.len(), CONNECTIONS);
        open.pop();
        assert!(entry.connect().is_some());
    }

    #[tokio::test]
    async fn an_address_is_the_new_tasks_and_the_old_one_is_waited_for() {
        let entry = |id: &str| {
            let mut task = Task {
                arn: format!("arn:a:b:r:c:task/d/{id}"),
                ..Task::default()
            };
            task.elastic_network_interfaces
                .push(rolecall_acs::ElasticNetworkInterface {
                    ipv4_addresses: vec![rolecall_acs::Ipv4Address {
                        primary: true,
                        private_address: "10.0.0.9".to_owned(),
                    }],
                    ..rolecall_acs::ElasticNetworkInterface::default()
                });
            TaskEntry::new(TaskId::new(id).unwrap(), task)
        };
        let table = TaskTable::default();
        let (old, new) = (entry("old"), entry("new"));
        table.insert(&old);
        table.insert(&new);
        let address = old.address.unwrap();
        assert!(Arc::ptr_eq(&table.at(address).unwrap(), &new));
        let before = new.before.get().unwrap().clone();
        let waiting = tokio::spawn(async move { before.is_gone().await });
        table.end(&old);
        waiting.await.unwrap();
        assert!(Arc::ptr_eq(&table.at(address).unwrap(), &new));
        assert!(table.has_ended(&old.task.arn) && table.get(&old.task.arn).is_none());
        assert_eq!(new.region(), Some("r"));
    }
}
