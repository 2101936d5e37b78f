//! `rolecall policy generate` on work whose smallest policy is known: it writes that policy, the
//! work is done again under it, and what was not done is denied.

use std::collections::BTreeSet;

use rolecall_testkit::clients::Said;
use rolecall_testkit::image::busybox;
use rolecall_testkit::raw::{RawRequest, now};
use rolecall_testkit::{Key, Node, binary};
use serde_json::{Value, json};

use crate::explain::rolecall;
use crate::host::{CLUSTER, EXECUTION_ROLE, GROUP, Host, REPOSITORY, TASK_ROLE};

/// The calls of a recorded Terraform, from plan to destroy.
const CALLS: &str = include_str!("../../fixtures/calls.json");

/// What Terraform needs for it. `sts:GetCallerIdentity` needs no permission.
const TERRAFORM: &[&str] = &[
    "ecr:CreateRepository",
    "ecr:DeleteRepository",
    "ecr:DeleteRepositoryPolicy",
    "ecr:DescribeRepositories",
    "ecr:GetRepositoryPolicy",
    "ecr:ListTagsForResource",
    "ecr:SetRepositoryPolicy",
    "ecr:TagResource",
    "ecs:CreateCluster",
    "ecs:DeleteCluster",
    "ecs:DescribeClusters",
    "ecs:PutClusterCapacityProviders",
    "ecs:TagResource",
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "logs:CreateLogGroup",
    "logs:DeleteLogGroup",
    "logs:DescribeLogGroups",
    "logs:ListTagsForResource",
    "logs:PutRetentionPolicy",
    "logs:TagResource",
];

fn everything() -> Value {
    json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
}

