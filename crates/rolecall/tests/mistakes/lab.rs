//! An account with a record, something to call, and what follows a proposal.

use std::sync::Arc;

use rolecall::explain::{Change, Denied, Fix, What, find, write};
use rolecall_advise::render::Format;
use rolecall_api::{ecr, ecs, iam, logs, sts};
use rolecall_base::AwsError;
use rolecall_identity::Caller;
use rolecall_op::Ports;
use rolecall_record::{BYTES_MAX, FOLDER, Recorder};
use rolecall_testkit::World;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/web";
pub(crate) const EXECUTION: &str = "arn:aws:iam::123456789012:role/web-execution";
pub(crate) const CLUSTER: &str = "arn:aws:ecs:us-east-1:123456789012:cluster/default";
pub(crate) const FAMILY: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/web";
pub(crate) const REPOSITORY: &str = "arn:aws:ecr:us-east-1:123456789012:repository/web";
pub(crate) const GROUP: &str = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web";

/// What a mistake is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    /// RunTask of `web:1`, which has no roles.
    RunTask,
    /// The same without the revision.
    RunFamily,
    /// The same with a tag.
    RunTagged,
    /// RegisterTaskDefinition with both roles.
    Register,
    CreateLogGroup,
    CreateLogStream,
    GetAuthorizationToken,
    BatchGetImage,
    /// AssumeRole of [`ROLE`].
    AssumeRole,
    ListClusters,
}

pub(crate) struct Lab {
    pub(crate) world: World,
    recorder: Recorder,
    data: TempDir,
}

impl Lab {
    /// A cluster, a task definition `web`, a repository, a log group, and the roles.
    pub(crate) async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let recorder = Recorder::open(&data.path().join(FOLDER), BYTES_MAX).unwrap();
        let registry = rolecall::operations();
        let address = rolecall_ecr::RegistryAddress {
            local: "http://127.0.0.1:4566".to_owned(),
            public: None,
        };
        let ports = Ports::default().with::<rolecall_ecr::RegistryAddress>(Arc::new(address));
        let world = World::recorded(registry, ports, Some(recorder.clone())).unwrap();
        let lab = Self {
            world: world.with_account().await.unwrap(),
            recorder,
            data,
        };
        lab.root::<ecs::CreateCluster>(json!({"capacityProviders": ["FARGATE"]}))
            .await;
        lab.root::<ecs::RegisterTaskDefinition>(definition()).await;
        lab.root::<ecr::CreateRepository>(json!({"repositoryName": "web"}))
            .await;
        lab.root::<logs::CreateLogGroup>(json!({"logGroupName": "/ecs/web"}))
            .await;
        lab
    }

    /// A call of the root user that succeeds.
    pub(crate) async fn root<A: rolecall_api::ApiOperation>(&self, input: Value) -> A::Output {
        self.world
            .call::<A>(&self.world.root(), input)
            .await
            .unwrap()
    }

    pub(crate) async fn call(&self, caller: &Caller, call: Call) -> Result<(), AwsError> {
        let world = &self.world;
        let run = |definition: &str| {
            json!({"taskDefinition": definition, "launchType": "FARGATE",
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}})
        };
        match call {
            Call::RunTask => world
                .call::<ecs::RunTask>(caller, run("web:1"))
                .await
                .map(drop),
            Call::RunFamily => world
                .call::<ecs::RunTask>(caller, run("web"))
                .await
                .map(drop),
            Call::RunTagged => {
                let mut input = run("web:1");
                input["tags"] = json!([{"key": "team", "value": "a"}]);
                world.call::<ecs::RunTask>(caller, input).await.map(drop)
            }
            Call::Register => {
                let mut input = definition();
                input["family"] = json!("with-roles");
                input["taskRoleArn"] = json!(ROLE);
                input["executionRoleArn"] = json!(EXECUTION);
                world
                    .call::<ecs::RegisterTaskDefinition>(caller, input)
                    .await
                    .map(drop)
            }
            Call::CreateLogGroup => {
                let input = json!({"logGroupName": "/ecs/new"});
                world
                    .call::<logs::CreateLogGroup>(caller, input)
                    .await
                    .map(drop)
            }
            Call::CreateLogStream => {
                let input = json!({"logGroupName": "/ecs/web", "logStreamName": "web/app/1"});
                world
                    .call::<logs::CreateLogStream>(caller, input)
                    .await
                    .map(drop)
            }
            Call::GetAuthorizationToken => world
                .call::<ecr::GetAuthorizationToken>(caller, json!({}))
                .await
                .map(drop),
            Call::BatchGetImage => {
                let input = json!({"repositoryName": "web", "imageIds": [{"imageTag": "1"}]});
                world
                    .call::<ecr::BatchGetImage>(caller, input)
                    .await
                    .map(drop)
            }
            Call::AssumeRole => {
                let input = json!({"RoleArn": ROLE, "RoleSessionName": "session"});
                world.call::<sts::AssumeRole>(caller, input).await.map(drop)
            }
            Call::ListClusters => world
                .call::<ecs::ListClusters>(caller, json!({}))
                .await
                .map(drop),
        }
    }

    /// What is said of a call that was just denied; each of `causes` must stand in it, and what
    /// lets it pass.
    pub(crate) async fn denied(&self, outcome: Result<(), AwsError>, causes: &[&str]) -> Denied {
        let (denied, text) = self.told(outcome, causes).await;
        assert!(text.contains("Checked: with it "), "{text}");
        assert!(denied.checked && !denied.fixes.is_empty(), "{text}");
        denied
    }

    /// What is said of a call that was just denied, also as people read it; each of `causes` must
    /// stand in it.
    pub(crate) async fn told(
        &self,
        outcome: Result<(), AwsError>,
        causes: &[&str],
    ) -> (Denied, String) {
        let error = outcome.unwrap_err();
        assert!(error.code.starts_with("AccessDenied"), "{error}");
        self.recorder.flushed().await;
        let mut found = find(self.data.path(), None, &What::Last).await.unwrap();
        let text = write(&found, Format::Json);
        // People see it wrapped.
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for cause in causes {
            assert!(flat.contains(cause), "{cause}: {text}");
        }
        let report = found.reports.remove(0);
        let seen = report.error.unwrap();
        assert_eq!(seen.message, error.message);
        (report.denied.unwrap(), flat)
    }

    /// Makes the role [`ROLE`] with this trust policy.
    pub(crate) async fn role(&self, trust: &Value) {
        self.root::<iam::CreateRole>(
            json!({"RoleName": "web", "AssumeRolePolicyDocument": document(trust)}),
        )
        .await;
    }
}

/// A policy document with these statements.
pub(crate) fn document(statements: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// The statements with a change.
pub(crate) fn changed(statements: &Value, fix: &Fix) -> Value {
    let mut all = match statements {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    let at = fix.at.as_ref().map_or(0, |at| at.statement as usize);
    match fix.change {
        Change::Add => all.push(fix.statement.clone()),
        Change::Replace => all[at] = fix.statement.clone(),
        Change::Remove => drop(all.remove(at)),
    }
    Value::Array(all)
}

pub(crate) fn only(denied: &Denied) -> &Fix {
    assert_eq!(denied.fixes.len(), 1, "{denied:?}");
    &denied.fixes[0]
}

fn definition() -> Value {
    json!({
        "family": "web",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "app", "image": "nginx:1"}],
    })
}
