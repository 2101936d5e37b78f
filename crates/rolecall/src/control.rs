//! The control plane as the agent in this process reaches it: calls through the pipeline, as the
//! agent's own principal.

use rolecall_agent::{ControlPlane, TaskHealth};
use rolecall_api::ecs;
use rolecall_base::{Arn, AwsError, Region};
use rolecall_client::CallError;
use rolecall_ecs::documents::{Task, regional_key};
use rolecall_ecs::transitions;
use rolecall_engine::image::BoxFuture;
use rolecall_identity::Caller;
use rolecall_op::{AccessCheck, Pipeline, Transport};
use rolecall_store::Txn;

/// The pipeline, as the agent on one host of Fargate calls it.
pub(crate) struct InProcess {
    pipeline: Pipeline,
    caller: Caller,
}

impl InProcess {
    pub(crate) fn new(pipeline: Pipeline, host: &str) -> Self {
        let caller = Caller::fargate_agent(pipeline.settings().account.clone(), host);
        Self { pipeline, caller }
    }

    /// The region of a task; tasks of every region run on this host.
    fn region(&self, task_arn: Option<&str>) -> Region {
        task_arn
            .and_then(|arn| Arn::parse(arn).ok())
            .and_then(|arn| Region::new(arn.region()).ok())
            .unwrap_or_else(|| self.pipeline.settings().region.clone())
    }

    async fn health(&self, health: TaskHealth) -> Result<(), AwsError> {
        let arn = Arn::parse(&health.task_arn)
            .map_err(|error| AwsError::new("InvalidParameterException", error.to_string()))?;
        let region = self.region(Some(&health.task_arn));
        let transport = Transport {
            source_ip: None,
            secure: true,
            user_agent: None,
        };
        let info = self
            .pipeline
            .request(self.caller.clone(), region.clone(), transport);
        let instance = info.arn("ecs", "container-instance/fargate");
        let check = AccessCheck::new("ecs:StartTelemetrySession", instance);
        self.pipeline.permit(&info, vec![check])?;
        let (cluster, id) = arn
            .resource()
            .strip_prefix("task/")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(|| AwsError::new("InvalidParameterException", "not a task"))?;
        let key = regional_key(info.account(), &region, &Task::key_part(cluster, id));
        let write = move |tx: &mut Txn| {
            for container in &health.containers {
                transitions::apply_health(
                    tx,
                    &key,
                    &container.container_name,
                    container.health_status,
                );
            }
            Ok::<_, AwsError>(())
        };
        let outcome = self.pipeline.store().transact(write).await;
        outcome.map(drop).map_err(|_| AwsError::internal())
    }
}

impl ControlPlane for InProcess {
    fn submit_task_state_change(
        &self,
        request: ecs::SubmitTaskStateChangeRequest,
    ) -> BoxFuture<'_, Result<ecs::SubmitTaskStateChangeResponse, CallError>> {
        Box::pin(async move {
            let region = self.region(request.task.as_deref());
            self.pipeline
                .invoke_in::<ecs::SubmitTaskStateChange>(self.caller.clone(), region, request)
                .await
                .map_err(CallError::Service)
        })
    }

    fn publish_health(&self, health: TaskHealth) -> BoxFuture<'_, Result<(), CallError>> {
        Box::pin(async move { self.health(health).await.map_err(CallError::Service) })
    }
}
