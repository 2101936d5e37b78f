//! Fargate: tasks to agents, and back.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use rolecall_acs::{
    DesiredStatus, FromAgent, IAMRoleCredentialsMessage, PayloadMessage, RoleType, Task as Payload,
    TaskIdentifier, TaskManifestMessage, TaskStopVerificationAck, TaskStopVerificationMessage,
    ToAgent,
};
use rolecall_base::{AccountId, Arn, AwsError, Region, Timestamp};
use rolecall_ecs::address::AddressPool;
use rolecall_ecs::documents::{self, Task, TaskDefinition};
use rolecall_ecs::scheduler::{self, Launch, Plan, Platform};
use rolecall_ecs::transitions::{self, StopCause};
use rolecall_op::Pipeline;
use rolecall_store::{Document, Txn};
use tokio::sync::mpsc;

use crate::guard::guarded;
use crate::ids;
use crate::roles::{self, TaskRoles};

/// How often the plan is made without a change that asks for it.
const PERIOD: Duration = Duration::from_secs(15);

/// How long before they expire credentials are made anew.
const REFRESH_BEFORE: Duration = Duration::from_secs(15 * 60);

/// The two directions of the channel to an agent.
pub struct AgentLink {
    /// Messages to the agent.
    pub to: mpsc::Sender<ToAgent>,
    /// Messages from it.
    pub from: mpsc::Receiver<FromAgent>,
}

/// The link, and what the agent asked by it.
struct Link {
    agent: AgentLink,
    questions: VecDeque<TaskStopVerificationMessage>,
}

impl Link {
    /// Hands the agent a message. Listens to it meanwhile: an agent whose acknowledgements nobody
    /// takes would take no message either.
    async fn send(&mut self, message: ToAgent) {
        let Self { agent, questions } = self;
        let AgentLink { to, from } = agent;
        let room = loop {
            tokio::select! {
                room = to.reserve() => break room,
                Some(message) = from.recv() => heard(message, questions),
            }
        };
        match room {
            Ok(room) => room.send(message),
            Err(_) => tracing::warn!("the agent is gone"),
        }
    }
}

/// Takes a message of the agent's: what it asks is kept, acknowledgements need nothing.
fn heard(message: FromAgent, questions: &mut VecDeque<TaskStopVerificationMessage>) {
    match message {
        FromAgent::NackRequest(nack) => {
            tracing::warn!(reason = nack.reason, "the agent refused a message");
        }
        FromAgent::TaskStopVerificationMessage(question) => questions.push_back(question),
        _ => {}
    }
}

/// What the driver is set up with.
pub struct FargateConfig {
    /// The addresses of tasks; the host's own are taken already.
    pub pool: AddressPool,
    /// What the hosts add to every task.
    pub platform: Platform,
    /// The name by which the agent knows itself, an ARN.
    pub container_instance_arn: String,
}

/// The driver of Fargate's tasks on one host.
pub struct Fargate {
    pipeline: Pipeline,
    config: FargateConfig,
    link: Link,
    /// When the credentials of a task's roles expire, by the task's key.
    expires: HashMap<String, Timestamp>,
    seq: i64,
    /// A step was cut short between what it wrote and what it sent: the agent may not know what the
    /// documents say that it knows.
    adrift: bool,
}

impl Fargate {
    /// Runs until the agent is gone: first tells it what it should have, then keeps to the plan.
    pub async fn run(pipeline: Pipeline, config: FargateConfig, link: AgentLink) {
        let mut wake = pipeline
            .store()
            .watch_kinds(&[Task::KIND, TaskDefinition::KIND]);
        let mut driver = Self {
            pipeline,
            config,
            link: Link {
                agent: link,
                questions: VecDeque::new(),
            },
            expires: HashMap::new(),
            seq: 0,
            adrift: false,
        };
        driver.tell_all().await;
        let mut period = tokio::time::interval(PERIOD);
        loop {
            tokio::select! {
                changed = wake.changed() => if changed.is_err() { return },
                _ = period.tick() => {
                    if driver.adrift {
                        driver.tell_all().await;
                    }
                    let ended = guarded("refresh credentials", driver.refresh()).await;
                    driver.adrift |= !ended;
                }
                message = driver.link.agent.from.recv() => match message {
                    Some(message) => {
                        heard(message, &mut driver.link.questions);
                        let ended = guarded("answer an agent", driver.answer()).await;
                        driver.adrift |= !ended;
                        continue;
                    }
                    None => return,
                },
            }
            let ended = guarded("plan", driver.turn()).await;
            driver.adrift |= !ended;
            let ended = guarded("answer an agent", driver.answer()).await;
            driver.adrift |= !ended;
        }
    }

