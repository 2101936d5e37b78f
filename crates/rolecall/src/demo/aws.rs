//! The AWS calls of the demo: what a developer would do with the CLI.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rolecall_api::{ecr, ecs, iam, logs};
use rolecall_client::{Client, Credentials, RegistryClient};

use crate::demo::image::{DemoImage, MANIFEST_TYPE};

pub(crate) const CLUSTER: &str = "demo";
pub(crate) const REPOSITORY: &str = "demo-app";
pub(crate) const LOG_GROUP: &str = "/ecs/demo";
pub(crate) const EXECUTION_ROLE: &str = "demo-execution-role";
pub(crate) const TASK_ROLE: &str = "demo-task-role";

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// A developer with the root key.
pub(crate) struct Developer {
    pub(crate) client: Client,
    pub(crate) key: Credentials,
    pub(crate) account: String,
    pub(crate) region: String,
}

/// What became of a task.
pub(crate) struct Outcome {
    pub(crate) task_id: String,
    pub(crate) stop_code: String,
    pub(crate) stopped_reason: String,
    pub(crate) exit_code: Option<i32>,
}

fn text(value: impl Into<String>) -> Option<String> {
    Some(value.into())
}

impl Developer {
    pub(crate) async fn create_role(&self, name: &str) -> Result<()> {
        let input = iam::CreateRoleRequest {
            role_name: text(name),
            assume_role_policy_document: text(TRUST),
            ..Default::default()
        };
        self.client
            .call::<iam::CreateRole>(&self.key, input)
            .await?;
        Ok(())
    }

