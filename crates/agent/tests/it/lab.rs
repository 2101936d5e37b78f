//! An engine, an agent and what it talks to, all of one test's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rolecall_acs::*;
use rolecall_agent::{Agent, AgentConfig, ControlPlane, TaskHealth};
use rolecall_api::ecs::{
    ContainerStateChange, SubmitTaskStateChangeRequest, SubmitTaskStateChangeResponse,
};
use rolecall_client::CallError;
use rolecall_engine::image::BoxFuture;
use rolecall_engine::{Engine, EngineConfig, InstanceName, RuntimeKind};
use serde_json::json;
use tokio::sync::{mpsc, watch};

use crate::image::busybox;
use crate::services::Services;

pub(crate) const CLUSTER: &str = "arn:aws:ecs:us-east-1:123456789012:cluster/demo";
pub(crate) const REPOSITORY: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app";

/// The control plane as far as reports go.
#[derive(Default)]
pub(crate) struct Reports {
    all: Mutex<Vec<SubmitTaskStateChangeRequest>>,
    health: Mutex<Vec<TaskHealth>>,
    changed: watch::Sender<u64>,
}

impl ControlPlane for Reports {
    fn submit_task_state_change(
        &self,
        request: SubmitTaskStateChangeRequest,
    ) -> BoxFuture<'_, Result<SubmitTaskStateChangeResponse, CallError>> {
        self.all.lock().push(request);
        self.changed.send_modify(|n| *n += 1);
        Box::pin(async { Ok(SubmitTaskStateChangeResponse::default()) })
    }

    fn publish_health(&self, health: TaskHealth) -> BoxFuture<'_, Result<(), CallError>> {
        self.health.lock().push(health);
        self.changed.send_modify(|n| *n += 1);
        Box::pin(async { Ok(()) })
    }
}

impl Reports {
    /// The first report of a task that is as wanted.
    pub(crate) async fn find(
        &self,
        task: &str,
        wanted: impl Fn(&SubmitTaskStateChangeRequest) -> bool,
    ) -> SubmitTaskStateChangeRequest {
        let mut changed = self.changed.subscribe();
        let found = |all: &[SubmitTaskStateChangeRequest]| {
            let own = |r: &&SubmitTaskStateChangeRequest| {
                r.task.as_deref().unwrap().ends_with(task) && wanted(r)
            };
            all.iter().find(own).cloned()
        };
        let wait = changed.wait_for(|_| found(&self.all.lock()).is_some());
        let waited = tokio::time::timeout(Duration::from_secs(30), wait).await;
        assert!(waited.is_ok(), "{task}: {:#?}", self.all.lock());
        found(&self.all.lock()).unwrap()
    }

    pub(crate) async fn status(&self, task: &str, status: &str) -> SubmitTaskStateChangeRequest {
        self.find(task, |r| r.status.as_deref() == Some(status))
            .await
    }

    /// Waits until a container's health is published.
    pub(crate) async fn health(&self, container: &str, status: &str) {
        let mut changed = self.changed.subscribe();
        let found = |_: &u64| {
            let all = self.health.lock();
            let mut seen = all.iter().flat_map(|h| &h.containers);
            seen.any(|c| c.container_name == container && c.health_status == status)
        };
        let wait = tokio::time::timeout(Duration::from_secs(20), changed.wait_for(found));
        assert!(wait.await.is_ok(), "{:?}", self.health.lock());
    }

    /// The statuses of a task in the order that they were reported, without repetitions.
    pub(crate) fn order(&self, task: &str) -> Vec<String> {
        let all = self.all.lock();
        let own = all
            .iter()
            .filter(|r| r.task.as_deref().unwrap().ends_with(task));
        let mut order: Vec<String> = own.map(|r| r.status.clone().unwrap()).collect();
        order.dedup();
        order
    }
}

pub(crate) fn container_of(
    report: &SubmitTaskStateChangeRequest,
    name: &str,
) -> ContainerStateChange {
    let all = report.containers.as_ref().unwrap();
    all.iter()
        .find(|c| c.container_name.as_deref() == Some(name))
        .unwrap()
        .clone()
}

/// A running agent.
pub(crate) struct Running {
    pub(crate) to: mpsc::Sender<ToAgent>,
    pub(crate) from: mpsc::Receiver<FromAgent>,
    pub(crate) done: tokio::task::JoinHandle<()>,
}

pub(crate) struct Lab {
    pub(crate) engine: Engine,
    pub(crate) services: Services,
    pub(crate) reports: Arc<Reports>,
    pub(crate) dir: tempfile::TempDir,
    config: EngineConfig,
    seq: std::sync::atomic::AtomicI64,
}

pub(crate) fn root() -> bool {
    // Its own entry in /proc belongs to who runs it.
    use std::os::unix::fs::MetadataExt;
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    if !root {
        println!("SKIPPED: containers need root; run the tests as root");
    }
    root
}

fn shim() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let shim = test
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples/shim");
    assert!(
        shim.exists(),
        "{} is built with the tests: run them all",
        shim.display()
    );
    shim
}

fn engine_config(dir: &Path) -> EngineConfig {
    let name = dir.file_name().unwrap().to_str().unwrap();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    EngineConfig {
        data_dir: dir.join("engine"),
        run_dir: std::env::temp_dir().join("rolecall-tests"),
        instance: InstanceName::new(format!("test-{name}")).unwrap(),
        runtime: RuntimeKind::Embedded,
        subnet: None,
        shim_exe: shim(),
        log_limit_bytes: 0,
    }
}