    /// [`Fargate::connect`]; again at a later period if it does not come to its end.
    async fn tell_all(&mut self) {
        self.adrift = false;
        let ended = guarded("tell an agent its tasks", self.connect()).await;
        self.adrift |= !ended;
    }

    /// What an agent is told when it connects: every task that it should have, with fresh
    /// credentials, and then the list of them, so that it can stop what is not on it.
    async fn connect(&mut self) {
        let snap = self.pipeline.store().snapshot();
        let tasks: Vec<(String, Task)> = scheduler::on_agents(&snap)
            .map(|(key, task)| (key.to_owned(), task.cloned()))
            .collect();
        drop(snap);
        let mut listed = Vec::new();
        for (key, task) in tasks {
            listed.push(TaskIdentifier {
                task_arn: task.arn(),
                task_cluster_arn: task.cluster_arn(),
                desired_status: desired(&task),
            });
            self.send_again(&key, &task).await;
        }
        let (message_id, timeline) = (self.message_id(), self.next_seq());
        let manifest = TaskManifestMessage {
            message_id,
            cluster_arn: String::new(),
            container_instance_arn: self.config.container_instance_arn.clone(),
            generated_at: self.now().epoch_millis(),
            timeline,
            tasks: listed,
        };
        self.send(ToAgent::TaskManifestMessage(manifest)).await;
    }

    async fn send_again(&mut self, key: &str, task: &Task) {
        let roles = match roles::assume(&self.pipeline, task).await {
            Ok(roles) => roles,
            Err(refused) => {
                // The containers run on with what they have; the role may come back.
                tracing::warn!(task = task.arn(), error = %refused.error, "assume a role");
                TaskRoles::default()
            }
        };
        self.expire_at(key, task, roles.expires);
        match self.compile(task, roles) {
            Ok(mut payload) => {
                payload.desired_status = desired(task);
                self.send_payload(task, payload).await;
            }
            Err(reason) => tracing::error!(task = task.arn(), reason, "compile a task"),
        }
    }

    /// Answers the agent's questions about tasks that it has and that were not on the list. One
    /// that was stopped just before a server died gets its roles, so that it ships what is left of
    /// its output; one that nobody knows is stopped as it is.
    async fn answer(&mut self) {
        while let Some(question) = self.link.questions.pop_front() {
            let mut stop_tasks = Vec::new();
            for candidate in question.stop_candidates {
                match self.known(&candidate.task_arn) {
                    None => stop_tasks.push(candidate),
                    Some(task) if desired(&task) == DesiredStatus::Stopped => {
                        let roles = roles::assume(&self.pipeline, &task).await;
                        match self.compile(&task, roles.unwrap_or_default()) {
                            Ok(mut payload) => {
                                payload.desired_status = DesiredStatus::Stopped;
                                self.send_payload(&task, payload).await;
                            }
                            Err(_) => stop_tasks.push(candidate),
                        }
                    }
                    // Wanted, and sent by itself.
                    Some(_) => {}
                }
            }
            if !stop_tasks.is_empty() {
                let ack = TaskStopVerificationAck {
                    message_id: question.message_id,
                    generated_at: self.now().epoch_millis(),
                    stop_tasks,
                };
                self.send(ToAgent::TaskStopVerificationAck(ack)).await;
            }
        }
    }

    /// The task of an ARN.
    fn known(&self, task_arn: &str) -> Option<Task> {
        let arn = Arn::parse(task_arn).ok()?;
        let (cluster, id) = arn.resource().strip_prefix("task/")?.split_once('/')?;
        let region = Region::new(arn.region()).ok()?;
        let account = AccountId::new(arn.account()).ok()?;
        self.task(&documents::regional_key(
            &account,
            &region,
            &Task::key_part(cluster, id),
        ))
    }

    /// One turn: plan, and carry it out.
    async fn turn(&mut self) {
        let plan = {
            let snap = self.pipeline.store().snapshot();
            scheduler::plan(&snap, self.now(), self.config.pool.clone())
        };
        self.execute(plan).await;
    }