    /// Gives a role one inline policy with these statements.
    pub(crate) async fn put_policy(&self, role: &str, statements: &[String]) -> Result<()> {
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
            statements.join(",")
        );
        let input = iam::PutRolePolicyRequest {
            role_name: text(role),
            policy_name: text("demo"),
            policy_document: text(document),
        };
        self.client
            .call::<iam::PutRolePolicy>(&self.key, input)
            .await?;
        Ok(())
    }

    pub(crate) async fn create_resources(&self) -> Result<()> {
        let cluster = ecs::CreateClusterRequest {
            cluster_name: text(CLUSTER),
            ..Default::default()
        };
        self.client
            .call::<ecs::CreateCluster>(&self.key, cluster)
            .await?;
        let group = logs::CreateLogGroupRequest {
            log_group_name: text(LOG_GROUP),
            ..Default::default()
        };
        self.client
            .call::<logs::CreateLogGroup>(&self.key, group)
            .await?;
        let repository = ecr::CreateRepositoryRequest {
            repository_name: text(REPOSITORY),
            ..Default::default()
        };
        self.client
            .call::<ecr::CreateRepository>(&self.key, repository)
            .await?;
        Ok(())
    }

    /// Pushes the image as `docker push` does.
    pub(crate) async fn push(&self, image: &DemoImage) -> Result<()> {
        let answer = self
            .client
            .call::<ecr::GetAuthorizationToken>(&self.key, Default::default())
            .await?;
        let token = answer
            .authorization_data
            .unwrap_or_default()
            .pop()
            .and_then(|data| data.authorization_token)
            .context("no authorization token")?;
        let registry = RegistryClient::new(self.client.endpoint(), &token);
        for blob in [&image.layer, &image.config] {
            registry
                .push_blob(REPOSITORY, &blob.digest, blob.bytes.clone())
                .await?;
        }
        registry
            .push_manifest(REPOSITORY, "latest", MANIFEST_TYPE, image.manifest.clone())
            .await?;
        Ok(())
    }

    pub(crate) fn role_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.account)
    }

    pub(crate) async fn register(&self) -> Result<String> {
        let options: BTreeMap<String, String> = [
            ("awslogs-group", LOG_GROUP),
            ("awslogs-region", self.region.as_str()),
            ("awslogs-stream-prefix", "demo"),
        ]
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
        let image = format!(
            "{}.dkr.ecr.{}.amazonaws.com/{REPOSITORY}:latest",
            self.account, self.region
        );
        let container = ecs::ContainerDefinition {
            name: text("app"),
            image: text(image),
            essential: Some(true),
            log_configuration: Some(ecs::LogConfiguration {
                log_driver: text("awslogs"),
                options: Some(options),
                secret_options: None,
            }),
            ..Default::default()
        };
        let input = ecs::RegisterTaskDefinitionRequest {
            family: text("demo"),
            task_role_arn: Some(self.role_arn(TASK_ROLE)),
            execution_role_arn: Some(self.role_arn(EXECUTION_ROLE)),
            network_mode: text("awsvpc"),
            requires_compatibilities: Some(vec!["FARGATE".to_owned()]),
            cpu: text("256"),
            memory: text("512"),
            container_definitions: Some(vec![container]),
            ..Default::default()
        };
        let answer = self
            .client
            .call::<ecs::RegisterTaskDefinition>(&self.key, input)
            .await?;
        let definition = answer
            .task_definition
            .context("no task definition in the answer")?;
        definition
            .task_definition_arn
            .context("no ARN in the answer")
    }

    /// Runs a task and returns its id.
    pub(crate) async fn run_task(&self, definition: &str) -> Result<String> {
        let network = ecs::NetworkConfiguration {
            awsvpc_configuration: Some(ecs::AwsVpcConfiguration {
                subnets: Some(vec!["subnet-0123456789abcdef0".to_owned()]),
                ..Default::default()
            }),
        };
        let input = ecs::RunTaskRequest {
            cluster: text(CLUSTER),
            task_definition: text(definition),
            launch_type: text("FARGATE"),
            network_configuration: Some(network),
            ..Default::default()
        };
        let answer = self.client.call::<ecs::RunTask>(&self.key, input).await?;
        if let Some(failure) = answer.failures.unwrap_or_default().pop() {
            bail!("RunTask: {}", failure.reason.unwrap_or_default());
        }
        let arn = answer
            .tasks
            .unwrap_or_default()
            .pop()
            .and_then(|task| task.task_arn);
        let arn = arn.context("no task in the answer")?;
        Ok(arn.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// The task's outcome, once it is STOPPED.
    pub(crate) async fn stopped(&self, task_id: &str) -> Result<Option<Outcome>> {
        let input = ecs::DescribeTasksRequest {
            cluster: text(CLUSTER),
            tasks: Some(vec![task_id.to_owned()]),
            include: None,
        };
        let answer = self
            .client
            .call::<ecs::DescribeTasks>(&self.key, input)
            .await?;
        let task = answer
            .tasks
            .unwrap_or_default()
            .pop()
            .context("the task is gone")?;
        if task.last_status.as_deref() != Some("STOPPED") {
            return Ok(None);
        }
        let container = task.containers.unwrap_or_default().into_iter().next();
        Ok(Some(Outcome {
            task_id: task_id.to_owned(),
            stop_code: task.stop_code.unwrap_or_default(),
            stopped_reason: task.stopped_reason.unwrap_or_default(),
            exit_code: container.and_then(|c| c.exit_code),
        }))
    }

    /// The lines of a task's log from the `from`-th on.
    pub(crate) async fn lines(&self, task_id: &str, from: usize) -> Result<Vec<String>> {
        let input = logs::GetLogEventsRequest {
            log_group_name: text(LOG_GROUP),
            log_stream_name: Some(format!("demo/app/{task_id}")),
            start_from_head: Some(true),
            ..Default::default()
        };
        match self
            .client
            .call::<logs::GetLogEvents>(&self.key, input)
            .await
        {
            Ok(answer) => Ok(answer
                .events
                .unwrap_or_default()
                .into_iter()
                .skip(from)
                .filter_map(|event| event.message)
                .collect()),
            // The stream comes with the task.
            Err(error) if error.service().is_some_and(|e| e.code.contains("NotFound")) => {
                Ok(Vec::new())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Follows a task to its end, handing each line of its log to `show` as it arrives.
    pub(crate) async fn follow(
        &self,
        task_id: &str,
        mut show: impl FnMut(&str),
    ) -> Result<Outcome> {
        let mut seen = 0;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            let outcome = self.stopped(task_id).await?;
            for line in self.lines(task_id, seen).await? {
                show(&line);
                seen += 1;
            }
            if let Some(outcome) = outcome {
                return Ok(outcome);
            }
            if tokio::time::Instant::now() > deadline {
                bail!("task {task_id} did not stop within a minute");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
