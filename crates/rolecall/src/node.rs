//! One server with everything in it: store, pipeline, listeners, and what runs tasks.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use rolecall::{kinds, operations};
use rolecall_base::{AccountId, Region};
use rolecall_blob::ContentStore;
use rolecall_ecr::{LayerStore, RegistryAddress};
use rolecall_federation::Providers;
use rolecall_identity::{AccessKey, IssuerAddress};
use rolecall_logs::LogEvents;
use rolecall_op::audit::Denial;
use rolecall_op::{Pipeline, Ports, Settings};
use rolecall_reconcile::{Expiry, Retention};
use rolecall_record::{History, NoHistory, Reader, Recorded, Recorder};
use rolecall_registry::{LocalLayers, Registry};
use rolecall_server::{Limits, Server};
use rolecall_store::Store;
use tokio::task::JoinSet;

use crate::cli::UpArgs;
use crate::credentials::Credentials;
use crate::issuers::Issuers;
use crate::providers::WebProviders;
use crate::tasks::Tasks;
use crate::{entropy, first_start, log_events};

/// What a node is started with.
#[derive(Clone, Debug)]
pub(crate) struct NodeConfig {
    pub(crate) listen: SocketAddr,
    /// The URL under which others reach it; `None` is where it listens.
    pub(crate) public_url: Option<String>,
    pub(crate) data: PathBuf,
    /// None: the data's own, or the default at the first start.
    pub(crate) account: Option<AccountId>,
    /// None: as with the account.
    pub(crate) region: Option<Region>,
    pub(crate) dev_credentials: Option<String>,
    pub(crate) quotas: Vec<String>,
    pub(crate) oci_runtime: Option<PathBuf>,
    /// Whether tasks are run here.
    pub(crate) tasks: bool,
    /// How many MiB the record of calls takes at most; 0 keeps none.
    pub(crate) record_mib: u64,
}

impl NodeConfig {
    /// From the command line of `rolecall up`.
    pub(crate) fn from_args(args: &UpArgs) -> Self {
        Self {
            listen: args.listen,
            public_url: args.public_url.clone(),
            data: args.data.dir(),
            account: args.account.clone(),
            region: args.region.clone(),
            dev_credentials: args.dev_credentials.clone(),
            quotas: args.quota.clone(),
            oci_runtime: args.oci_runtime.clone(),
            tasks: !args.no_tasks,
            record_mib: args.record_mib,
        }
    }
}

/// A node that serves.
pub(crate) struct Node {
    server: Server,
    pipeline: Pipeline,
    recorder: Option<Recorder>,
    credentials: Credentials,
    tasks: Option<Tasks>,
    running: JoinSet<()>,
}

impl Node {
    /// Opens the data, makes what a first start needs, and serves.
    pub(crate) async fn start(config: NodeConfig) -> Result<Self> {
        let store_dir = config.data.join("store");
        let store = Store::open(&store_dir, &kinds())
            .with_context(|| format!("open the store in {}", store_dir.display()))?;
        let now = entropy::now();
        let account = first_start::account(&store, &config, now).await?;
        if let Some(text) = &config.dev_credentials {
            first_start::dev_credentials(&store, &account.id, text, now).await?;
        }
        first_start::quotas(&store, &account.id, &config.quotas).await?;

        let listener = Server::bind(config.listen).await?;
        let address = listener
            .local_addr()
            .context("find the listening address")?;
        let endpoint = format!("http://{}", reachable(address));
        let issuers = Arc::new(IssuerAddress {
            base: config
                .public_url
                .clone()
                .unwrap_or_else(|| endpoint.clone()),
        });
        let content = ContentStore::open(config.data.join("layers"))
            .await
            .context("open the image layers")?;
        let layers = Arc::new(LocalLayers::new(content.clone()));
        let events = log_events::open(&config.data.join("logs"))
            .await
            .context("open the log events")?;
        let (recorder, history) = open_record(&config)?;
        let ports = Ports::default()
            .with::<dyn History>(history)
            .with::<dyn LogEvents>(Arc::clone(&events))
            .with::<dyn Providers>(Arc::new(WebProviders::default()))
            .with::<dyn LayerStore>(layers.clone())
            .with::<RegistryAddress>(Arc::new(RegistryAddress {
                local: endpoint.clone(),
                public: config.public_url.clone(),
            }))
            .with::<IssuerAddress>(Arc::clone(&issuers));
        let settings = Settings {
            account: account.id.clone(),
            region: account.region.clone(),
            now: Arc::new(entropy::now),
            seed: Arc::new(entropy::seed),
        };
        let pipeline = Pipeline::with_recorder(
            settings,
            store.clone(),
            ports,
            operations(),
            recorder.clone(),
        );
        let registry = Arc::new(Registry::new(pipeline.clone(), content));
        let server =
            Server::new(pipeline.clone(), Limits::default()).with_prefix("/v2/", registry.clone());
        let server = server.with_prefix("/v2", registry).with_prefix(
            IssuerAddress::PATH,
            Arc::new(Issuers::new(store.clone(), issuers)),
        );

        let key = store
            .snapshot()
            .get::<AccessKey>(&account.root_access_key)
            .context("find the root access key")?;
        let credentials = Credentials {
            endpoint: endpoint.clone(),
            region: account.region.to_string(),
            account: account.id.to_string(),
            access_key_id: key.id.clone(),
            secret_access_key: key.secret.clone(),
        };
        let mut running = JoinSet::new();
        let serving = server.clone();
        running.spawn(async move { serving.serve(listener).await });
        running.spawn(
            Retention {
                pipeline: pipeline.clone(),
                events,
            }
            .run(),
        );
        running.spawn(
            Expiry {
                pipeline: pipeline.clone(),
            }
            .run(),
        );
        running.spawn(write_last_uses(pipeline.clone()));
        let sweeping = pipeline.clone();
        running.spawn(async move { sweep(&layers, &sweeping).await });
        let tasks = if config.tasks {
            Some(Tasks::start(&config, &pipeline, &server, address, &mut running).await?)
        } else {
            None
        };
        // Last: whoever finds this file finds a server that is ready.
        credentials.save(&config.data)?;
        Ok(Self {
            server,
            pipeline,
            recorder,
            credentials,
            tasks,
            running,
        })
    }

