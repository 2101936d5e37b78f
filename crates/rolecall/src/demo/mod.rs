//! `rolecall demo`: the whole story in a terminal, with real containers, leaving nothing behind.

mod aws;
mod image;
mod print;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rolecall_client::{Client, Credentials};
use rolecall_op::audit::Denial;

use crate::cli::DemoArgs;
use crate::node::{Node, NodeConfig};
use aws::{Developer, EXECUTION_ROLE, Outcome, TASK_ROLE};
use print::Teller;

/// What pulling and shipping take, but for the one action that a chapter leaves out.
const EXECUTION_ACTIONS: [&str; 6] = [
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

pub(crate) async fn run(args: &DemoArgs) -> Result<()> {
    let started = Instant::now();
    let data = std::env::temp_dir().join(format!("rolecall-demo-{}", std::process::id()));
    let node = Node::start(config(data.clone())?).await?;
    let told = match Story::new(&node) {
        Ok(story) => story.tell(started).await,
        Err(error) => Err(error),
    };
    if args.stay && told.is_ok() {
        Teller::new().chapter(&format!(
            "The server stays: eval \"$(rolecall env --data {})\"; Ctrl-C ends it.",
            data.display()
        ));
        let _ = tokio::signal::ctrl_c().await;
    }
    node.remove()
        .await
        .context("take the demo's containers and networks off this machine")?;
    std::fs::remove_dir_all(&data).with_context(|| format!("remove {}", data.display()))?;
    told
}

fn config(data: PathBuf) -> Result<NodeConfig> {
    Ok(NodeConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: None,
        data,
        account: None,
        region: None,
        dev_credentials: None,
        quotas: Vec::new(),
        oci_runtime: None,
        tasks: true,
        record_mib: 16,
    })
}

struct Story<'a> {
    node: &'a Node,
    aws: Developer,
    tell: Teller,
}

impl<'a> Story<'a> {
    fn new(node: &'a Node) -> Result<Self> {
        let c = node.credentials();
        let key = Credentials {
            access_key_id: c.access_key_id.clone(),
            secret_access_key: c.secret_access_key.clone(),
            session_token: None,
        };
        let aws = Developer {
            client: Client::new(&c.endpoint, &c.region, "rolecall-demo"),
            key,
            account: c.account.clone(),
            region: c.region.clone(),
        };
        Ok(Self {
            node,
            aws,
            tell: Teller::new(),
        })
    }

    async fn tell(&self, started: Instant) -> Result<()> {
        self.tell
            .chapter(&format!("Rolecall serves AWS at {}", self.node.endpoint()));
        let definition = self.set_up().await?;
        self.allowed(&definition, "A Fargate task with both of its roles")
            .await?;
        let mut remedies = Vec::new();
        remedies.push(self.without_pull(&definition).await?);
        remedies.push(self.without_logs(&definition).await?);
        let task_remedy = self.without_action(&definition).await?;
        self.tell
            .chapter("With the three statements that Rolecall named, put into the roles");
        let mut execution = vec![allow(&without(&["ecr:BatchGetImage", "logs:PutLogEvents"]))];
        // The record names one stream; a role for every task takes the group.
        execution.extend(remedies.iter().map(widened));
        self.aws.put_policy(EXECUTION_ROLE, &execution).await?;
        self.aws
            .put_policy(TASK_ROLE, &[statement(&task_remedy)])
            .await?;
        self.allowed(&definition, "").await?;
        let took = started.elapsed().as_secs_f32();
        self.tell
            .chapter(&format!("Told in {took:.1} s. Nothing is left behind."));
        Ok(())
    }

    async fn set_up(&self) -> Result<String> {
        self.aws.create_role(EXECUTION_ROLE).await?;
        self.aws.create_role(TASK_ROLE).await?;
        self.aws
            .put_policy(EXECUTION_ROLE, &[allow(&EXECUTION_ACTIONS)])
            .await?;
        self.aws
            .put_policy(TASK_ROLE, &[allow(&["ecs:ListClusters"])])
            .await?;
        self.tell
            .done("iam:CreateRole, iam:PutRolePolicy: an execution role and a task role");
        self.aws.create_resources().await?;
        self.tell
            .done("ecs:CreateCluster, logs:CreateLogGroup, ecr:CreateRepository");
        let image = tokio::task::spawn_blocking(image::build)
            .await
            .context("build the image")??;
        let mib = image.layer.bytes.len() / 1_048_576;
        self.aws.push(&image).await?;
        self.tell
            .done(&format!("pushed {}:latest ({mib} MiB)", aws::REPOSITORY));
        let definition = self.aws.register().await?;
        self.tell
            .done(&format!("ecs:RegisterTaskDefinition: {definition}"));
        Ok(definition)
    }

