//! A world with drivers that can be ended at any point, and an agent that remembers.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use rolecall_acs::compile::Endpoints;
use rolecall_acs::{
    DesiredStatus, FromAgent, TaskIdentifier, TaskStopVerificationMessage, ToAgent,
};
use rolecall_api::ecs as api;
use rolecall_ecs::address::AddressPool;
use rolecall_ecs::documents::Task;
use rolecall_ecs::scheduler::Platform;
use rolecall_op::{Pipeline, Ports, Registry, Settings};
use rolecall_reconcile::{AgentLink, Fargate, FargateConfig};
use rolecall_record::Recorder;
use rolecall_testkit::World;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

pub(crate) const TASK_ROLE: &str = "arn:aws:iam::123456789012:role/app";

fn registry() -> Registry {
    let registry = rolecall_ecs::register(Registry::default());
    rolecall_ecr::register(rolecall_sts::register(registry))
}

/// A task as the agent has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) starts: usize,
    pub(crate) running: bool,
    /// How often it got credentials: with its payload, and after it.
    pub(crate) credentials: usize,
    pub(crate) renewed: usize,
}

pub(crate) struct Lab {
    pub(crate) world: World,
    /// What the agent has, by ARN. It outlives drivers, as containers do.
    pub(crate) held: Mutex<BTreeMap<String, Held>>,
    /// How many messages the agent may take.
    pub(crate) takes: Semaphore,
    /// How often a driver asked for the time or for randomness: between any two of its steps.
    pub(crate) asked: Arc<AtomicUsize>,
    /// At which of these it panics.
    pub(crate) panic_at: Arc<AtomicUsize>,
    /// From which of these on it does nothing any more.
    pub(crate) dead_from: Arc<AtomicUsize>,
}

impl Lab {
    pub(crate) fn bare() -> Arc<Self> {
        Arc::new(Self {
            world: World::new(registry()).unwrap(),
            held: Mutex::default(),
            takes: Semaphore::new(Semaphore::MAX_PERMITS),
            asked: Arc::default(),
            panic_at: Arc::new(AtomicUsize::new(usize::MAX)),
            dead_from: Arc::new(AtomicUsize::new(usize::MAX)),
        })
    }

    /// With a cluster, a role and a task definition `web` that has it.
    pub(crate) async fn new() -> Arc<Self> {
        let lab = Self::bare();
        lab.account().await;
        lab.application().await;
        lab
    }

    pub(crate) async fn account(&self) {
        let other = World::new(Registry::default()).unwrap();
        let other = other.with_account().await.unwrap();
        let snap = other.pipeline.store().snapshot();
        let key = self.world.account.as_str();
        let account = snap.get::<rolecall_identity::Account>(key).unwrap();
        self.world.put(key, account.cloned()).await.unwrap();
    }

    pub(crate) async fn application(&self) {
        // The session is of no use; the role is made with it.
        let _ = self.world.role_session("app", "none", None).await;
        let definition = json!({
            "family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
            "cpu": "256", "memory": "512", "taskRoleArn": TASK_ROLE, "executionRoleArn": TASK_ROLE,
            "containerDefinitions": [{"name": "app", "image": "nginx:1"}],
        });
        self.call::<api::CreateCluster>(json!({})).await;
        self.call::<api::RegisterTaskDefinition>(definition).await;
    }