impl Lab {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("agent").tempdir().unwrap();
        let config = engine_config(dir.path());
        let engine = Engine::open(config.clone()).await.unwrap();
        let services = Services::start().await;
        let path = json!({ "Env": ["PATH=/bin", "FROM=image"], "Cmd": ["/bin/true"] });
        services
            .state
            .lock()
            .images
            .insert("app:1".to_owned(), busybox(&path));
        Self {
            engine,
            services,
            reports: Arc::new(Reports::default()),
            dir,
            config,
            seq: std::sync::atomic::AtomicI64::new(1),
        }
    }

    /// The engine as after a restart of the process.
    pub(crate) async fn reopen(&mut self) {
        self.engine = Engine::open(self.config.clone()).await.unwrap();
    }

    pub(crate) fn start(&self) -> Running {
        let (to, incoming) = mpsc::channel(16);
        let (outgoing, from) = mpsc::channel(64);
        let address = (
            rolecall_engine::network::TASK_ENDPOINT,
            rolecall_agent::ENDPOINT_PORT,
        );
        let listener = self.engine.bind_in_router(address.into()).unwrap();
        let config = AgentConfig {
            data_dir: self.dir.path().join("agent"),
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
            cluster: "demo".to_owned(),
            container_instance_arn: String::new(),
            availability_zone: "us-east-1a".to_owned(),
            api_endpoint: self.services.endpoint.clone(),
            endpoint_in_task: "http://169.254.170.2:4566".to_owned(),
            launch_type: LaunchType::Fargate,
        };
        let control = self.reports.clone();
        let agent = Agent::new(
            config,
            self.engine.clone(),
            control,
            Some(listener),
            outgoing,
        );
        let done = tokio::spawn(agent.unwrap().run(incoming));
        Running { to, from, done }
    }

    fn next(&self) -> i64 {
        self.seq.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }

    pub(crate) async fn send(&self, agent: &Running, tasks: Vec<Task>) {
        let seq = self.next();
        let payload = PayloadMessage {
            cluster_arn: CLUSTER.to_owned(),
            message_id: format!("m-{seq}"),
            seq_num: seq,
            timeline: seq,
            tasks,
            ..PayloadMessage::default()
        };
        agent
            .to
            .send(ToAgent::PayloadMessage(payload))
            .await
            .unwrap();
    }

    pub(crate) async fn manifest(&self, agent: &Running, tasks: &[&Task]) {
        let seq = self.next();
        let identifier = |t: &&Task| TaskIdentifier {
            task_arn: t.arn.clone(),
            task_cluster_arn: CLUSTER.to_owned(),
            desired_status: DesiredStatus::Running,
        };
        let manifest = TaskManifestMessage {
            message_id: format!("m-{seq}"),
            cluster_arn: CLUSTER.to_owned(),
            container_instance_arn: String::new(),
            generated_at: 0,
            timeline: seq,
            tasks: tasks.iter().map(identifier).collect(),
        };
        agent
            .to
            .send(ToAgent::TaskManifestMessage(manifest))
            .await
            .unwrap();
    }

    /// A task of some containers, with both roles.
    pub(crate) fn task(&self, id: &str, n: usize, containers: Vec<Container>) -> Task {
        let address = self.engine.network().subnet().usable().nth(n).unwrap();
        let role = |kind: &str| IAMRoleCredentials {
            credentials_id: format!("{kind}-of-{id}"),
            role_arn: format!("arn:aws:iam::123456789012:role/{kind}"),
            access_key_id: format!("ASIA{kind}{id}"),
            secret_access_key: "secret".to_owned(),
            session_token: "token".to_owned(),
            expiration: "2030-01-01T00:00:00Z".to_owned(),
        };
        Task {
            arn: format!("arn:aws:ecs:us-east-1:123456789012:task/demo/{id}"),
            task_cluster_arn: CLUSTER.to_owned(),
            family: "web".to_owned(),
            version: "3".to_owned(),
            containers,
            cpu: Some(0.5),
            memory: Some(512),
            launch_type: Some("FARGATE".to_owned()),
            network_mode: Some("awsvpc".to_owned()),
            role_credentials: Some(role("task")),
            execution_role_credentials: Some(role("exec")),
            elastic_network_interfaces: vec![ElasticNetworkInterface {
                mac_address: "0a:00:00:00:00:01".to_owned(),
                ipv4_addresses: vec![Ipv4Address {
                    primary: true,
                    private_address: address.to_string(),
                }],
                ..ElasticNetworkInterface::default()
            }],
            ..Task::default()
        }
    }

    pub(crate) async fn stop(&self, agent: &Running, task: &Task) {
        self.send(agent, vec![compile::stop(&task.arn, CLUSTER)])
            .await;
    }
}

/// A container that runs a script, with its output in a log stream of its name.
pub(crate) fn sh(name: &str, script: &str) -> Container {
    let host = json!({ "LogConfig": { "Type": "awslogs", "Config": {
        "awslogs-group": "/demo", "awslogs-region": "us-east-1", "awslogs-stream": name,
    } } });
    Container {
        name: name.to_owned(),
        image: format!("{REPOSITORY}:1"),
        essential: true,
        command: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        registry_authentication: Some(RegistryAuthentication {
            r#type: "ecr".to_owned(),
            ecr_auth_data: Some(EcrAuthData {
                registry_id: "123456789012".to_owned(),
                region: "us-east-1".to_owned(),
                endpoint_override: None,
                use_execution_role: true,
            }),
            asm_auth_data: None,
        }),
        stop_timeout: Some(2),
        docker_config: DockerConfig {
            version: "1.24".to_owned(),
            config: Some("{}".to_owned()),
            host_config: Some(host.to_string()),
        },
        ..Container::default()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let config = self.config.clone();
        let cleaned = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let engine = Engine::open(config).await.unwrap();
                engine.remove_instance().await.unwrap();
            });
        });
        if cleaned.join().is_err() && !std::thread::panicking() {
            panic!("the instance could not be removed");
        }
    }
}
