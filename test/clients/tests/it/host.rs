//! A node that runs tasks, with what a small Fargate application needs: a cluster, two roles, a
//! log group and a repository, made by boto3. Taken off the machine at the end.

use std::fmt::Write;
use std::ops::Deref;
use std::process::Command;
use std::time::{Duration, Instant};

use rolecall_engine::{Engine, EngineConfig, InstanceName, RuntimeKind};
use rolecall_testkit::Node;
use rolecall_testkit::clients::Said;
use rolecall_testkit::image::Image;
use rolecall_testkit::raw::{RawRequest, now};
use serde_json::{Value, json};

pub(crate) const CLUSTER: &str = "app";
pub(crate) const GROUP: &str = "/ecs/app";
pub(crate) const REPOSITORY: &str = "team/app";
pub(crate) const EXECUTION_ROLE: &str = "execution";
pub(crate) const TASK_ROLE: &str = "task";

/// What a task may take from start to end, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(90);

const ECS: &str = "AmazonEC2ContainerServiceV20141113";
const LOGS: &str = "Logs_20140328";

/// What an execution role needs for an image of ECR and the awslogs driver.
pub(crate) const EXECUTION_ACTIONS: [&str; 6] = [
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

pub(crate) fn allow(actions: &[&str]) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
    })
}

/// A node that runs tasks.
pub(crate) struct Host {
    pub(crate) node: Node,
}

impl Deref for Host {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}

impl Host {
    /// `None`, and a line that says so, where tasks can't be run.
    pub(crate) fn bare(args: &[&str]) -> Option<Self> {
        let id = Said::by(Command::new("id").arg("-u")).unwrap();
        if id.out.trim() != "0" {
            println!("SKIPPED: containers need root; run the tests as root");
            return None;
        }
        Some(Self {
            node: Node::with_args(args).unwrap(),
        })
    }

    /// [`Host::bare`] with cluster, roles, log group and repository.
    pub(crate) fn new() -> Option<Self> {
        Self::with_args(&[])
    }

