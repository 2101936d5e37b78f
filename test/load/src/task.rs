//! From RunTask to the first instruction of the task's program, beside the bare OCI runtime.
//!
//! The program says what time it is. The time before is that of the request, or of the runtime's
//! start; both are of the same machine's clock.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use rolecall_api::{ecr, ecs, iam, logs};
use rolecall_client::{Client, Credentials, RegistryClient};
use rolecall_testkit::image::{OciLayout, busybox};
use serde_json::{Value, json};

use crate::ServerArgs;
use crate::operation::TRUST;
use crate::sample::Sample;

const NAME: &str = "load-task";
const GROUP: &str = "/load";
const PROGRAM: [&str; 3] = ["/bin/sh", "-c", "echo $EPOCHREALTIME"];
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// A runc-compatible program, to be measured beside the task.
    #[arg(long, default_value = "/usr/sbin/runc")]
    oci_runtime: PathBuf,
}

struct Bench {
    client: Client,
    key: Credentials,
    region: String,
}

pub(crate) async fn run(args: &Args) -> Result<Value> {
    let target = args.server.target();
    let bench = Bench {
        client: Client::new(
            &format!("http://{}", target.address),
            &target.region,
            "rolecall-load",
        ),
        key: Credentials {
            access_key_id: target.access_key_id,
            secret_access_key: target.secret_access_key,
            session_token: None,
        },
        region: target.region,
    };
    let dir = tempfile::Builder::new()
        .prefix("rolecall-load-")
        .tempdir()
        .context("make a folder")?;
    let layout = busybox()?
        .cmd(&PROGRAM)
        .write_layout(&dir.path().join("image"), "latest")
        .context("write the image")?;
    let definition = bench.prepare(&layout).await.context("prepare")?;
    let bundle = bundle(&args.oci_runtime, dir.path(), &layout).context("make a bundle")?;
    // Unmeasured: it brings the image.
    bench.task(&definition).await?;
    let (mut tasks, mut answers, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..args.runs {
        let (answered, first) = bench.task(&definition).await?;
        answers.push(answered);
        tasks.push(first);
        bare.push(run_bare(&args.oci_runtime, dir.path(), &bundle)?);
    }
    let row = |times| {
        let sample = Sample::new(times);
        json!({
            "median_ms": sample.percentile_us(50) / 1000.0,
            "min_ms": sample.percentile_us(0) / 1000.0,
            "max_ms": sample.percentile_us(100) / 1000.0,
        })
    };
    Ok(json!({
        "runs": args.runs,
        "run_task_answered": row(answers),
        "task": row(tasks),
        "bare": row(bare),
    }))
}

impl Bench {
    /// Roles, log group, repository, image, task definition; returns the definition's ARN.
    async fn prepare(&self, layout: &OciLayout) -> Result<String> {
        let role = iam::CreateRoleRequest {
            role_name: text(NAME),
            assume_role_policy_document: text(TRUST),
            ..Default::default()
        };
        let role = self.client.call::<iam::CreateRole>(&self.key, role).await?;
        let role = role.role.and_then(|role| role.arn);
        let policy = iam::PutRolePolicyRequest {
            role_name: text(NAME),
            policy_name: text(NAME),
            policy_document: text(POLICY),
        };
        let call = self.client.call::<iam::PutRolePolicy>(&self.key, policy);
        call.await?;
        let group = logs::CreateLogGroupRequest {
            log_group_name: text(GROUP),
            ..Default::default()
        };
        let call = self.client.call::<logs::CreateLogGroup>(&self.key, group);
        call.await?;
        let cluster = ecs::CreateClusterRequest {
            cluster_name: text(NAME),
            ..Default::default()
        };
        let call = self.client.call::<ecs::CreateCluster>(&self.key, cluster);
        call.await?;
        let uri = self.push(layout).await.context("push the image")?;
        let options = BTreeMap::from([
            ("awslogs-group".to_owned(), GROUP.to_owned()),
            ("awslogs-region".to_owned(), self.region.clone()),
            ("awslogs-stream-prefix".to_owned(), "load".to_owned()),
        ]);
        let container = ecs::ContainerDefinition {
            name: text("app"),
            image: Some(format!("{uri}:latest")),
            essential: Some(true),
            log_configuration: Some(ecs::LogConfiguration {
                log_driver: text("awslogs"),
                options: Some(options),
                secret_options: None,
            }),
            ..Default::default()
        };
        let definition = ecs::RegisterTaskDefinitionRequest {
            family: text(NAME),
            execution_role_arn: role.clone(),
            task_role_arn: role,
            network_mode: text("awsvpc"),
            requires_compatibilities: Some(vec!["FARGATE".to_owned()]),
            cpu: text("256"),
            memory: text("512"),
            container_definitions: Some(vec![container]),
            ..Default::default()
        };
        let answer = self
            .client
            .call::<ecs::RegisterTaskDefinition>(&self.key, definition)
            .await?;
        answer
            .task_definition
            .and_then(|definition| definition.task_definition_arn)
            .context("no task definition in the answer")
    }

    /// Pushes the image and returns the repository's URI.
    async fn push(&self, layout: &OciLayout) -> Result<String> {
        let repository = ecr::CreateRepositoryRequest {
            repository_name: text(NAME),
            ..Default::default()
        };
        let repository = self
            .client
            .call::<ecr::CreateRepository>(&self.key, repository)
            .await?;
        let uri = repository.repository.and_then(|r| r.repository_uri);
        let token = self
            .client
            .call::<ecr::GetAuthorizationToken>(&self.key, Default::default())
            .await?;
        let token = token.authorization_data.unwrap_or_default().pop();
        let token = token.and_then(|data| data.authorization_token);
        let token = token.context("no authorization token")?;
        let registry = RegistryClient::new(self.client.endpoint(), &token);
        for blob in [&layout.layer, &layout.config] {
            let bytes = layout.read(blob).context("read a blob")?;
            registry.push_blob(NAME, &blob.digest, bytes.into()).await?;
        }
        let manifest = layout.read(&layout.manifest).context("read the manifest")?;
        registry
            .push_manifest(NAME, "latest", MANIFEST, manifest.into())
            .await?;
        uri.context("no URI in the answer")
    }

    /// Runs a task to its end: how long RunTask took to answer, and from its call to the program.
    async fn task(&self, definition: &str) -> Result<(Duration, Duration)> {
        let network = ecs::NetworkConfiguration {
            awsvpc_configuration: Some(ecs::AwsVpcConfiguration {
                subnets: Some(vec!["subnet-0123456789abcdef0".to_owned()]),
                ..Default::default()
            }),
        };
        let input = ecs::RunTaskRequest {
            cluster: text(NAME),
            task_definition: text(definition),
            launch_type: text("FARGATE"),
            network_configuration: Some(network),
            ..Default::default()
        };
        let called = now();
        let answer = self.client.call::<ecs::RunTask>(&self.key, input).await?;
        let answered = now().saturating_sub(called);
        let arn = answer.tasks.unwrap_or_default().pop();
        let arn = arn.and_then(|task| task.task_arn);
        let arn = arn.with_context(|| format!("RunTask: {:?}", answer.failures))?;
        self.stopped(&arn).await?;
        let id = arn.rsplit('/').next().unwrap_or_default();
        let events = logs::GetLogEventsRequest {
            log_group_name: text(GROUP),
            log_stream_name: Some(format!("load/app/{id}")),
            start_from_head: Some(true),
            ..Default::default()
        };
        let events = self
            .client
            .call::<logs::GetLogEvents>(&self.key, events)
            .await?;
        let line = events.events.unwrap_or_default().into_iter().next();
        let line = line.and_then(|event| event.message).unwrap_or_default();
        Ok((answered, said(&line)?.saturating_sub(called)))
    }

    async fn stopped(&self, arn: &str) -> Result<()> {
        for _ in 0..1200 {
            let input = ecs::DescribeTasksRequest {
                cluster: text(NAME),
                tasks: Some(vec![arn.to_owned()]),
                include: None,
            };
            let answer = self
                .client
                .call::<ecs::DescribeTasks>(&self.key, input)
                .await?;
            let task = answer.tasks.unwrap_or_default().pop();
            let task = task.context("the task is gone")?;
            if task.last_status.as_deref() == Some("STOPPED") {
                let container = task.containers.unwrap_or_default().into_iter().next();
                if container.as_ref().and_then(|c| c.exit_code) == Some(0) {
                    return Ok(());
                }
                bail!("{:?}; {container:?}", task.stopped_reason);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the task did not stop within a minute")
    }
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

/// The time since the Unix epoch.
fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// The time since the Unix epoch that a program printed.
fn said(line: &str) -> Result<Duration> {
    let seconds: f64 = line
        .trim()
        .parse()
        .with_context(|| format!("the program said {line:?}"))?;
    Ok(Duration::from_secs_f64(seconds))
}

/// A bundle of the same root file system and program, with the runtime's own defaults.
fn bundle(runtime: &Path, dir: &Path, layout: &OciLayout) -> Result<PathBuf> {
    let bundle = dir.join("bundle");
    let root = bundle.join("rootfs");
    fs::create_dir_all(&root).context("make the folder")?;
    let archive = dir.join("layer.tar.gz");
    fs::write(&archive, layout.read(&layout.layer)?).context("write the layer")?;
    let mut tar = Command::new("tar");
    succeed(tar.arg("-xzf").arg(&archive).arg("-C").arg(&root))?;
    succeed(Command::new(runtime).arg("spec").current_dir(&bundle))?;
    let path = bundle.join("config.json");
    let text = fs::read_to_string(&path).context("read the configuration")?;
    let mut config: Value = serde_json::from_str(&text).context("read the configuration")?;
    let process = config.get_mut("process").and_then(Value::as_object_mut);
    let process = process.context("no process in the configuration")?;
    process.insert("args".to_owned(), json!(PROGRAM));
    process.insert("terminal".to_owned(), json!(false));
    fs::write(&path, config.to_string()).context("write the configuration")?;
    Ok(bundle)
}

/// Runs the bundle: from the runtime's start to the program.
fn run_bare(runtime: &Path, dir: &Path, bundle: &Path) -> Result<Duration> {
    let called = now();
    let output = Command::new(runtime)
        .arg("--root")
        .arg(dir.join("state"))
        .args(["run", "--bundle"])
        .arg(bundle)
        .arg(format!("rolecall-load-{}", std::process::id()))
        .stdin(Stdio::null())
        .output()
        .context("start the runtime")?;
    if !output.status.success() {
        bail!("the runtime: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(said(&String::from_utf8_lossy(&output.stdout))?.saturating_sub(called))
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().context("run a command")?;
    if !status.success() {
        bail!("{command:?} failed");
    }
    Ok(())
}