    async fn execute(&mut self, plan: Plan) {
        for launch in plan.launch {
            let ended = guarded("launch a task", self.launch(launch)).await;
            self.adrift |= !ended;
        }
        for key in plan.no_address {
            let failed = self.fail(&key, transitions::NO_ADDRESS.to_owned());
            guarded("fail a task", failed).await;
        }
        for key in plan.stop {
            let ended = guarded("stop a task", self.stop(&key)).await;
            self.adrift |= !ended;
        }
        let now = self.now();
        for key in plan.end {
            self.change(move |tx| {
                let cause = StopCause::user(None);
                transitions::ended(tx, &key, &cause, now);
            })
            .await;
        }
        for key in plan.release {
            self.expires.remove(&key);
            self.change(move |tx| {
                transitions::released(tx, &key, now);
            })
            .await;
        }
        let (tasks, tokens) = (plan.forget_tasks, plan.forget_tokens);
        let definitions = plan.forget_definitions;
        if tasks.is_empty() && tokens.is_empty() && definitions.is_empty() {
            return;
        }
        self.change(move |tx| {
            for key in &tasks {
                transitions::forget_task(tx, key);
            }
            for key in &tokens {
                transitions::forget_token(tx, key);
            }
            for key in &definitions {
                transitions::forget_definition(tx, key);
            }
        })
        .await;
    }

    async fn launch(&mut self, launch: Launch) {
        let key = launch.task;
        if let Some(address) = launch.address {
            let at = key.clone();
            let assigned = self
                .change(move |tx| {
                    transitions::assign_address(tx, &at, address);
                })
                .await;
            if !assigned {
                return;
            }
        }
        let Some(task) = self.task(&key) else { return };
        let roles = match roles::assume(&self.pipeline, &task).await {
            Ok(roles) => roles,
            Err(refused) if refused.is_passing() => {
                tracing::warn!(task = task.arn(), error = %refused.error, "assume a role");
                return;
            }
            Err(refused) => {
                return self
                    .fail(&key, transitions::unable_to_assume(&refused.role_arn))
                    .await;
            }
        };
        self.expire_at(&key, &task, roles.expires);
        match self.compile(&task, roles) {
            Ok(payload) => {
                let now = self.now();
                let at = key.clone();
                // Written before it is sent: an agent's report must find the task PENDING.
                let written = self
                    .change(move |tx| {
                        transitions::sent_to_agent(tx, &at, now);
                    })
                    .await;
                if written {
                    self.send_payload(&task, payload).await;
                }
            }
            Err(reason) => self.fail(&key, reason).await,
        }
    }

    async fn stop(&mut self, key: &str) {
        let Some(task) = self.task(key) else { return };
        let (now, at) = (self.now(), key.to_owned());
        let written = self
            .change(move |tx| {
                transitions::stop_sent(tx, &at, now);
            })
            .await;
        if written {
            let payload = Payload {
                arn: task.arn(),
                task_cluster_arn: task.cluster_arn(),
                desired_status: DesiredStatus::Stopped,
                ..Payload::default()
            };
            self.send_payload(&task, payload).await;
        }
    }

    async fn fail(&self, key: &str, reason: String) {
        let (now, key) = (self.now(), key.to_owned());
        self.change(move |tx| {
            transitions::failed_to_start(tx, &key, &reason, now);
        })
        .await;
    }

    /// Sends new credentials for tasks whose old ones expire soon.
    async fn refresh(&mut self) {
        let soon = self.now().plus(REFRESH_BEFORE);
        let due: Vec<String> = self
            .expires
            .iter()
            .filter(|(_, at)| **at <= soon)
            .map(|(k, _)| k.clone())
            .collect();
        for key in due {
            let Some(task) = self.task(&key).filter(|task| !task.is_stopped()) else {
                self.expires.remove(&key);
                continue;
            };
            match roles::assume(&self.pipeline, &task).await {
                Ok(roles) => {
                    self.expire_at(&key, &task, roles.expires);
                    self.send_credentials(&task, roles).await;
                }
                // Tried again at the next period, for as long as the task lives.
                Err(refused) => {
                    tracing::warn!(task = task.arn(), error = %refused.error, "assume a role");
                }
            }
        }
    }