    /// [`Host::new`] with these arguments to `rolecall up`.
    pub(crate) fn with_args(args: &[&str]) -> Option<Self> {
        let host = Self::bare(args)?;
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
            },
        });
        let role = |name: &str| {
            let role = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
            ("iam", "create_role", role)
        };
        let made = host
            .boto3(&[
                role(EXECUTION_ROLE),
                role(TASK_ROLE),
                ("ecs", "create_cluster", json!({"clusterName": CLUSTER})),
                ("logs", "create_log_group", json!({"logGroupName": GROUP})),
                (
                    "ecr",
                    "create_repository",
                    json!({"repositoryName": REPOSITORY}),
                ),
            ])
            .unwrap();
        assert!(made.iter().all(|answer| answer.status == 200), "{made:?}");
        host.grant(EXECUTION_ROLE, &EXECUTION_ACTIONS);
        Some(host)
    }

    /// Gives a role these actions on everything, and takes away all others.
    pub(crate) fn grant(&self, role: &str, actions: &[&str]) {
        let policy = json!({
            "RoleName": role,
            "PolicyName": "test",
            "PolicyDocument": allow(actions).to_string(),
        });
        assert_eq!(
            self.boto3(&[("iam", "put_role_policy", policy)]).unwrap()[0].status,
            200
        );
    }

    /// The password of the registry's user `AWS`, as `aws ecr get-login-password` has it.
    pub(crate) fn password(&self) -> String {
        let aws = rolecall_testkit::clients::aws_v1().unwrap();
        let said = Said::by(self.command(aws).args(["ecr", "get-login-password"])).unwrap();
        assert_eq!(said.status, 0, "{said:?}");
        said.out.trim().to_owned()
    }

    /// Pushes an image with skopeo as `repository:tag`.
    pub(crate) fn push(&self, image: &Image, repository: &str, tag: &str) {
        let folder = self.scratch().join(format!("image-{tag}"));
        let layout = image.write_layout(&folder, tag).unwrap();
        let creds = format!("AWS:{}", self.password());
        let remote = format!("docker://{}/{repository}:{tag}", self.address);
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["copy", "--insecure-policy", "--dest-tls-verify=false"]);
        skopeo.args(["--dest-creds", &creds, &layout.skopeo_name(), &remote]);
        let said = Said::by(&mut skopeo).unwrap();
        assert_eq!(said.status, 0, "{said:?}");
    }

    /// One awsJson call as the root user that must succeed.
    fn json(&self, service: &str, target: &str, body: &Value) -> Value {
        let request = RawRequest::json(&self.address, target, &body.to_string());
        let answer = request
            .signed(&self.root.credentials(), &self.region, service, now())
            .unwrap()
            .send(&self.address)
            .unwrap();
        assert_eq!(answer.status, 200, "{target} {body}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    pub(crate) fn ecs(&self, operation: &str, body: &Value) -> Value {
        self.json("ecs", &format!("{ECS}.{operation}"), body)
    }

    pub(crate) fn logs(&self, operation: &str, body: &Value) -> Value {
        self.json("logs", &format!("{LOGS}.{operation}"), body)
    }

    /// Registers a task definition of one container `app` with the image `REPOSITORY:tag`.
    pub(crate) fn register(&self, tag: &str, container: &Value) -> String {
        let mut app = json!({
            "name": "app",
            "image": self.image(REPOSITORY, tag),
            "essential": true,
            "logConfiguration": self.awslogs(GROUP),
        });
        for (name, value) in container.as_object().unwrap() {
            app[name] = value.clone();
        }
        self.register_definition(&json!({
            "taskRoleArn": format!("arn:aws:iam::123456789012:role/{TASK_ROLE}"),
            "executionRoleArn": format!("arn:aws:iam::123456789012:role/{EXECUTION_ROLE}"),
            "containerDefinitions": [app],
        }))
    }

    pub(crate) fn register_definition(&self, fields: &Value) -> String {
        let mut definition = json!({
            "family": "app",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
        });
        for (name, value) in fields.as_object().unwrap() {
            definition[name] = value.clone();
        }
        let answer = self.ecs("RegisterTaskDefinition", &definition);
        answer["taskDefinition"]["taskDefinitionArn"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) fn image(&self, repository: &str, tag: &str) -> String {
        format!(
            "123456789012.dkr.ecr.{}.amazonaws.com/{repository}:{tag}",
            self.region
        )
    }

    pub(crate) fn awslogs(&self, group: &str) -> Value {
        json!({"logDriver": "awslogs", "options": {
            "awslogs-group": group,
            "awslogs-region": self.region,
            "awslogs-stream-prefix": "test",
        }})
    }

    /// Runs one task on Fargate; its ARN.
    pub(crate) fn run_task(&self, cluster: &str, definition: &str) -> String {
        let answer = self.ecs(
            "RunTask",
            &json!({
                "cluster": cluster,
                "taskDefinition": definition,
                "launchType": "FARGATE",
                "networkConfiguration": {
                    "awsvpcConfiguration": {"subnets": ["subnet-0123456789abcdef0"]},
                },
            }),
        );
        assert_eq!(answer["failures"], json!([]), "{answer}");
        answer["tasks"][0]["taskArn"].as_str().unwrap().to_owned()
    }

    pub(crate) fn describe(&self, cluster: &str, task: &str) -> Value {
        let input = json!({"cluster": cluster, "tasks": [task]});
        self.ecs("DescribeTasks", &input)["tasks"][0].clone()
    }

    /// The task, once `done` of it is true.
    pub(crate) fn wait(&self, task: &str, what: &str, done: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let seen = self.describe(CLUSTER, task);
            if done(&seen) {
                return seen;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "{what}: {seen:#}\n{}",
                self.said(task)
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The task, once it is RUNNING.
    pub(crate) fn running(&self, task: &str) -> Value {
        let seen = self.wait(task, "the task should run", |task| {
            task["lastStatus"] == "RUNNING" || task["lastStatus"] == "STOPPED"
        });
        assert_eq!(seen["lastStatus"], "RUNNING", "{seen:#}");
        seen
    }

    /// The task, once it is STOPPED.
    pub(crate) fn stopped(&self, task: &str) -> Value {
        self.wait(task, "the task should stop", |task| {
            task["lastStatus"] == "STOPPED"
        })
    }

    /// Waits until the container `app` of a task has ended, also while the server is down.
    pub(crate) fn wait_exit(&self, task: &str) {
        let id = task.rsplit('/').next().unwrap();
        let state = self
            .data()
            .join(format!("engine/tasks/{id}/c/app/state.json"));
        let start = Instant::now();
        loop {
            let text = std::fs::read_to_string(&state).unwrap();
            let seen: Value = serde_json::from_str(&text).unwrap();
            if !seen["exit"].is_null() {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "it goes on: {seen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The log events of the container `app` of a task: when it was written, in ms, and what.
    pub(crate) fn events(&self, group: &str, task: &str) -> Vec<(i64, String)> {
        let id = task.rsplit('/').next().unwrap();
        let stream = format!("test/app/{id}");
        let find = json!({"logGroupName": group, "logStreamNamePrefix": stream});
        if self.logs("DescribeLogStreams", &find)["logStreams"] == json!([]) {
            return Vec::new();
        }
        let mut events = Vec::new();
        let mut get = json!({
            "logGroupName": group, "logStreamName": stream, "startFromHead": true,
        });
        loop {
            let page = self.logs("GetLogEvents", &get);
            let found = page["events"].as_array().unwrap();
            if found.is_empty() {
                return events;
            }
            for event in found {
                let message = event["message"].as_str().unwrap().to_owned();
                events.push((event["timestamp"].as_i64().unwrap(), message));
            }
            get["nextToken"] = page["nextForwardToken"].clone();
        }
    }

    pub(crate) fn lines(&self, task: &str) -> Vec<String> {
        self.events(GROUP, task)
            .into_iter()
            .map(|(_, line)| line)
            .collect()
    }

    /// The lines of a task's log, once `done` of them is true.
    pub(crate) fn wait_lines(&self, task: &str, done: impl Fn(&[String]) -> bool) -> Vec<String> {
        let start = Instant::now();
        loop {
            let lines = self.lines(task);
            if done(&lines) {
                return lines;
            }
            assert!(start.elapsed() < PATIENCE, "the log stays at {lines:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The log of a task in one text, for a failure's message.
    fn said(&self, task: &str) -> String {
        self.lines(task)
            .iter()
            .fold(String::new(), |mut text, line| {
                let _ = writeln!(text, "  {line}");
                text
            })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let data = self.node.data();
        let removed = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(remove(&data))
        });
        if let Ok(Err(error)) = removed.join() {
            println!("something of the node may be left on this machine: {error}");
        }
    }
}

/// Takes the containers and networks of a server's data folder off the machine.
async fn remove(data: &std::path::Path) -> std::io::Result<()> {
    let data = data.canonicalize()?;
    let config = EngineConfig {
        data_dir: data.join("engine"),
        run_dir: "/run/rolecall".into(),
        instance: InstanceName::of_directory(&data)?,
        runtime: RuntimeKind::Embedded,
        subnet: None,
        shim_exe: rolecall_testkit::binary()?,
        log_limit_bytes: 0,
    };
    let engine = Engine::open(config).await.map_err(std::io::Error::other)?;
    engine
        .remove_instance()
        .await
        .map_err(std::io::Error::other)
}
