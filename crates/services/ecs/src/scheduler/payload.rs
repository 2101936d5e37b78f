//! The payload of a stored task.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use rolecall_acs as acs;

use crate::address::AddressPool;
use crate::documents::{Task, TaskDefinition, TaskEni};

/// Temporary credentials of a role, as STS gives them.
#[derive(Clone)]
pub struct Credentials {
    /// `ASIA…`
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The session token.
    pub session_token: String,
    /// When they expire, ISO 8601.
    pub expiration: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Credentials({} until {})",
            self.access_key_id, self.expiration
        )
    }
}

impl Credentials {
    /// The credentials as an agent gets them, for a role under an id.
    pub fn for_agent(self, id: &str, role_arn: &str) -> acs::IAMRoleCredentials {
        acs::IAMRoleCredentials {
            credentials_id: id.to_owned(),
            role_arn: role_arn.to_owned(),
            access_key_id: self.access_key_id,
            secret_access_key: self.secret_access_key,
            session_token: self.session_token,
            expiration: self.expiration,
        }
    }
}

/// What the hosts of Fargate add to every task.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Where agents find this control plane's services.
    pub endpoints: acs::compile::Endpoints,
    /// Environment variables that point programs at this control plane.
    pub environment: BTreeMap<String, String>,
    /// Name servers of the tasks.
    pub name_servers: Vec<Ipv4Addr>,
}

/// Compiles a task whose address is assigned and whose roles are assumed.
///
/// # Errors
/// As [`acs::compile()`]; the task cannot start then.
pub fn compile(
    task: &Task,
    definition: &TaskDefinition,
    task_role: Option<Credentials>,
    execution_role: Option<Credentials>,
    platform: &Platform,
    pool: &AddressPool,
) -> Result<acs::Task, acs::CompileError> {
    let (arn, cluster_arn) = (task.arn(), task.cluster_arn());
    let with_role = |credentials: Option<Credentials>, role: &Option<String>, id: &str| {
        credentials
            .zip(role.as_deref())
            .map(|(c, role)| c.for_agent(id, role))
    };
    let container_arns = task
        .containers
        .iter()
        .map(|c| (c.name.clone(), c.arn.clone()))
        .collect();
    acs::compile(&acs::TaskToCompile {
        definition: &definition.definition,
        task_arn: &arn,
        cluster_arn: &cluster_arn,
        group: Some(&task.group),
        service_name: None,
        overrides: Some(&task.overrides),
        launch_type: task.launch_type.of_agent(),
        account: &task.account,
        region: &task.region,
        role_credentials: with_role(task_role, &task.task_role_arn, &task.task_credentials_id.0),
        execution_role_credentials: with_role(
            execution_role,
            &task.execution_role_arn,
            &task.execution_credentials_id.0,
        ),
        container_arns,
        network_interfaces: interface(task, platform, pool).into_iter().collect(),
        platform_environment: platform.environment.clone(),
        endpoints: &platform.endpoints,
        execute_command: task.enable_execute_command,
    })
}

fn interface(
    task: &Task,
    platform: &Platform,
    pool: &AddressPool,
) -> Option<acs::ElasticNetworkInterface> {
    let eni = task.eni.as_ref()?;
    let address = eni.address?;
    let host = address.to_string().replace('.', "-");
    Some(acs::ElasticNetworkInterface {
        attachment_arn: task.own_arn(format_args!("attachment/{}", eni.attachment_id)),
        ec2_id: eni.network_interface_id.clone(),
        mac_address: TaskEni::mac(address),
        ipv4_addresses: vec![acs::Ipv4Address {
            primary: true,
            private_address: address.to_string(),
        }],
        subnet_gateway_ipv4_address: Some(pool.gateway_with_prefix()),
        domain_name_servers: platform
            .name_servers
            .iter()
            .map(Ipv4Addr::to_string)
            .collect(),
        domain_name: Vec::new(),
        private_dns_name: Some(crate::task::private_dns_name(task, &host)),
    })
}