    async fn send_credentials(&mut self, task: &Task, roles: TaskRoles) {
        let kinds = [
            (
                RoleType::TaskApplication,
                roles.task,
                &task.task_role_arn,
                &task.task_credentials_id,
            ),
            (
                RoleType::TaskExecution,
                roles.execution,
                &task.execution_role_arn,
                &task.execution_credentials_id,
            ),
        ];
        for (role_type, credentials, role_arn, id) in kinds {
            let (Some(credentials), Some(role_arn)) = (credentials, role_arn) else {
                continue;
            };
            let message = IAMRoleCredentialsMessage {
                message_id: self.message_id(),
                task_arn: task.arn(),
                task_cluster_arn: Some(task.cluster_arn()),
                role_type,
                role_credentials: credentials.for_agent(&id.0, role_arn),
            };
            self.send(ToAgent::IAMRoleCredentialsMessage(message)).await;
        }
    }

    fn compile(&self, task: &Task, roles: TaskRoles) -> Result<Payload, String> {
        let snap = self.pipeline.store().snapshot();
        let definition = snap
            .get::<documents::TaskDefinition>(&task.definition_key())
            .ok_or_else(|| "TaskDefinition not found.".to_owned())?;
        scheduler::compile(
            task,
            &definition,
            roles.task,
            roles.execution,
            &self.config.platform,
            &self.config.pool,
        )
        .map_err(|error| error.to_string())
    }

    async fn send_payload(&mut self, task: &Task, payload: Payload) {
        let seq = self.next_seq();
        let message = PayloadMessage {
            cluster_arn: task.cluster_arn(),
            container_instance_arn: self.config.container_instance_arn.clone(),
            message_id: self.message_id(),
            seq_num: seq,
            timeline: seq,
            generated_at: self.now().epoch_millis(),
            tasks: vec![payload],
        };
        self.send(ToAgent::PayloadMessage(message)).await;
    }

    async fn send(&mut self, message: ToAgent) {
        self.link.send(message).await;
    }

    /// Writes a change; whether it was written. What was not is tried again at the next turn.
    async fn change(&self, change: impl Fn(&mut Txn) + Send + 'static) -> bool {
        let body = move |tx: &mut Txn| {
            change(tx);
            Ok::<_, AwsError>(())
        };
        match self.pipeline.store().transact(body).await {
            Ok(_) => true,
            Err(error) => {
                tracing::error!(%error, "write a task");
                false
            }
        }
    }

    fn task(&self, key: &str) -> Option<Task> {
        self.pipeline
            .store()
            .snapshot()
            .get::<Task>(key)
            .map(|task| task.cloned())
    }

    fn expire_at(&mut self, key: &str, task: &Task, at: Option<Timestamp>) {
        let has_role = task.task_role_arn.is_some() || task.execution_role_arn.is_some();
        // Without a time the roles were refused: they are tried again soon.
        match at {
            Some(at) => self.expires.insert(key.to_owned(), at),
            None if has_role => self.expires.insert(key.to_owned(), self.now()),
            None => self.expires.remove(key),
        };
    }

    fn now(&self) -> Timestamp {
        (self.pipeline.settings().now)()
    }

    fn next_seq(&mut self) -> i64 {
        self.seq += 1;
        // Later than anything that an earlier process sent: agents drop what is older.
        self.now()
            .epoch_millis()
            .saturating_mul(1000)
            .saturating_add(self.seq % 1000)
    }

    fn message_id(&self) -> String {
        ids::uuid(&self.pipeline)
    }
}

fn desired(task: &Task) -> DesiredStatus {
    match task.desired_status {
        documents::DesiredStatus::Running => DesiredStatus::Running,
        documents::DesiredStatus::Stopped => DesiredStatus::Stopped,
    }
}

#[cfg(test)]
mod tests {
    use rolecall_acs::{HeartbeatAckRequest, HeartbeatMessage};

    use super::*;

    #[tokio::test]
    async fn an_agent_that_answers_more_than_the_channels_hold_is_not_waited_for_in_vain() {
        let (to, mut incoming) = mpsc::channel(1);
        let (outgoing, from) = mpsc::channel(1);
        let mut link = Link {
            agent: AgentLink { to, from },
            questions: VecDeque::new(),
        };
        let agent = tokio::spawn(async move {
            let mut taken = 0;
            while incoming.recv().await.is_some() {
                taken += 1;
                for _ in 0..3 {
                    let message_id = taken.to_string();
                    let ack = HeartbeatAckRequest { message_id };
                    let ack = FromAgent::HeartbeatAckRequest(ack);
                    let _ = outgoing.send(ack).await;
                }
            }
            taken
        });
        for _ in 0..100 {
            let message = HeartbeatMessage::default();
            link.send(ToAgent::HeartbeatMessage(message)).await;
        }
        drop(link);
        assert_eq!(agent.await.unwrap(), 100);
    }
}