    async fn allowed(&self, definition: &str, title: &str) -> Result<()> {
        if !title.is_empty() {
            self.tell.chapter(title);
        }
        let outcome = self.run(definition).await?;
        if outcome.exit_code != Some(0) {
            bail!(
                "the task should have ended well: {}",
                outcome.stopped_reason
            );
        }
        self.tell
            .done(&format!("{}: exit code 0", outcome.stop_code));
        Ok(())
    }

    async fn run(&self, definition: &str) -> Result<Outcome> {
        let task = self.aws.run_task(definition).await?;
        self.tell.done(&format!("ecs:RunTask: {task}"));
        self.aws.follow(&task, |line| self.tell.log(line)).await
    }

    async fn without_pull(&self, definition: &str) -> Result<Denial> {
        self.tell
            .chapter("The execution role without ecr:BatchGetImage");
        let actions = without(&["ecr:BatchGetImage"]);
        self.aws
            .put_policy(EXECUTION_ROLE, &[allow(&actions)])
            .await?;
        let outcome = self.run(definition).await?;
        if outcome.stop_code != "TaskFailedToStart" {
            bail!(
                "the task should not have started: {}",
                outcome.stopped_reason
            );
        }
        self.tell.refused(&format!(
            "{}: {}",
            outcome.stop_code, outcome.stopped_reason
        ));
        self.remedy("ecr:BatchGetImage", &outcome.task_id).await
    }

    async fn without_logs(&self, definition: &str) -> Result<Denial> {
        self.tell
            .chapter("The execution role without logs:PutLogEvents");
        let actions = without(&["logs:PutLogEvents"]);
        self.aws
            .put_policy(EXECUTION_ROLE, &[allow(&actions)])
            .await?;
        let outcome = self.run(definition).await?;
        self.tell.done(&format!(
            "{}: exit code {}, and as on AWS no line of its log arrived",
            outcome.stop_code,
            outcome
                .exit_code
                .map_or_else(|| "none".to_owned(), |code| code.to_string())
        ));
        let denial = self.denial("logs:PutLogEvents", &outcome.task_id).await?;
        self.tell.refused(&denial.message);
        self.show_remedy(&denial);
        Ok(denial)
    }

    async fn without_action(&self, definition: &str) -> Result<Denial> {
        self.tell
            .chapter("The task role without the action that the program calls");
        self.aws
            .put_policy(EXECUTION_ROLE, &[allow(&EXECUTION_ACTIONS)])
            .await?;
        self.aws
            .put_policy(TASK_ROLE, &[allow(&["ecs:DescribeClusters"])])
            .await?;
        let outcome = self.run(definition).await?;
        let code = outcome.exit_code.unwrap_or_default();
        self.tell
            .refused(&format!("{}: exit code {code}", outcome.stop_code));
        self.remedy("ecs:ListClusters", &outcome.task_id).await
    }

    async fn remedy(&self, action: &str, task_id: &str) -> Result<Denial> {
        let denial = self.denial(action, task_id).await?;
        self.show_remedy(&denial);
        Ok(denial)
    }

    fn show_remedy(&self, denial: &Denial) {
        if let Some(remedy) = denial.remedies.first() {
            self.tell.remedy(&remedy.layer, &remedy.statement);
        }
    }

    /// The refusal of `action` to a role of this task, from the server's record.
    async fn denial(&self, action: &str, task_id: &str) -> Result<Denial> {
        for _ in 0..50 {
            let denials = self.node.denials();
            let found = denials
                .into_iter()
                .rev()
                .find(|denial| denial.action == action && denial.caller.ends_with(task_id));
            if let Some(denial) = found {
                return Ok(denial);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("no refusal of {action} was recorded")
    }
}

fn without(left_out: &[&str]) -> Vec<&'static str> {
    EXECUTION_ACTIONS
        .into_iter()
        .filter(|action| !left_out.contains(action))
        .collect()
}

fn allow(actions: &[&str]) -> String {
    serde_json::json!({ "Effect": "Allow", "Action": actions, "Resource": "*" }).to_string()
}

fn statement(denial: &Denial) -> String {
    denial
        .remedies
        .first()
        .map(|remedy| remedy.statement.clone())
        .unwrap_or_default()
}

/// The statement, with the one task's log stream widened to every stream of the group.
fn widened(denial: &Denial) -> String {
    let statement = statement(denial);
    match statement.find(":log-stream:") {
        Some(at) => {
            let head = statement.get(..at).unwrap_or_default();
            let rest = statement.get(at..).unwrap_or_default();
            let tail = rest
                .find('"')
                .and_then(|end| rest.get(end..))
                .unwrap_or_default();
            format!("{head}:*{tail}")
        }
        None => statement,
    }
}
