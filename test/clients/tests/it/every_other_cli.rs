//! What the aws command line makes of answers: queries, output forms, pages, waiters, and the
//! commands that it has beside the API's operations. By version 1 and by version 2.

use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use rolecall_testkit::Node;
use rolecall_testkit::clients::{Call, Said, aws_v1, aws_v2};
use serde_json::{Value, json};

/// What clusters, repositories, log groups and units are named.
const NAMES: [&str; 3] = ["blue", "green", "red"];

struct Shell {
    node: Node,
    aws: PathBuf,
}

impl Shell {
    /// A command that must succeed, in words; `'…'` holds words together.
    fn out(&self, line: &str) -> String {
        let mut words: Vec<String> = Vec::new();
        for (n, part) in line.split('\'').enumerate() {
            match n % 2 {
                0 => words.extend(part.split_whitespace().map(str::to_owned)),
                _ => words.push(part.to_owned()),
            }
        }
        let said = Said::by(self.node.command(&self.aws).args(&words)).unwrap();
        assert_eq!(said.status, 0, "aws {line}: {}", said.err);
        said.out
    }

    fn json(&self, line: &str) -> Value {
        let out = self.out(&format!("{line} --output json"));
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("aws {line}: {error}: {out}"))
    }

    /// What a command prints with `--output text`, in cells.
    fn text(&self, line: &str) -> Vec<String> {
        let out = self.out(&format!("{line} --output text"));
        out.split_whitespace().map(str::to_owned).collect()
    }

    fn made(&self, calls: &[Call<'_>]) -> Vec<Value> {
        let answers = self.node.boto3(calls).unwrap();
        for answer in &answers {
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        answers.into_iter().map(|answer| answer.output).collect()
    }
}

fn clusters_in_every_form(shell: &Shell) {
    let arn = |name: &str| format!("arn:aws:ecs:us-east-1:123456789012:cluster/{name}");
    let all: Vec<String> = NAMES.into_iter().map(arn).collect();
    let table = shell.out("ecs list-clusters --output table");
    let rows: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'))
        .map(|row| row.trim_matches(['|', ' ']))
        .filter(|row| !row.starts_with(['-', '+']))
        .collect();
    assert_eq!(rows[..2], ["ListClusters", "clusterArns"], "{table}");
    assert_eq!(rows[2..], all, "{table}");
    let chosen = "ecs describe-clusters --clusters blue red \
                  --query 'clusters[?status==`ACTIVE`].[clusterName,runningTasksCount]'";
    assert_eq!(shell.text(chosen), ["blue", "0", "red", "0"]);
}

/// `--max-items` leaves a token behind that `--starting-token` goes on from.
fn pages(shell: &Shell, root: &str) {
    let units = format!("organizations list-organizational-units-for-parent --parent-id {root}");
    let events = "cloudtrail lookup-events --lookup-attributes \
                  AttributeKey=EventName,AttributeValue=CreateRepository";
    for (line, rows, name) in [
        (
            "ecr describe-repositories",
            "repositories",
            "/repositoryName",
        ),
        (units.as_str(), "OrganizationalUnits", "/Name"),
        (events, "Events", "/Resources/0/ResourceName"),
    ] {
        let named = |page: &Value| {
            let rows = page[rows].as_array().unwrap().iter();
            rows.map(|row| row.pointer(name).unwrap().as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let first = shell.json(&format!("{line} --max-items 2 --page-size 1"));
        let token = first["NextToken"].as_str().unwrap();
        let rest = shell.json(&format!("{line} --starting-token {token}"));
        assert_eq!(rest.get("NextToken"), None, "{line}");
        assert_eq!((named(&first).len(), named(&rest).len()), (2, 1), "{line}");
        let mut all = [named(&first), named(&rest)].concat();
        all.sort_unstable();
        assert_eq!(all, NAMES, "{line}");
    }
}

fn waiters(shell: &Shell) {
    let definition = json!({
        "family": "app", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": "256", "memory": "512",
        "containerDefinitions": [{"name": "app", "image": "busybox"}],
    });
    let run = json!({
        "cluster": "blue", "taskDefinition": "app", "launchType": "FARGATE",
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-0123456789abcdef0"]},
        },
    });
    let made = shell.made(&[
        ("ecs", "register_task_definition", definition),
        ("ecs", "run_task", run),
    ]);
    let task = made[1]["tasks"][0]["taskArn"].as_str().unwrap().to_owned();
    // Nothing runs tasks on this server: the test reports as the agent would.
    for (status, waiter) in [("RUNNING", "tasks-running"), ("STOPPED", "tasks-stopped")] {
        let report = json!({"cluster": "blue", "task": task, "status": status});
        shell.made(&[("ecs", "submit_task_state_change", report)]);
        let out = shell.out(&format!("ecs wait {waiter} --cluster blue --tasks {task}"));
        assert_eq!(out, "");
    }
}

fn logs(shell: &Shell) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now_ms = u64::try_from(since.as_millis()).unwrap();
    let stream = json!({"logGroupName": "blue", "logStreamName": "app/1"});
    let event =
        |ago_ms: u64, message: &str| json!({"timestamp": now_ms - ago_ms, "message": message});
    let mut put = stream.clone();
    put["logEvents"] = json!([
        event(7_200_000, "old"),
        event(2000, "young"),
        event(1000, "new")
    ]);
    shell.made(&[
        ("logs", "create_log_stream", stream),
        ("logs", "put_log_events", put),
    ]);
    let search = "logs filter-log-events --log-group-name blue --query events[].message";
    assert_eq!(shell.text(search), ["old", "young", "new"]);
    if shell.aws.ends_with("aws-v2/aws") {
        let tail = shell.out("logs tail blue --since 1h --format short");
        let lines: Vec<&str> = tail
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(_, message)| message)
            .collect();
        assert_eq!(lines, ["young", "new"], "{tail}");
    }
}