/// The generated policy of a user or role.
fn generated(node: &Node, whose: &str, name: &str) -> Value {
    let said = rolecall(node, &["policy", "generate", whose, name]);
    assert_eq!(said.status, 0, "{said:?}");
    said.json()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn put_user_policy(node: &Node, user: &str, policy: &Value) {
    let input = json!({"UserName": user, "PolicyName": "inline",
        "PolicyDocument": policy.to_string()});
    let answers = node.boto3(&[("iam", "put_user_policy", input)]).unwrap();
    assert_eq!(answers[0].status, 200, "{answers:?}");
}

/// Makes the recorded calls as this user; each must get its status.
fn terraform(node: &Node, key: &Key, region: &str) {
    let calls: Vec<Value> = serde_json::from_str(CALLS).unwrap();
    for call in &calls {
        let text = |name: &str| call[name].as_str().unwrap().to_owned();
        let mut headers = vec![("host".to_owned(), node.address.clone())];
        for (name, value) in call["headers"].as_object().unwrap() {
            headers.push((name.clone(), value.as_str().unwrap().to_owned()));
        }
        let request = RawRequest {
            method: text("method"),
            path: text("path"),
            query: String::new(),
            headers,
            body: text("body").into_bytes(),
        };
        let signed = request.signed(&key.credentials(), region, &text("service"), now());
        let answer = signed.unwrap().send(&node.address).unwrap();
        let wanted = call["status"].as_u64().unwrap();
        assert_eq!(u64::from(answer.status), wanted, "{call}: {}", answer.body);
    }
}

#[test]
fn a_terraform_user() {
    let region = "ap-northeast-1";
    let node = Node::with_args(&["--no-tasks", "--region", region]).unwrap();
    let key = node.user("terraform", &everything()).unwrap();
    terraform(&node, &key, region);
    let policy = generated(&node, "--user", "terraform");
    let statements = policy["Statement"].as_array().unwrap();
    let actions: BTreeSet<&str> = statements
        .iter()
        .flat_map(|s| texts(&s["Action"]))
        .collect();
    assert_eq!(actions, TERRAFORM.iter().copied().collect());
    // Names stay names; only what the service itself checks on everything is a wildcard.
    for statement in statements {
        for resource in texts(&statement["Resource"]) {
            let wide = resource.ends_with(":log-group::log-stream:") || resource == "*";
            assert!(wide || resource.contains("my-project-dev"), "{statement}");
        }
    }
    // It is too long to be inline.
    let attach = json!({"UserName": "terraform",
        "PolicyArn": "arn:aws:iam::123456789012:policy/generated"});
    let calls = [
        (
            "iam",
            "create_policy",
            json!({"PolicyName": "generated",
            "PolicyDocument": policy.to_string()}),
        ),
        ("iam", "attach_user_policy", attach),
        (
            "iam",
            "delete_user_policy",
            json!({"UserName": "terraform", "PolicyName": "inline"}),
        ),
    ];
    let answers = node.boto3(&calls).unwrap();
    assert!(answers.iter().all(|a| a.status == 200), "{answers:?}");
    terraform(&node, &key, region);
    let other = node
        .boto3_as(&key, &[("ecs", "list_clusters", json!({}))])
        .unwrap();
    assert_eq!(other[0].code.as_deref(), Some("AccessDeniedException"));
    // All that it has was used.
    let diff = rolecall(&node, &["policy", "diff", "--user", "terraform"]);
    assert_eq!(diff.status, 0, "{diff:?}");
}

#[test]
fn a_user_that_registers_and_runs_a_task() {
    let node = Node::start().unwrap();
    let role = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}});
    let make = |name: &str| {
        let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
        ("iam", "create_role", input)
    };
    let cluster = json!({"clusterName": "prod", "capacityProviders": ["FARGATE"]});
    node.boto3(&[
        make("web"),
        make("web-execution"),
        ("ecs", "create_cluster", cluster),
    ])
    .unwrap();
    let ci = node.user("ci", &everything()).unwrap();
    let register = json!({
        "family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": "256", "memory": "512",
        "taskRoleArn": role("web"), "executionRoleArn": role("web-execution"),
        "containerDefinitions": [{"name": "app", "image": "nginx:1"}],
    });
    let run = json!({
        "cluster": "prod", "taskDefinition": "web", "launchType": "FARGATE",
        "tags": [{"key": "team", "value": "a"}],
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0123456789abcdef0"]}},
    });
    let work = || {
        let first = [
            ("ecs", "register_task_definition", register.clone()),
            ("ecs", "run_task", run.clone()),
        ];
        let answers = node.boto3_as(&ci, &first).unwrap();
        assert!(answers.iter().all(|a| a.status == 200), "{answers:?}");
        let task = answers[1].text("/tasks/0/taskArn").to_owned();
        let describe = json!({"cluster": "prod", "tasks": [task]});
        let last = node
            .boto3_as(&ci, &[("ecs", "describe_tasks", describe)])
            .unwrap();
        assert_eq!(last[0].status, 200, "{last:?}");
    };
    work();
    work();
    let arn = |name: &str| format!("arn:aws:ecs:us-east-1:123456789012:{name}");
    let policy = generated(&node, "--user", "ci");
    assert_eq!(
        policy["Statement"],
        json!([
            {"Effect": "Allow", "Action": "ecs:DescribeTasks", "Resource": arn("task/prod/*")},
            {"Effect": "Allow", "Action": "ecs:RegisterTaskDefinition",
                "Resource": arn("task-definition/web:*")},
            {"Effect": "Allow", "Action": "ecs:RunTask",
                "Resource": [arn("task-definition/web"), arn("task-definition/web:*")],
                "Condition": {"ArnEquals": {"ecs:cluster": arn("cluster/prod")}}},
            {"Effect": "Allow", "Action": "ecs:TagResource", "Resource": arn("task/prod/*"),
                "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}}},
            {"Effect": "Allow", "Action": "iam:PassRole",
                "Resource": [role("web"), role("web-execution")],
                "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}},
        ])
    );
    put_user_policy(&node, "ci", &policy);
    work();
    let mut elsewhere = run.clone();
    elsewhere["cluster"] = json!("default");
    let others = node
        .boto3_as(
            &ci,
            &[
                ("ecs", "run_task", elsewhere),
                ("ecs", "list_clusters", json!({})),
                ("iam", "get_role", json!({"RoleName": "web"})),
            ],
        )
        .unwrap();
    assert!(others.iter().all(|a| {
        a.code
            .as_deref()
            .unwrap_or_default()
            .starts_with("AccessDenied")
    }));
}

#[test]
fn the_exit_status_tells_scripts() {
    let node = Node::start().unwrap();
    let file = |name: &str, policy: &Value| {
        let path = node.scratch().join(name);
        std::fs::write(&path, policy.to_string()).unwrap();
        path.display().to_string()
    };
    let plain =
        |args: &[&str]| Said::by(node.command(binary().unwrap()).arg("policy").args(args)).unwrap();
    let statement = |action: &str, resource: &str| {
        json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
    };
    let good = file("good.json", &statement("ecs:ListClusters", "*"));
    let wide = file("wide.json", &statement("sqs:*", "*"));
    let bad = file("bad.json", &statement("ListClusters", "*"));
    let misspelt = file("misspelt.json", &statement("ecs:ListCluster", "*"));
    for (args, status, part) in [
        (&["check", good.as_str()][..], 0, "nothing to say"),
        (
            &["check", &good, &wide],
            1,
            "allows every action of sqs on every resource",
        ),
        (
            &["check", &bad],
            1,
            "Actions/Conditions must be prefaced by a vendor",
        ),
        (
            &["check", &misspelt],
            1,
            "ecs:ListCluster, which is no action of ecs",
        ),
        (
            &["check", "--type", "trust", &good],
            1,
            "Trust Policy statement actions",
        ),
        (&["check", "nowhere.json"], 2, ""),
        (&["check"], 2, ""),
        (
            &[
                "simulate",
                "--policy",
                &good,
                "--action",
                "ecs:ListClusters",
            ],
            0,
            "allowed",
        ),
        (
            &[
                "simulate",
                "--policy",
                &wide,
                "--action",
                "ecs:ListClusters",
            ],
            1,
            r#"{"Effect":"Allow","Action":"ecs:ListClusters","Resource":"*"}"#,
        ),
        (
            &["simulate", "--policy", &bad, "--action", "ecs:ListClusters"],
            2,
            "",
        ),
        (&["generate"], 2, ""),
        (&["generate", "--role", "a", "--user", "b"], 2, ""),
    ] {
        let said = plain(args);
        assert_eq!(said.status, status, "{args:?}: {said:?}");
        assert!(said.out.contains(part), "{args:?}: {said:?}");
    }
}

/// Terraform itself finds nothing to lay out anew in what is written for it.
#[test]
fn what_is_written_for_terraform_is_laid_out_as_it_does() {
    let node = Node::start().unwrap();
    let key = node.user("ci", &everything()).unwrap();
    let role = json!({"RoleName": "r", "AssumeRolePolicyDocument": json!({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"}}}).to_string()});
    let attach = json!({"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"});
    let calls = [
        ("iam", "create_role", role),
        ("iam", "get_role", json!({"RoleName": "r"})),
        ("iam", "attach_role_policy", attach),
        ("ecs", "list_clusters", json!({})),
    ];
    let answers = node.boto3_as(&key, &calls).unwrap();
    assert!(answers.iter().all(|a| a.status == 200), "{answers:?}");
    let args = [
        "policy",
        "generate",
        "--user",
        "ci",
        "--format",
        "terraform",
    ];
    let said = rolecall(&node, &args);
    let path = node.scratch().join("ci.tf");
    std::fs::write(&path, &said.out).unwrap();
    let mut terraform = node.command("terraform");
    match Said::by(terraform.args(["fmt", "-check", "-diff"]).arg(&path)) {
        Ok(same) => assert_eq!(same.status, 0, "{same:?}"),
        Err(error) => println!("SKIPPED: {error}"),
    }
}

#[test]
fn an_execution_role() {
    let Some(host) = Host::new() else {
        return;
    };
    host.push(&busybox().unwrap(), REPOSITORY, "v1");
    let definition = host.register("v1", &json!({"command": ["echo", "hello"]}));
    let ran = || {
        let task = host.run_task(CLUSTER, &definition);
        let stopped = host.stopped(&task);
        assert_eq!(stopped["containers"][0]["exitCode"], 0, "{stopped:#}");
        host.wait_lines(&task, |lines| lines == ["hello"]);
    };
    ran();
    let arn = |service: &str, name: &str| {
        format!("arn:aws:{service}:{}:123456789012:{name}", host.region)
    };
    let policy = generated(&host.node, "--role", EXECUTION_ROLE);
    let stream = arn("logs", &format!("log-group:{GROUP}:log-stream:test/app/*"));
    assert_eq!(
        policy["Statement"],
        json!([
            {"Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                "Resource": arn("ecr", &format!("repository/{REPOSITORY}"))},
            {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
            {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": stream},
        ])
    );
    let put = json!({"RoleName": EXECUTION_ROLE, "PolicyName": "test",
        "PolicyDocument": policy.to_string()});
    assert_eq!(
        host.boto3(&[("iam", "put_role_policy", put)]).unwrap()[0].status,
        200
    );
    ran();
    // The program in the container called nothing.
    let none = rolecall(&host.node, &["policy", "generate", "--role", TASK_ROLE]);
    assert_eq!((none.status, none.out.as_str()), (1, ""), "{none:?}");
}
