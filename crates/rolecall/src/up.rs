//! `rolecall up`: the server until it is told to stop.

use std::io::Write;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::UpArgs;
use crate::node::{Node, NodeConfig};

pub(crate) async fn run(args: UpArgs) -> Result<()> {
    rolecall_engine::raise_open_files();
    let data = args.data.dir();
    let node = Node::start(NodeConfig::from_args(&args)).await?;
    let text = format!(
        "Rolecall {} serves account {} at {}\n  data     {}\n  tasks    {}\n  \
         clients  eval \"$(rolecall env --data {})\"\n",
        env!("CARGO_PKG_VERSION"),
        node.credentials().account,
        node.endpoint(),
        data.display(),
        node.tasks(),
        data.display(),
    );
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("print")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping; tasks keep running");
    node.stop().await;
    Ok(())
}
