//! What runs tasks on this machine.

use std::net::SocketAddr;

use anyhow::Result;
use rolecall_op::Pipeline;
use rolecall_server::Server;
use tokio::task::JoinSet;

use crate::node::NodeConfig;

/// What runs tasks.
pub(crate) struct Tasks;

impl Tasks {
    /// Nothing runs tasks yet.
    #[expect(clippy::unused_async, reason = "opening the engine waits")]
    pub(crate) async fn start(
        _: &NodeConfig,
        _: &Pipeline,
        _: &Server,
        _: SocketAddr,
        _: &mut JoinSet<()>,
    ) -> Result<Self> {
        tracing::warn!("tasks are not run yet: they stay PROVISIONING");
        Ok(Self)
    }

    /// In words, for the banner.
    pub(crate) fn describe(&self) -> String {
        "not run yet".to_owned()
    }

    /// Takes nothing off the machine.
    pub(crate) async fn remove(self) -> Result<()> {
        Ok(())
    }
}
