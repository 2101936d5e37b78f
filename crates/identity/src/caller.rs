//! Who calls: the authenticated principal of one request.

use std::sync::Arc;

use rolecall_base::AccountId;
use serde::{Deserialize, Serialize};

use crate::{SessionClaims, Vouched};

/// What a session of temporary credentials stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionKind {
    /// A role that was assumed.
    Role {
        /// `AROA…`; a role made anew under the same name does not match.
        role_id: String,
        /// The store key of the role.
        role_key: String,
        /// The session's name.
        name: String,
    },
    /// A user's session from `GetSessionToken`.
    User {
        /// `AIDA…`
        user_id: String,
        /// The store key of the user.
        user_key: String,
    },
    /// A federated user's session from `GetFederationToken`.
    Federated {
        /// The name that was given.
        name: String,
        /// The id of the user who asked for it.
        user_id: String,
        /// The ARN of that user.
        user_arn: String,
        /// The store key of that user; empty if root asked.
        user_key: String,
    },
    /// The root user's session from `GetSessionToken`.
    Root,
    /// A session of a member's root user from `AssumeRoot`: a privileged session. What it may do is
    /// narrowed by the one policy among the session's.
    AssumedRoot,
}

/// The principal of one request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account it belongs to.
    pub account: AccountId,
    /// Its ARN as messages and `GetCallerIdentity` print it.
    pub arn: String,
    /// Its unique id as `GetCallerIdentity` prints it: the account id for root, `AIDA…` for a
    /// user, `AROA…:session` for a role session.
    pub unique_id: String,
    /// The access key that signed; `None` for a call from inside Rolecall.
    pub access_key_id: Option<String>,
    /// What kind of principal it is.
    pub kind: CallerKind,
}

/// What the agents on Fargate's hosts may do: what AWS lets the agent of a container instance do.
pub const FARGATE_AGENT_POLICY: &str =
    "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role";

/// The name that stands in for the role of Fargate's hosts, which is AWS's and in no account.
const FARGATE_AGENT_ROLE: &str = "AWSServiceRoleForECSFargateHost";

/// What kind of principal calls.
#[derive(Clone, Debug)]
pub enum CallerKind {
    /// The account's root user.
    Root {
        /// The session, if temporary credentials of root signed.
        session: Option<Arc<SessionClaims>>,
    },
    /// An IAM user.
    User {
        /// The store key of the user.
        key: String,
        /// The session, if temporary credentials of the user signed.
        session: Option<Arc<SessionClaims>>,
    },
    /// A session of a role.
    Role {
        /// The store key of the role.
        key: String,
        /// The role's own ARN.
        role_arn: String,
        /// The session.
        session: Arc<SessionClaims>,
    },
    /// A federated user.
    Federated {
        /// The store key of the user whose policies bound it; empty if root asked for it.
        key: String,
        /// The session.
        session: Arc<SessionClaims>,
    },
    /// A service principal such as `ecs-tasks.amazonaws.com`; only made inside Rolecall, never
    /// from a request on the wire.
    Service {
        /// The service's name.
        name: String,
        /// The ARN of the resource that it acts for (`aws:SourceArn`).
        source_arn: Option<String>,
    },
    /// The agent on a host of Fargate; only made inside Rolecall, never from a request on the wire.
    /// It acts under [`FARGATE_AGENT_POLICY`], like the agent on a container instance.
    FargateAgent,
    /// Somebody whom an identity provider vouches for, known for one call by a verified token or
    /// assertion; only the operations that take those make one.
    Vouched(Arc<Vouched>),
    /// Nobody: the operation takes no signature.
    Anonymous,
}

impl Caller {
    /// A service principal acting in `account`.
    pub fn service(account: AccountId, name: &str, source_arn: Option<String>) -> Self {
        Self {
            account,
            arn: name.to_owned(),
            unique_id: name.to_owned(),
            access_key_id: None,
            kind: CallerKind::Service {
                name: name.to_owned(),
                source_arn,
            },
        }
    }

    /// The agent on the host `host` of Fargate.
    pub fn fargate_agent(account: AccountId, host: &str) -> Self {
        Self {
            arn: format!("arn:aws:sts::{account}:assumed-role/{FARGATE_AGENT_ROLE}/{host}"),
            unique_id: format!("AROAFARGATEHOST:{host}"),
            account,
            access_key_id: None,
            kind: CallerKind::FargateAgent,
        }
    }

    /// The session, if temporary credentials signed.
    pub fn session(&self) -> Option<&SessionClaims> {
        match &self.kind {
            CallerKind::Root { session } | CallerKind::User { session, .. } => session.as_deref(),
            CallerKind::Role { session, .. } | CallerKind::Federated { session, .. } => {
                Some(session)
            }
            CallerKind::Service { .. }
            | CallerKind::FargateAgent
            | CallerKind::Vouched(_)
            | CallerKind::Anonymous => None,
        }
    }

    /// Whether this is the root user in a session of `AssumeRoot` (`aws:AssumedRoot`).
    pub fn is_assumed_root(&self) -> bool {
        let session = self.session();
        session.is_some_and(|session| session.kind == SessionKind::AssumedRoot)
    }

    /// Whether this is the root user.
    pub fn is_root(&self) -> bool {
        matches!(self.kind, CallerKind::Root { .. })
    }
}
