//! Takes the containers and networks of a server that ended off the machine.

use std::path::PathBuf;

use anyhow::{Context, Result};
use rolecall_engine::{Engine, EngineConfig, InstanceName, RuntimeKind};
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The data folder of a Rolecall that no longer runs.
    #[arg(long)]
    data: PathBuf,
}

pub(crate) async fn run(args: &Args) -> Result<Value> {
    let data = args.data.canonicalize().context("find the folder")?;
    let config = EngineConfig {
        data_dir: data.join("engine"),
        run_dir: "/run/rolecall".into(),
        instance: InstanceName::of_directory(&data).context("name the instance")?,
        runtime: RuntimeKind::Embedded,
        subnet: None,
        shim_exe: "/proc/self/exe".into(),
        log_limit_bytes: 0,
    };
    let engine = Engine::open(config).await.context("open the engine")?;
    engine
        .remove_instance()
        .await
        .context("remove the instance")?;
    Ok(json!({}))
}
