//! `rolecall down`: what a stopped server left running is taken off this machine.

use std::io::Write;

use anyhow::{Context, Result, bail};
use rolecall::kinds;
use rolecall_base::AwsError;
use rolecall_ecs::documents::Task;
use rolecall_ecs::transitions::{self, StopCause};
use rolecall_engine::RuntimeKind;
use rolecall_store::{Store, Txn};

use crate::cli::DownArgs;
use crate::{doctor, entropy, tasks};

/// What the tasks then say of their end.
const REASON: &str = "The host that the task ran on was taken down";

pub(crate) async fn run(args: &DownArgs) -> Result<()> {
    if !doctor::is_root() {
        bail!("taking tasks off this machine takes root: use sudo");
    }
    let data = args.data.dir();
    let store_dir = data.join("store");
    if !store_dir.exists() {
        bail!(
            "there is no data in {}: name the directory with --data",
            data.display()
        );
    }
    // A server that runs holds the store, and is told apart by that.
    let store = Store::open(&store_dir, &kinds())
        .with_context(|| format!("open the store in {}", store_dir.display()))?;
    let engine = tasks::open_engine(&data, RuntimeKind::Embedded).await?;
    let running = engine.list_tasks().context("list the tasks")?.len();
    engine
        .remove_instance()
        .await
        .context("remove the instance")?;
    let now = entropy::now();
    let end = move |tx: &mut Txn| {
        let snap = tx.snapshot_unchecked();
        let cause = StopCause::host_lost(REASON);
        for (key, task) in snap.range::<Task>("") {
            if task.sent.is_some() && !task.is_stopped() {
                transitions::ended(tx, key, &cause, now);
            }
        }
        Ok::<_, AwsError>(())
    };
    store
        .transact(end)
        .await
        .context("write the end of the tasks")?;
    let text = format!(
        "took {running} task(s) with their containers and networks off this machine; the data in \
         {} stays\n",
        data.display()
    );
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("print")
}
