//! State changes to the control plane: in order, again and again until they are acknowledged.

use std::sync::Arc;
use std::time::Duration;

use rolecall_acs::Task;
use rolecall_api::ecs::{ContainerStateChange, SubmitTaskStateChangeRequest};
use tokio::sync::{mpsc, oneshot};

use super::plan::Status;
use super::view::{ContainerView, TaskView};
use crate::aws::chain;
use crate::clock::timestamp;
use crate::control::ControlPlane;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

enum Item {
    Change(Box<SubmitTaskStateChangeRequest>),
    Flush(oneshot::Sender<()>),
}

/// Sends one task's changes, one after the other. Dropping it drops what is not sent.
pub(crate) struct Reporter {
    queue: mpsc::UnboundedSender<Item>,
    sender: tokio::task::JoinHandle<()>,
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.sender.abort();
    }
}

impl Reporter {
    pub(crate) fn new(control: Arc<dyn ControlPlane>) -> Self {
        Self::with_pause(control, FIRST_PAUSE)
    }

    fn with_pause(control: Arc<dyn ControlPlane>, pause: Duration) -> Self {
        let (queue, items) = mpsc::unbounded_channel();
        let sender = tokio::spawn(send_all(control, items, pause));
        Self { queue, sender }
    }

    /// Sends a change after those before it.
    pub(crate) fn submit(&self, change: SubmitTaskStateChangeRequest) {
        // The other end lives as long as this one.
        let _ = self.queue.send(Item::Change(Box::new(change)));
    }

    /// Returns when everything is acknowledged.
    pub(crate) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Item::Flush(done)).is_ok() {
            let _ = wait.await;
        }
    }
}

async fn send_all(
    control: Arc<dyn ControlPlane>,
    mut items: mpsc::UnboundedReceiver<Item>,
    pause: Duration,
) {
    while let Some(item) = items.recv().await {
        match item {
            Item::Flush(done) => {
                let _ = done.send(());
            }
            Item::Change(change) => send(&*control, &change, pause).await,
        }
    }
}

async fn send(
    control: &dyn ControlPlane,
    change: &SubmitTaskStateChangeRequest,
    mut pause: Duration,
) {
    let task = change.task.as_deref().unwrap_or_default();
    let status = change.status.as_deref().unwrap_or_default();
    loop {
        let error = match control.submit_task_state_change(change.clone()).await {
            Ok(_) => {
                tracing::debug!(task, status, "reported");
                return;
            }
            Err(error) => error,
        };
        let code = error.service().map(|e| e.code.as_ref());
        if matches!(code, Some("InvalidParameterException" | "ClientException")) {
            tracing::warn!(task, status, error = %chain(&error), "a report was refused for good");
            return;
        }
        tracing::warn!(task, status, error = %chain(&error), "a report was not taken");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// A report of a task with some of its containers.
pub(crate) fn change<'a>(
    cluster: &str,
    task: &Task,
    view: &TaskView,
    status: Status,
    containers: impl Iterator<Item = &'a ContainerView>,
) -> SubmitTaskStateChangeRequest {
    let containers: Vec<_> = containers.map(container_change).collect();
    let stopped = status == Status::Stopped;
    SubmitTaskStateChangeRequest {
        cluster: Some(cluster.to_owned()),
        task: Some(task.arn.clone()),
        status: Some(status.as_str().to_owned()),
        reason: Some(view.reason.clone()),
        containers: Some(containers),
        attachments: None,
        managed_agents: None,
        pull_started_at: view.pull_started_ms.map(timestamp),
        pull_stopped_at: view.pull_stopped_ms.map(timestamp),
        execution_stopped_at: view.execution_stopped_ms.filter(|_| stopped).map(timestamp),
    }
}

/// A task with an address of its own has no network bindings: its ports are as they are.
fn container_change(view: &ContainerView) -> ContainerStateChange {
    let digest = Some(view.image_digest.clone()).filter(|d| !d.is_empty());
    ContainerStateChange {
        container_name: Some(view.name.clone()),
        image_digest: digest,
        runtime_id: view.has_run.then(|| view.runtime_id.clone()),
        exit_code: view.exit_code,
        network_bindings: None,
        reason: Some(view.reason.clone()).filter(|r| !r.is_empty()),
        status: Some(view.status.as_str().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;
    use rolecall_api::ecs::SubmitTaskStateChangeResponse;
    use rolecall_base::AwsError;
    use rolecall_client::CallError;
    use rolecall_engine::image::BoxFuture;

    use super::*;

    #[derive(Default)]
    struct Script {
        answers: Mutex<Vec<Result<(), &'static str>>>,
        taken: Mutex<Vec<String>>,
    }

    impl ControlPlane for Script {
        fn submit_task_state_change(
            &self,
            request: SubmitTaskStateChangeRequest,
        ) -> BoxFuture<'_, Result<SubmitTaskStateChangeResponse, CallError>> {
            self.taken.lock().push(request.status.unwrap());
            let answer = self.answers.lock().pop().unwrap_or(Ok(()));
            let answer = answer.map(|()| SubmitTaskStateChangeResponse::default());
            let answer = answer.map_err(|code| CallError::Service(AwsError::new(code, "no")));
            Box::pin(async { answer })
        }
    }

    #[tokio::test]
    async fn reports_keep_their_order_over_failures() {
        let script = Arc::new(Script::default());
        *script.answers.lock() = vec![
            Ok(()),
            Err("InvalidParameterException"),
            Err("ServerException"),
        ];
        let reporter = Reporter::with_pause(script.clone(), Duration::from_millis(1));
        let task = Task::default();
        let view = TaskView::new(&task);
        for status in [Status::Pending, Status::Running, Status::Stopped] {
            reporter.submit(change("c", &task, &view, status, std::iter::empty()));
        }
        reporter.flush().await;
        assert_eq!(
            *script.taken.lock(),
            ["PENDING", "PENDING", "RUNNING", "STOPPED"]
        );
    }
}
