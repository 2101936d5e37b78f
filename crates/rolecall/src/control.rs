//! The control plane as the agent in this process reaches it: calls through the pipeline, as the
//! agent's own principal.

use rolecall_agent::{ControlPlane, TaskHealth};
use rolecall_api::ecs;
use rolecall_base::{AccountId, Arn, AwsError, Region};
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
    host: String,
}

impl InProcess {
    pub(crate) fn new(pipeline: Pipeline, host: &str) -> Self {
        Self {
            pipeline,
            host: host.to_owned(),
        }
    }

    /// The agent in the account of a task, and the task's region; tasks of every account and region
    /// run on this host.
    fn place(&self, task_arn: Option<&str>) -> (Caller, Region) {
        let arn = task_arn.and_then(|arn| Arn::parse(arn).ok());
        let settings = self.pipeline.settings();
        let account = arn
            .as_ref()
            .and_then(|arn| AccountId::new(arn.account()).ok());
        let region = arn.as_ref().and_then(|arn| Region::new(arn.region()).ok());
        (
            Caller::fargate_agent(
                account.unwrap_or_else(|| settings.account.clone()),
                &self.host,
            ),
            region.unwrap_or_else(|| settings.region.clone()),
        )
    }

    async fn health(&self, health: TaskHealth) -> Result<(), AwsError> {
        let arn = Arn::parse(&health.task_arn)
            .map_err(|error| AwsError::new("InvalidParameterException", error.to_string()))?;
        let (caller, region) = self.place(Some(&health.task_arn));
        let transport = Transport {
            source_ip: None,
            secure: true,
            user_agent: None,
        };
        let info = self.pipeline.request(caller, region.clone(), transport);
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
            let (caller, region) = self.place(request.task.as_deref());
            self.pipeline
                .invoke_in::<ecs::SubmitTaskStateChange>(caller, region, request)
                .await
                .map_err(CallError::Service)
        })
    }

    fn publish_health(&self, health: TaskHealth) -> BoxFuture<'_, Result<(), CallError>> {
        Box::pin(async move { self.health(health).await.map_err(CallError::Service) })
    }
}
