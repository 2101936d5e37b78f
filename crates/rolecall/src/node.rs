//! One server with everything in it: store, pipeline, listeners.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use rolecall_base::{AccountId, Region};
use rolecall::{kinds, operations};
use rolecall_op::{Pipeline, Ports, Settings};
use rolecall_server::{Limits, Server};
use rolecall_store::Store;
use tokio::task::JoinSet;

use crate::cli::UpArgs;
use crate::credentials::Credentials;
use crate::entropy;
use crate::first_start;
use crate::log_events;

/// What a node is started with.
#[derive(Clone, Debug)]
pub(crate) struct NodeConfig {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    pub(crate) dev_credentials: Option<String>,
    pub(crate) quotas: Vec<String>,
}

impl NodeConfig {
    /// From the command line of `rolecall up`.
    pub(crate) fn from_args(args: &UpArgs) -> Result<Self> {
        Ok(Self {
            listen: args.listen,
            data: args.data.dir(),
            account: args.account.clone(),
            region: args.region.clone(),
            dev_credentials: args.dev_credentials.clone(),
            quotas: args.quota.clone(),
        })
    }
}

/// A node that serves.
pub(crate) struct Node {
    server: Server,
    endpoint: String,
    account: AccountId,
    running: JoinSet<()>,
}

impl Node {
    /// Opens the data, makes what a first start needs, and serves.
    pub(crate) async fn start(config: NodeConfig) -> Result<Self> {
        let kinds = kinds();
        let store_dir = config.data.join("store");
        let store = Store::open(&store_dir, &kinds)
            .with_context(|| format!("open the store in {}", store_dir.display()))?;
        let now = entropy::now();
        let account =
            first_start::account(&store, &config.account, &config.region, now).await?;
        if let Some(text) = &config.dev_credentials {
            first_start::dev_credentials(&store, &account.id, text, now).await?;
        }
        first_start::quotas(&store, &account.id, &config.quotas).await?;
        let settings = Settings {
            account: account.id.clone(),
            region: account.region.clone(),
            now: Arc::new(entropy::now),
            seed: Arc::new(entropy::seed),
        };
        let log_dir = config.data.join("logs");
        let log_events = log_events::open(&log_dir)
            .await
            .with_context(|| format!("open the log events in {}", log_dir.display()))?;
        let ports = Ports::default().with::<dyn rolecall_logs::LogEvents>(log_events);
        let pipeline = Pipeline::new(settings, store.clone(), ports, operations());
        let server = Server::new(pipeline.clone(), Limits::default());
        let listener = Server::bind(config.listen).await?;
        let address = listener.local_addr().context("find the listening address")?;
        let endpoint = format!("http://{address}");
        let key = store
            .snapshot()
            .get::<rolecall_identity::AccessKey>(&account.root_access_key)
            .context("find the root access key")?;
        let credentials = Credentials {
            endpoint: endpoint.clone(),
            region: account.region.to_string(),
            account: account.id.to_string(),
            access_key_id: key.id.clone(),
            secret_access_key: key.secret.clone(),
        };
        credentials.save(&config.data)?;
        let mut running = JoinSet::new();
        let serving = server.clone();
        running.spawn(async move { serving.serve(listener).await });
        Ok(Self { server, endpoint, account: account.id, running })
    }

    /// Where clients on this machine reach it.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The account it serves.
    pub(crate) fn account(&self) -> &AccountId {
        &self.account
    }

    /// What runs tasks, in words.
    pub(crate) fn tasks(&self) -> &'static str {
        "none"
    }

    /// Answers what is under way and stops. Tasks keep running.
    pub(crate) async fn stop(mut self) {
        self.server.stop();
        while self.running.join_next().await.is_some() {}
    }
}