    /// Where clients on this machine reach it.
    pub(crate) fn endpoint(&self) -> &str {
        &self.credentials.endpoint
    }

    /// How clients reach it, with the root key.
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// What runs tasks, in words.
    pub(crate) fn tasks(&self) -> String {
        self.tasks
            .as_ref()
            .map_or_else(|| "not run here".to_owned(), Tasks::describe)
    }

    /// The refusals of late, newest last.
    pub(crate) fn denials(&self) -> Vec<Denial> {
        self.pipeline.audit().denials()
    }

    /// Answers what is under way and stops. Tasks keep running.
    pub(crate) async fn stop(mut self) {
        // The agent first: its last reports and log lines still find the server.
        if let Some(tasks) = &mut self.tasks {
            tasks.stop().await;
        }
        self.server.stop();
        // The listeners end by themselves once they are drained; the rest is ended.
        let drain = Limits::default().drain_timeout;
        let listeners = async {
            while !self.server.is_drained() {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(drain, listeners).await;
        self.running.shutdown().await;
        self.pipeline.write_last_uses().await;
        // Last: the calls until here are in the record.
        if let Some(recorder) = self.recorder {
            let _ = tokio::task::spawn_blocking(move || recorder.close()).await;
        }
    }

    /// Stops, and takes every container and network of it off this machine.
    pub(crate) async fn remove(mut self) -> Result<()> {
        let tasks = self.tasks.take();
        match tasks {
            Some(mut tasks) => {
                tasks.stop().await;
                self.stop().await;
                tasks.remove().await
            }
            None => {
                self.stop().await;
                Ok(())
            }
        }
    }
}

/// Opens the record of calls and what reads it.
fn open_record(config: &NodeConfig) -> Result<(Option<Recorder>, Arc<dyn History>)> {
    if config.record_mib == 0 {
        return Ok((None, Arc::new(NoHistory)));
    }
    let folder = config.data.join(rolecall_record::FOLDER);
    let bytes = config.record_mib.saturating_mul(1024 * 1024);
    let recorder = Recorder::open(&folder, bytes)
        .with_context(|| format!("open the record of calls in {}", folder.display()))?;
    let history = Recorded::new(recorder.clone(), Reader::new(folder));
    Ok((Some(recorder), Arc::new(history)))
}

/// Every few seconds, writes which keys and roles were used.
async fn write_last_uses(pipeline: Pipeline) {
    let mut period = tokio::time::interval(std::time::Duration::from_secs(3));
    loop {
        period.tick().await;
        pipeline.write_last_uses().await;
    }
}

/// Once an hour, deletes the layers that no image has referred to for a day.
async fn sweep(layers: &LocalLayers, pipeline: &Pipeline) {
    let mut period = tokio::time::interval(std::time::Duration::from_secs(3600));
    loop {
        period.tick().await;
        match layers.sweep(pipeline).await {
            Ok(swept) if swept.blobs > 0 => {
                tracing::info!(
                    blobs = swept.blobs,
                    bytes = swept.bytes,
                    "swept image layers"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "sweep image layers"),
        }
    }
}

/// An address that clients on this machine can use: a wildcard is no address to connect to.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut reachable = address;
    if address.ip().is_unspecified() {
        match address {
            SocketAddr::V4(_) => reachable.set_ip([127, 0, 0, 1].into()),
            SocketAddr::V6(_) => reachable.set_ip(std::net::Ipv6Addr::LOCALHOST.into()),
        }
    }
    reachable
}
