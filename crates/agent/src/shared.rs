//! What all parts of the agent hold in common.

use std::sync::Arc;

use rolecall_engine::Engine;
use tokio::sync::watch;

use crate::aws::Clients;
use crate::config::AgentConfig;
use crate::control::ControlPlane;
use crate::credentials::CredentialStore;
use crate::image::Puller;
use crate::records::Records;
use crate::task::table::TaskTable;

/// The agent's parts.
pub(crate) struct Shared {
    pub(crate) config: AgentConfig,
    pub(crate) engine: Engine,
    pub(crate) control: Arc<dyn ControlPlane>,
    pub(crate) credentials: Arc<CredentialStore>,
    pub(crate) tasks: TaskTable,
    pub(crate) clients: Clients,
    pub(crate) puller: Puller,
    pub(crate) records: Records,
    /// True once the process is to end: tasks go on, their runners do not.
    pub(crate) ending: watch::Sender<bool>,
}

impl Shared {
    /// Returns when the process is to end.
    pub(crate) async fn ended(&self) {
        let mut ending = self.ending.subscribe();
        // The sender lives as long as `self`.
        let _ = ending.wait_for(|ending| *ending).await;
    }
}