    pub(crate) async fn call<A: rolecall_api::ApiOperation>(&self, input: Value) -> A::Output {
        let done = self.world.call::<A>(&self.world.root(), input).await;
        done.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The keys of as many new tasks.
    pub(crate) async fn run_tasks(&self, count: usize) -> Vec<String> {
        let run = json!({
            "taskDefinition": "web", "launchType": "FARGATE", "count": count,
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0123456789abcdef0"]}},
        });
        let run = self.call::<api::RunTask>(run).await;
        let arns = run.tasks.unwrap_or_default().into_iter();
        arns.filter_map(|task| task.task_arn).collect()
    }

    pub(crate) async fn stop_task(&self, arn: &str) {
        self.call::<api::StopTask>(json!({"task": arn})).await;
    }

    /// The task's status and address.
    pub(crate) fn task(&self, arn: &str) -> (String, Option<Ipv4Addr>) {
        let snap = self.world.pipeline.store().snapshot();
        let mut tasks = snap.range::<Task>("");
        let (_, task) = tasks.find(|(_, task)| task.arn() == arn).unwrap();
        let held = task.eni.as_ref().and_then(|eni| eni.held_address());
        (format!("{:?}", task.last_status), held)
    }

    pub(crate) fn held(&self, arn: &str) -> Held {
        self.held
            .lock()
            .unwrap()
            .get(arn)
            .cloned()
            .unwrap_or_default()
    }

    /// A pipeline over the same documents whose clock and randomness are counted.
    pub(crate) fn pipeline(&self) -> Pipeline {
        self.recorded(None)
    }

    /// [`Lab::pipeline`] with a record.
    pub(crate) fn recorded(&self, recorder: Option<Recorder>) -> Pipeline {
        let world = self.world.pipeline.settings();
        let counted = || {
            let (asked, panic_at) = (self.asked.clone(), self.panic_at.clone());
            let dead_from = self.dead_from.clone();
            move || {
                let now = asked.fetch_add(1, Ordering::SeqCst);
                assert!(now != panic_at.load(Ordering::SeqCst), "step {now}");
                assert!(now < dead_from.load(Ordering::SeqCst), "dead at step {now}");
            }
        };
        let (count_now, now) = (counted(), world.now.clone());
        let (count_seed, seed) = (counted(), world.seed.clone());
        let settings = Settings {
            account: world.account.clone(),
            region: world.region.clone(),
            now: Arc::new(move || {
                count_now();
                now()
            }),
            seed: Arc::new(move || {
                count_seed();
                seed()
            }),
        };
        let store = self.world.pipeline.store().clone();
        Pipeline::with_recorder(settings, store, Ports::default(), registry(), recorder)
    }

    /// Starts a driver with an agent; it is gone when it was polled `polls` times. Whether it was.
    pub(crate) fn drive(self: &Arc<Self>, polls: usize) -> JoinHandle<bool> {
        let (to, for_agent) = mpsc::channel(1);
        let (from_agent, from) = mpsc::channel(1);
        tokio::spawn(agent(self.clone(), for_agent, from_agent));
        let config = FargateConfig {
            pool: AddressPool::new(Ipv4Addr::new(10, 0, 0, 0), 24).unwrap(),
            platform: Platform {
                endpoints: Endpoints::default(),
                environment: BTreeMap::new(),
                name_servers: Vec::new(),
            },
            container_instance_arn: String::new(),
        };
        let driver = Fargate::run(self.pipeline(), config, AgentLink { to, from });
        tokio::spawn(Cut {
            driver: Box::pin(driver),
            polls,
        })
    }
}

/// Returns when there is nothing left to do: the clock moves on only then.
pub(crate) async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// A driver that ends at one of the points where it waits.
struct Cut<F> {
    driver: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future<Output = ()>> Future for Cut<F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        if self.polls == 0 {
            return Poll::Ready(true);
        }
        self.polls -= 1;
        self.driver.as_mut().poll(context).map(|()| false)
    }
}

/// Starts and stops tasks as it is told, once each, and reports.
async fn agent(lab: Arc<Lab>, mut to: mpsc::Receiver<ToAgent>, from: mpsc::Sender<FromAgent>) {
    loop {
        let Ok(permit) = lab.takes.acquire().await else {
            return;
        };
        let Some(message) = to.recv().await else {
            return;
        };
        permit.forget();
        match message {
            ToAgent::PayloadMessage(payload) => {
                for task in payload.tasks {
                    let running = task.desired_status == DesiredStatus::Running;
                    if take(&lab, &task, running) {
                        let status = if running { "RUNNING" } else { "STOPPED" };
                        report(&lab, &task.arn, status).await;
                    }
                }
            }
            ToAgent::IAMRoleCredentialsMessage(message) => {
                let mut held = lab.held.lock().unwrap();
                held.entry(message.task_arn).or_default().renewed += 1;
            }
            ToAgent::TaskManifestMessage(manifest) => {
                let listed = |arn: &String| manifest.tasks.iter().any(|task| task.task_arn == *arn);
                let mine = lab.held.lock().unwrap().clone();
                let unwanted = mine
                    .into_iter()
                    .filter(|(arn, held)| held.running && !listed(arn));
                let candidate = |(task_arn, _)| TaskIdentifier {
                    task_arn,
                    task_cluster_arn: String::new(),
                    desired_status: DesiredStatus::Stopped,
                };
                let question = TaskStopVerificationMessage {
                    message_id: manifest.message_id,
                    stop_candidates: unwanted.map(candidate).collect(),
                };
                let question = FromAgent::TaskStopVerificationMessage(question);
                let _ = from.send(question).await;
            }
            ToAgent::TaskStopVerificationAck(ack) => {
                for task in ack.stop_tasks {
                    let mut held = lab.held.lock().unwrap();
                    held.entry(task.task_arn).or_default().running = false;
                }
            }
            _ => {}
        }
    }
}

/// Whether the task has changed by what is wanted of it.
fn take(lab: &Lab, task: &rolecall_acs::Task, running: bool) -> bool {
    let mut all = lab.held.lock().unwrap();
    let held = all.entry(task.arn.clone()).or_default();
    let roles = [&task.role_credentials, &task.execution_role_credentials];
    held.credentials += roles.into_iter().flatten().count();
    let ended = held.starts > 0 && !held.running;
    if held.running == running || ended {
        // One that is to be stopped and never was here is over, too.
        return !running && held.starts == 0;
    }
    held.starts += usize::from(running);
    held.running = running;
    true
}

async fn report(lab: &Lab, arn: &str, status: &str) {
    let change = json!({
        "cluster": "default", "task": arn, "status": status,
        "containers": [{"containerName": "app", "status": status}],
    });
    lab.call::<api::SubmitTaskStateChange>(change).await;
}
