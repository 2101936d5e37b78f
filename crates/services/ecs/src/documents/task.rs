//! Tasks.

use std::fmt;
use std::net::Ipv4Addr;

use rolecall_api::ecs as api;
use rolecall_base::{AccountId, Region, Tags, Timestamp};
use rolecall_op::Stored;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// A task. Keyed by account, region, cluster name and task id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Whose it is.
    pub account: AccountId,
    /// Where it is.
    pub region: Region,
    /// Its cluster's name.
    pub cluster: String,
    /// 32 hexadecimal digits.
    pub id: String,
    /// The family of its task definition.
    pub family: String,
    /// The revision of its task definition.
    pub revision: u32,
    /// Where it runs.
    pub launch_type: LaunchType,
    /// The capacity provider that it was placed by.
    pub capacity_provider: Option<String>,
    /// The platform version, on Fargate.
    pub platform_version: Option<String>,
    /// The platform's family, such as `Linux`, on Fargate.
    pub platform_family: Option<String>,
    /// `x86_64` or `arm64`.
    pub cpu_architecture: String,
    /// `family:NAME`, `service:NAME`, or what was given.
    pub group: String,
    /// Who or what started it, as it was given.
    pub started_by: Option<String>,
    /// What became of it so far.
    pub last_status: TaskStatus,
    /// What should become of it.
    pub desired_status: DesiredStatus,
    /// How often it changed, from 1.
    pub version: i64,
    /// Its containers, in the order of the task definition.
    pub containers: Vec<TaskContainer>,
    /// Its network interface, with the network mode `awsvpc`.
    pub eni: Option<TaskEni>,
    /// The network configuration that it was started with.
    pub awsvpc: Option<Awsvpc>,
    /// The overrides that it was started with.
    pub overrides: Stored<api::TaskOverride>,
    /// Its CPU units, overrides included.
    pub cpu: Option<String>,
    /// Its memory in MiB, overrides included.
    pub memory: Option<String>,
    /// Its ephemeral storage in GiB.
    pub ephemeral_storage_gib: Option<i32>,
    /// The role of the program inside, overrides included.
    pub task_role_arn: Option<String>,
    /// The role of the agent for this task, overrides included.
    pub execution_role_arn: Option<String>,
    /// The id that the task role's credentials are served under.
    pub task_credentials_id: CredentialsId,
    /// The id that the execution role's credentials are served under.
    pub execution_credentials_id: CredentialsId,
    /// Whether `ExecuteCommand` is on.
    pub enable_execute_command: bool,
    /// Its tags.
    pub tags: Tags,
    /// The Availability Zone.
    pub availability_zone: String,
    /// When it was made.
    pub created: Timestamp,
    /// When its payload was sent to an agent first.
    pub sent: Option<Timestamp>,
    /// When the agent was told to stop it.
    pub stop_sent: Option<Timestamp>,
    /// When the agent reported it first.
    pub connected: Option<Timestamp>,
    /// When the first image pull began.
    pub pull_started: Option<Timestamp>,
    /// When the last image pull ended.
    pub pull_stopped: Option<Timestamp>,
    /// When it was running.
    pub started: Option<Timestamp>,
    /// When it began to stop.
    pub stopping: Option<Timestamp>,
    /// When its containers had stopped.
    pub execution_stopped: Option<Timestamp>,
    /// When it was over.
    pub stopped: Option<Timestamp>,
    /// Why it stopped, as a code such as `UserInitiated`.
    pub stop_code: Option<String>,
    /// Why it stopped, in words.
    pub stopped_reason: Option<String>,
}

impl Document for Task {
    const KIND: &'static str = "ecs.task";
    const VERSION: u32 = 1;
}

impl Task {
    /// The part of the key after account and region.
    pub fn key_part(cluster: &str, id: &str) -> String {
        format!("{cluster}/{id}")
    }

    /// The key.
    pub fn key(&self) -> String {
        super::regional_key(
            &self.account,
            &self.region,
            &Self::key_part(&self.cluster, &self.id),
        )
    }

    /// `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`
    pub fn arn(&self) -> String {
        self.own_arn(format_args!("task/{}/{}", self.cluster, self.id))
    }

    /// The ARN of its cluster.
    pub fn cluster_arn(&self) -> String {
        self.own_arn(format_args!("cluster/{}", self.cluster))
    }

    /// The ARN of its task definition.
    pub fn definition_arn(&self) -> String {
        self.own_arn(format_args!(
            "task-definition/{}:{}",
            self.family, self.revision
        ))
    }

    /// The key of its task definition.
    pub fn definition_key(&self) -> String {
        let part = super::TaskDefinition::key_part(&self.family, self.revision);
        super::regional_key(&self.account, &self.region, &part)
    }

    /// An ARN in the task's account and region.
    pub fn own_arn(&self, resource: impl fmt::Display) -> String {
        format!("arn:aws:ecs:{}:{}:{resource}", self.region, self.account)
    }

