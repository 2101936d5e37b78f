//! The loop over the control plane's messages.
//!
//! Source: Amazon ECS container agent, the ACS session and its responders; which messages are
//! acknowledged when is theirs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rolecall_acs::{
    AckRequest, DesiredStatus, FromAgent, HeartbeatAckRequest, IAMRoleCredentials,
    IAMRoleCredentialsAckRequest, IAMRoleCredentialsMessage, PayloadMessage, RoleType, Task,
    TaskIdentifier, TaskManifestMessage, TaskStopVerificationAck, TaskStopVerificationMessage,
    ToAgent,
};
use rolecall_engine::{Engine, TaskId};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::aws::{Clients, chain};
use crate::config::AgentConfig;
use crate::control::ControlPlane;
use crate::credentials::CredentialStore;
use crate::endpoint;
use crate::image::Puller;
use crate::records::Records;
use crate::shared::Shared;
use crate::task::runner;
use crate::task::table::{TaskEntry, TaskTable};

/// The port of the task endpoint at 169.254.170.2.
pub const ENDPOINT_PORT: u16 = 80;
/// How long an ending agent waits for its tasks' runners.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// Why an agent cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// Its own directory.
    #[error("open the agent's records")]
    Records(#[source] std::io::Error),
    /// The listener of the task endpoint.
    #[error("listen for tasks")]
    Listen(#[source] std::io::Error),
}

/// The host agent of one engine.
pub struct Agent {
    shared: Arc<Shared>,
    outgoing: mpsc::Sender<FromAgent>,
    runners: JoinSet<()>,
    /// The largest timeline that was seen.
    timeline: i64,
    /// The manifest whose stop candidates may be confirmed.
    manifest: Option<String>,
}

impl Agent {
    /// An agent that sends its acknowledgements to `outgoing`. With a listener
    /// (`Engine::bind_in_router` at 169.254.170.2:80) it answers tasks. Must be called within a
    /// tokio runtime.
    ///
    /// # Errors
    /// [`AgentError`].
    pub fn new(
        config: AgentConfig,
        engine: Engine,
        control: Arc<dyn ControlPlane>,
        listener: Option<std::net::TcpListener>,
        outgoing: mpsc::Sender<FromAgent>,
    ) -> Result<Self, AgentError> {
        let records = Records::open(config.data_dir.join("tasks")).map_err(AgentError::Records)?;
        let shared = Arc::new(Shared {
            clients: Clients::new(&config.api_endpoint),
            puller: Puller::new(),
            config,
            engine,
            control,
            credentials: Arc::new(CredentialStore::default()),
            tasks: TaskTable::default(),
            records,
            ending: watch::Sender::new(false),
        });
        let mut runners = JoinSet::new();
        if let Some(listener) = listener {
            let listener =
                tokio::net::TcpListener::from_std(listener).map_err(AgentError::Listen)?;
            runners.spawn(endpoint::serve(shared.clone(), listener));
        }
        Ok(Self {
            shared,
            outgoing,
            runners,
            timeline: 0,
            manifest: None,
        })
    }

    /// The credentials of the tasks' roles.
    #[must_use]
    pub fn credentials(&self) -> Arc<CredentialStore> {
        self.shared.credentials.clone()
    }

    /// Handles messages until the channel closes. Tasks keep running then; calls that are under
    /// way are let end.
    pub async fn run(mut self, mut incoming: mpsc::Receiver<ToAgent>) {
        loop {
            tokio::select! {
                message = incoming.recv() => match message {
                    Some(message) => self.handle(message).await,
                    None => break,
                },
                Some(ended) = self.runners.join_next(), if !self.runners.is_empty() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "a task's runner failed");
                    }
                }
            }
        }
        self.shared.ending.send_replace(true);
        let all = async { while self.runners.join_next().await.is_some() {} };
        if tokio::time::timeout(END_TIMEOUT, all).await.is_err() {
            tracing::warn!("runners were cut short");
        }
    }

    async fn handle(&mut self, message: ToAgent) {
        match message {
            ToAgent::HeartbeatMessage(beat) => {
                let message_id = beat.message_id.unwrap_or_default();
                self.send(FromAgent::HeartbeatAckRequest(HeartbeatAckRequest {
                    message_id,
                }))
                .await;
            }
            ToAgent::PayloadMessage(payload) => self.payload(payload).await,
            ToAgent::IAMRoleCredentialsMessage(message) => self.new_credentials(message).await,
            ToAgent::TaskManifestMessage(manifest) => self.manifest(manifest).await,
            ToAgent::TaskStopVerificationAck(ack) => self.stop_verified(ack),
            // The engine makes interfaces itself: there is nothing to wait for.
            ToAgent::AttachTaskNetworkInterfacesMessage(message) => {
                self.acknowledge(
                    &message.cluster_arn,
                    &message.container_instance_arn,
                    message.message_id,
                )
                .await;
            }
        }
    }

    async fn send(&self, message: FromAgent) {
        if self.outgoing.send(message).await.is_err() {
            tracing::debug!("nobody takes the agent's messages");
        }
    }

    async fn acknowledge(&self, cluster: &str, instance: &str, message_id: String) {
        let ack = AckRequest {
            cluster: cluster.to_owned(),
            container_instance: instance.to_owned(),
            message_id,
        };
        self.send(FromAgent::AckRequest(ack)).await;
    }

    /// Those to be stopped first. Acknowledged once every task is in its runner's hand.
    async fn payload(&mut self, payload: PayloadMessage) {
        let seen = if payload.timeline > 0 {
            payload.timeline
        } else {
            payload.seq_num
        };
        self.timeline = self.timeline.max(seen);
        let (stops, starts): (Vec<_>, Vec<_>) = payload
            .tasks
            .into_iter()
            .partition(|t| t.desired_status == DesiredStatus::Stopped);
        let mut stored = Vec::new();
        let mut all = true;
        for task in stops {
            stored.extend(self.take_credentials(&task, &payload.message_id));
            all &= self.stop(task);
        }
        for task in starts {
            stored.extend(self.take_credentials(&task, &payload.message_id));
            all &= self.start(task);
        }
        for ack in stored {
            self.send(FromAgent::IAMRoleCredentialsAckRequest(ack))
                .await;
        }
        if all {
            self.acknowledge(
                &payload.cluster_arn,
                &payload.container_instance_arn,
                payload.message_id,
            )
            .await;
        }
    }

    fn take_credentials(&self, task: &Task, message_id: &str) -> Vec<IAMRoleCredentialsAckRequest> {
        if self.shared.tasks.has_ended(&task.arn) {
            return Vec::new();
        }
        let roles = [
            (RoleType::TaskApplication, &task.role_credentials),
            (RoleType::TaskExecution, &task.execution_role_credentials),
        ];
        let mut acks = Vec::new();
        for (role, credentials) in roles {
            if let Some(credentials) = credentials {
                acks.push(credentials_ack(message_id, credentials));
                self.shared
                    .credentials
                    .put(&task.arn, role, credentials.clone());
            }
        }
        acks
    }

    /// Starts a task, or finds that it is started. False: the payload is to be sent again.
    fn start(&mut self, task: Task) -> bool {
        if self.shared.tasks.get(&task.arn).is_some() || self.shared.tasks.has_ended(&task.arn) {
            return true;
        }
        self.take_on(task)
    }

    /// Stops a task, also one that an earlier agent left and that no payload brought back.
    fn stop(&mut self, task: Task) -> bool {
        if let Some(entry) = self.shared.tasks.get(&task.arn) {
            entry.stop();
            return true;
        }
        let id = task.arn.rsplit('/').next().unwrap_or_default();
        let kept = self
            .shared
            .records
            .read(id)
            .filter(|r| r.task.arn == task.arn);
        let known = kept.map_or(task, |r| r.task);
        self.take_on(Task {
            desired_status: DesiredStatus::Stopped,
            ..known
        })
    }

    fn take_on(&mut self, task: Task) -> bool {
        let id = match TaskId::new(task.arn.rsplit('/').next().unwrap_or_default()) {
            Ok(id) => id,
            Err(error) => {
                tracing::error!(task = task.arn, %error, "a task without a usable id");
                return false;
            }
        };
        let entry = TaskEntry::new(id, task);
        self.shared.tasks.insert(&entry);
        self.runners.spawn(runner::run(self.shared.clone(), entry));
        true
    }

    async fn new_credentials(&mut self, message: IAMRoleCredentialsMessage) {
        if self.shared.tasks.get(&message.task_arn).is_none() {
            tracing::warn!(
                task = message.task_arn,
                "credentials of a task that is not here"
            );
            return;
        }
        let ack = credentials_ack(&message.message_id, &message.role_credentials);
        let Self { shared, .. } = self;
        shared.credentials.put(
            &message.task_arn,
            message.role_type,
            message.role_credentials,
        );
        self.send(FromAgent::IAMRoleCredentialsAckRequest(ack))
            .await;
    }

    /// Compares what should be here with what is. Tasks that nobody wants are named, and stopped
    /// only when the control plane says so again; sandboxes that nobody can name are removed.
    async fn manifest(&mut self, manifest: TaskManifestMessage) {
        if manifest.timeline <= self.timeline {
            tracing::debug!(manifest.timeline, "an old manifest");
            return;
        }
        self.timeline = manifest.timeline;
        self.manifest = Some(manifest.message_id.clone());
        let wanted: BTreeSet<&str> = manifest
            .tasks
            .iter()
            .filter(|t| t.desired_status == DesiredStatus::Running)
            .map(|t| t.task_arn.as_str())
            .collect();
        let stop_candidates = self.unwanted(&wanted, &manifest.cluster_arn);
        self.remove_nameless();
        self.acknowledge(
            &manifest.cluster_arn,
            &manifest.container_instance_arn,
            manifest.message_id.clone(),
        )
        .await;
        if !stop_candidates.is_empty() {
            let question = TaskStopVerificationMessage {
                message_id: manifest.message_id,
                stop_candidates,
            };
            self.send(FromAgent::TaskStopVerificationMessage(question))
                .await;
        }
    }

    fn unwanted(&self, wanted: &BTreeSet<&str>, cluster: &str) -> Vec<TaskIdentifier> {
        let runs = self.shared.tasks.all();
        let runs = runs
            .iter()
            .filter(|e| *e.desired.borrow() == DesiredStatus::Running);
        let mut arns: BTreeSet<String> = runs.map(|e| e.task.arn.clone()).collect();
        let kept = self.shared.records.list().into_iter().map(|r| r.task.arn);
        arns.extend(kept.filter(|arn| self.shared.tasks.get(arn).is_none()));
        arns.retain(|arn| !wanted.contains(arn.as_str()));
        let identifier = |task_arn| TaskIdentifier {
            task_arn,
            task_cluster_arn: cluster.to_owned(),
            desired_status: DesiredStatus::Stopped,
        };
        arns.into_iter().map(identifier).collect()
    }

    /// Removes what the engine has and no record or payload names.
    fn remove_nameless(&mut self) {
        let engine = self.shared.engine.clone();
        let known: BTreeSet<TaskId> = self
            .shared
            .tasks
            .all()
            .iter()
            .map(|e| e.id.clone())
            .collect();
        let found = match engine.list_tasks() {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(error = %chain(&error), "the engine's tasks cannot be listed");
                return;
            }
        };
        for id in found {
            if known.contains(&id) || self.shared.records.read(id.as_str()).is_some() {
                continue;
            }
            tracing::warn!(task = %id, "a sandbox that no task has is removed");
            let engine = engine.clone();
            self.runners.spawn(async move {
                let removed = match engine.attach(&id).await {
                    Ok(handle) => handle.delete().await,
                    Err(error) => Err(error),
                };
                if let Err(error) = removed {
                    tracing::warn!(task = %id, error = %chain(&error), "it is not wholly removed");
                }
            });
        }
    }

    /// The control plane confirms, once for each manifest.
    fn stop_verified(&mut self, ack: TaskStopVerificationAck) {
        if self.manifest.take_if(|id| *id == ack.message_id).is_none() {
            tracing::warn!("a stop verification of no manifest that waits for one");
            return;
        }
        for task in ack.stop_tasks {
            if task.desired_status == DesiredStatus::Stopped {
                self.stop(rolecall_acs::compile::stop(
                    &task.task_arn,
                    &task.task_cluster_arn,
                ));
            }
        }
    }
}

fn credentials_ack(
    message_id: &str,
    credentials: &IAMRoleCredentials,
) -> IAMRoleCredentialsAckRequest {
    IAMRoleCredentialsAckRequest {
        message_id: message_id.to_owned(),
        credentials_id: credentials.credentials_id.clone(),
        expiration: credentials.expiration.clone(),
    }
}