/// The password opens the registry to another client.
fn registry(shell: &Shell) {
    let image = json!({
        "repositoryName": "blue", "imageTag": "v1",
        "imageManifest": r#"{"schemaVersion":2,"manifests":[]}"#,
        "imageManifestMediaType": "application/vnd.oci.image.index.v1+json",
    });
    shell.made(&[("ecr", "put_image", image)]);
    let password = shell.out("ecr get-login-password");
    let mut skopeo = Command::new("skopeo");
    skopeo.args(["list-tags", "--tls-verify=false", "--creds"]);
    skopeo.arg(format!("AWS:{}", password.trim()));
    skopeo.arg(format!("docker://{}/blue", shell.node.address));
    let said = Said::by(&mut skopeo).unwrap();
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(said.json()["Tags"], json!(["v1"]));
}

/// A server with an organization, and of each name a cluster, a repository and a log group.
fn shell(aws: PathBuf) -> Shell {
    let shell = Shell {
        node: Node::start().unwrap(),
        aws,
    };
    let mut calls: Vec<Call<'_>> = vec![("organizations", "create_organization", json!({}))];
    for name in NAMES {
        calls.push(("ecs", "create_cluster", json!({"clusterName": name})));
        calls.push(("ecr", "create_repository", json!({"repositoryName": name})));
        calls.push(("logs", "create_log_group", json!({"logGroupName": name})));
    }
    shell.made(&calls);
    shell
}

fn lists(aws: PathBuf) {
    let shell = shell(aws);
    let roots = shell.made(&[("organizations", "list_roots", json!({}))]);
    let root = roots[0]["Roots"][0]["Id"].as_str().unwrap();
    let unit = |name| {
        let unit = json!({"ParentId": root, "Name": name});
        ("organizations", "create_organizational_unit", unit)
    };
    shell.made(&NAMES.map(unit));
    clusters_in_every_form(&shell);
    pages(&shell, root);
    let looked_up = "cloudtrail lookup-events --lookup-attributes \
                     AttributeKey=EventName,AttributeValue=CreateCluster \
                     --query Events[].Resources[].ResourceName";
    assert_eq!(
        shell.text(looked_up),
        ["red", "green", "blue"],
        "the newest first"
    );
    let accounts = "organizations list-accounts --query 'Accounts[].[Id,Status,JoinedMethod]'";
    assert_eq!(
        shell.json(accounts),
        json!([["123456789012", "ACTIVE", "INVITED"]])
    );
}

fn commands(aws: PathBuf) {
    let shell = shell(aws);
    waiters(&shell);
    logs(&shell);
    registry(&shell);
}

#[test]
fn lists_and_pages_by_version_1() {
    lists(aws_v1().unwrap());
}

#[test]
fn lists_and_pages_by_version_2() {
    lists(aws_v2().unwrap());
}

#[test]
fn waiters_logs_and_the_registry_by_version_1() {
    commands(aws_v1().unwrap());
}

#[test]
fn waiters_logs_and_the_registry_by_version_2() {
    commands(aws_v2().unwrap());
}