    /// Whether it is over.
    pub fn is_stopped(&self) -> bool {
        self.last_status == TaskStatus::Stopped
    }
}

/// What became of a task so far, in the order in which it happens.
///
/// Source: Amazon ECS Developer Guide, "Task lifecycle".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TaskStatus {
    /// Its network interface is being made.
    Provisioning,
    /// Its agent pulls and creates.
    Pending,
    /// It is being made known to load balancers and service discovery.
    Activating,
    /// It runs.
    Running,
    /// It is being taken from load balancers and service discovery.
    Deactivating,
    /// Its agent stops its containers.
    Stopping,
    /// Its network interface is being taken away.
    Deprovisioning,
    /// It is over.
    Stopped,
}

impl TaskStatus {
    /// Every status, in order.
    pub const ALL: [Self; 8] = [
        Self::Provisioning,
        Self::Pending,
        Self::Activating,
        Self::Running,
        Self::Deactivating,
        Self::Stopping,
        Self::Deprovisioning,
        Self::Stopped,
    ];

    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Activating => "ACTIVATING",
            Self::Running => "RUNNING",
            Self::Deactivating => "DEACTIVATING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }

    /// The status of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// What should become of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DesiredStatus {
    /// It should run.
    Running,
    /// It should be stopped.
    Stopped,
}

impl DesiredStatus {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
        }
    }
}

/// Where a task runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaunchType {
    /// On hosts that Rolecall owns.
    Fargate,
    /// On an EC2 container instance.
    Ec2,
    /// On a container instance elsewhere (ECS Anywhere).
    External,
}

impl LaunchType {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        self.of_agent().as_str()
    }

    /// The launch type of this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Fargate, Self::Ec2, Self::External]
            .into_iter()
            .find(|t| t.as_str() == text)
    }

    /// As the compiler knows it.
    pub fn of_agent(self) -> rolecall_acs::LaunchType {
        match self {
            Self::Fargate => rolecall_acs::LaunchType::Fargate,
            Self::Ec2 => rolecall_acs::LaunchType::Ec2,
            Self::External => rolecall_acs::LaunchType::External,
        }
    }
}

/// The secret part of the path that a container fetches credentials from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialsId(pub String);

impl fmt::Debug for CredentialsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialsId(***)")
    }
}

/// A container of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskContainer {
    /// Its name.
    pub name: String,
    /// `arn:aws:ecs:REGION:ACCOUNT:container/CLUSTER/TASK/UUID`
    pub arn: String,
    /// The image reference.
    pub image: String,
    /// Whether the task stops when it stops.
    pub essential: bool,
    /// Whether it has a health check.
    pub health_check: bool,
    /// `PENDING`, `RUNNING` or `STOPPED`; every other status is shown as it was reported.
    pub last_status: TaskStatus,
    /// The digest of the image that was pulled.
    pub image_digest: Option<String>,
    /// The engine's id of it.
    pub runtime_id: Option<String>,
    /// How it ended.
    pub exit_code: Option<i32>,
    /// Why it did not start, or ended.
    pub reason: Option<String>,
    /// `HEALTHY`, `UNHEALTHY` or `UNKNOWN`.
    pub health_status: String,
    /// Its ports on the host.
    pub network_bindings: Vec<Stored<api::NetworkBinding>>,
    /// Its CPU units, overrides included.
    pub cpu: i32,
    /// Its hard memory limit in MiB, overrides included.
    pub memory: Option<i32>,
    /// Its soft memory limit in MiB, overrides included.
    pub memory_reservation: Option<i32>,
}

/// The network interface of a task: its ids are drawn with the task, its address is assigned when
/// the task is placed and free again when the task is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskEni {
    /// A UUID, the last part of the attachment's ARN.
    pub attachment_id: String,
    /// `eni-` and 17 hexadecimal digits.
    pub network_interface_id: String,
    /// The subnet.
    pub subnet_id: String,
    /// The address, once it is assigned. A stopped task still shows the one that it had.
    pub address: Option<Ipv4Addr>,
    /// `PRECREATED`, `ATTACHING`, `ATTACHED` or `DELETED`.
    pub status: String,
}

impl TaskEni {
    /// The address, unless the interface is gone and another task may have it.
    pub fn held_address(&self) -> Option<Ipv4Addr> {
        self.address.filter(|_| self.status != "DELETED")
    }

    /// The MAC address that goes with an address: locally administered, and as unique as it.
    pub fn mac(address: Ipv4Addr) -> String {
        let [a, b, c, d] = address.octets();
        format!("0a:58:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
    }
}

/// The network configuration that a task was started with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awsvpc {
    /// The subnets to choose from.
    pub subnets: Vec<String>,
    /// The security groups.
    pub security_groups: Vec<String>,
    /// Whether it has a public address.
    pub assign_public_ip: bool,
}
