//! Tasks on Fargate, from a pushed image to an exit code: with their roles, and refused without.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rolecall_testkit::clients::{Said, aws_v2};
use rolecall_testkit::docker::Daemon;
use rolecall_testkit::image::busybox;
use rolecall_testkit::raw::{RawRequest, now};
use serde_json::{Value, json};

use crate::host::{CLUSTER, EXECUTION_ACTIONS, EXECUTION_ROLE, GROUP, Host, REPOSITORY};
use crate::recorded;

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn without(action: &str) -> Vec<&'static str> {
    EXECUTION_ACTIONS
        .into_iter()
        .filter(|one| *one != action)
        .collect()
}

/// A shell program as a container's command.
fn shell(program: &str) -> Value {
    json!({"command": ["sh", "-c", program]})
}

/// On what the recorded `terraform apply` made: the image is pushed, runs, is followed, ends.
#[test]
fn on_what_terraform_made_a_pushed_image_runs_and_its_log_is_followed() {
    let Some(host) = Host::bare(&["--region", recorded::REGION]) else {
        return;
    };
    recorded::apply(&host.node);
    let cluster = "my-project-dev-cluster";
    let group = "/ecs/my-project-dev";
    host.push(&busybox().unwrap(), "my-project-dev-app", "v1");
    let mut app = shell("for n in 1 2 3 4 5 6 7 8; do echo line $n; sleep 1; done; exit 3");
    app["name"] = json!("app");
    app["image"] = json!(host.image("my-project-dev-app", "v1"));
    app["logConfiguration"] = host.awslogs(group);
    let role = |name: &str| format!("arn:aws:iam::123456789012:role/my-project-dev-ecs-{name}");
    let definition = host.register_definition(&json!({
        "executionRoleArn": role("execution-role"),
        "taskRoleArn": role("task-role"),
        "containerDefinitions": [app],
    }));
    let task = host.run_task(cluster, &definition);

    let aws = aws_v2().unwrap();
    // On a terminal, or it would keep its lines back until it has many.
    let tail = format!(
        "{} logs tail {group} --follow --format short --since 1h",
        aws.display()
    );
    let mut script = host.command("script");
    script
        .args(["-qfc", &tail, "/dev/null"])
        .stdout(Stdio::piped());
    let mut tail = script.spawn().unwrap();
    let (send, followed) = mpsc::channel();
    let out = BufReader::new(tail.stdout.take().unwrap());
    std::thread::spawn(move || {
        out.lines()
            .map_while(Result::ok)
            .try_for_each(|l| send.send(l))
    });

    // A line can be read within a second of being written, while the task runs.
    let (mut late_ms, start) = (Vec::new(), Instant::now());
    while late_ms.len() < 5 {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{:#}",
            host.describe(cluster, &task)
        );
        let events = host.events(group, &task);
        let known_ms = now_ms();
        let seen = late_ms.len();
        let fresh = events.iter().skip(seen);
        late_ms.extend(fresh.map(|(written_ms, _)| known_ms - written_ms));
        std::thread::sleep(Duration::from_millis(100));
    }
    late_ms.sort_unstable();
    // The median: on a machine that is busy with other tests, one may be held up.
    assert!(late_ms[2] < 1000, "the lines were {late_ms:?} ms late");
    assert_eq!(host.describe(cluster, &task)["lastStatus"], "RUNNING");
    for n in 1..=5 {
        let line = followed.recv_timeout(Duration::from_secs(30)).unwrap();
        assert!(line.trim_end().ends_with(&format!("line {n}")), "{line:?}");
    }

    let wait = [
        "ecs",
        "wait",
        "tasks-stopped",
        "--cluster",
        cluster,
        "--tasks",
        &task,
    ];
    let said = Said::by(host.command(&aws).args(wait)).unwrap();
    assert_eq!(said.status, 0, "{said:?}");
    tail.kill().unwrap();
    tail.wait().unwrap();
    let stopped = host.describe(cluster, &task);
    assert_eq!(
        stopped["stopCode"], "EssentialContainerExited",
        "{stopped:#}"
    );
    assert_eq!(
        stopped["stoppedReason"],
        "Essential container in task exited"
    );
    assert_eq!(stopped["containers"][0]["exitCode"], 3);
    for name in [
        "createdAt",
        "startedAt",
        "stoppingAt",
        "stoppedAt",
        "executionStoppedAt",
    ] {
        assert!(stopped[name].is_number(), "no {name}: {stopped:#}");
    }
    let lines: Vec<String> = host
        .events(group, &task)
        .into_iter()
        .map(|event| event.1)
        .collect();
    let all: Vec<String> = (1..=8).map(|n| format!("line {n}")).collect();
    assert_eq!(lines, all);
}

#[test]
fn an_image_pushed_by_docker_runs() {
    let Some(host) = Host::new() else {
        return;
    };
    let Some(daemon) = Daemon::start().unwrap() else {
        return;
    };
    let archive = host.scratch().join("image.tar");
    busybox()
        .unwrap()
        .write_docker_archive(&archive, "hello:1")
        .unwrap();
    let remote = format!("{}/{REPOSITORY}:v1", host.address);
    let archive = archive.display().to_string();
    daemon
        .success(&["login", "-u", "AWS", "-p", &host.password(), &host.address])
        .unwrap();
    daemon.success(&["load", "-i", &archive]).unwrap();
    daemon.success(&["tag", "hello:1", &remote]).unwrap();
    daemon.success(&["push", &remote]).unwrap();
    let task = host.run_task(CLUSTER, &host.register("v1", &shell("echo hello; exit 5")));
    let stopped = host.stopped(&task);
    assert_eq!(stopped["containers"][0]["exitCode"], 5, "{stopped:#}");
    assert_eq!(host.lines(&task), ["hello"]);
    daemon.success(&["pull", &remote]).unwrap();
}

#[test]
fn an_execution_role_that_may_not_pull() {
    let Some(host) = Host::new() else {
        return;
    };
    host.push(&busybox().unwrap(), REPOSITORY, "v1");
    let definition = host.register("v1", &shell("echo started"));
    host.grant(EXECUTION_ROLE, &without("ecr:BatchGetImage"));
    let task = host.run_task(CLUSTER, &definition);
    let stopped = host.stopped(&task);
    assert_eq!(stopped["stopCode"], "TaskFailedToStart", "{stopped:#}");
    let reason = stopped["stoppedReason"].as_str().unwrap();
    assert!(reason.starts_with("CannotPullContainerError: "), "{reason}");
    let id = task.rsplit('/').next().unwrap();
    let denied = format!(
        "User: arn:aws:sts::123456789012:assumed-role/execution/{id} is not authorized to perform: \
         ecr:BatchGetImage on resource: arn:aws:ecr:us-east-1:123456789012:repository/team/app \
         because no identity-based policy allows the ecr:BatchGetImage action"
    );
    let told = stopped.to_string().replace("\\\"", "\"");
    assert!(told.contains(&denied), "{denied}\n{stopped:#}");
    assert!(
        stopped["containers"][0].get("exitCode").is_none(),
        "{stopped:#}"
    );
    assert!(host.lines(&task).is_empty());

    host.grant(EXECUTION_ROLE, &EXECUTION_ACTIONS);
    let task = host.run_task(CLUSTER, &definition);
    assert_eq!(host.stopped(&task)["containers"][0]["exitCode"], 0);
    assert_eq!(host.lines(&task), ["started"]);
}

#[test]
fn an_execution_role_that_may_not_write_logs() {
    let Some(host) = Host::new() else {
        return;
    };
    host.push(&busybox().unwrap(), REPOSITORY, "v1");
    let definition = host.register("v1", &shell("echo unheard; exit 7"));
    // The lines are lost, the program runs: as on AWS.
    host.grant(EXECUTION_ROLE, &without("logs:PutLogEvents"));
    let task = host.run_task(CLUSTER, &definition);
    let stopped = host.stopped(&task);
    assert_eq!(stopped["containers"][0]["exitCode"], 7, "{stopped:#}");
    assert!(host.lines(&task).is_empty());
    // Without a stream there is no container.
    host.grant(EXECUTION_ROLE, &without("logs:CreateLogStream"));
    let task = host.run_task(CLUSTER, &definition);
    let stopped = host.stopped(&task);
    assert_eq!(stopped["stopCode"], "TaskFailedToStart", "{stopped:#}");
    let reason = stopped["stoppedReason"].as_str().unwrap();
    assert!(
        reason.starts_with("ResourceInitializationError: failed to validate logger args:"),
        "{reason}"
    );
    assert!(
        reason.contains("is not authorized to perform: logs:CreateLogStream on"),
        "{reason}"
    );
}

#[test]
fn a_task_is_stopped_by_its_owner() {
    let Some(host) = Host::new() else {
        return;
    };
    host.push(&busybox().unwrap(), REPOSITORY, "v1");
    let program = "trap 'echo asked to stop; exit 42' TERM; echo up; while :; do sleep 0.1; done";
    let definition = host.register("v1", &shell(program));
    let task = host.run_task(CLUSTER, &definition);
    host.running(&task);
    host.wait_lines(&task, |lines| lines == ["up"]);
    let stop = json!({"cluster": CLUSTER, "task": task, "reason": "enough"});
    assert_eq!(
        host.ecs("StopTask", &stop)["task"]["desiredStatus"],
        "STOPPED"
    );
    let stopped = host.stopped(&task);
    assert_eq!(stopped["stopCode"], "UserInitiated", "{stopped:#}");
    assert_eq!(stopped["stoppedReason"], "enough");
    assert_eq!(stopped["containers"][0]["exitCode"], 42);
    assert_eq!(host.lines(&task), ["up", "asked to stop"]);

    // One that does not listen is killed after its stop timeout.
    let mut deaf = shell("trap '' TERM; echo up; while :; do sleep 0.1; done");
    deaf["stopTimeout"] = json!(2);
    let task = host.run_task(CLUSTER, &host.register("v1", &deaf));
    host.wait_lines(&task, |lines| lines == ["up"]);
    host.ecs("StopTask", &json!({"cluster": CLUSTER, "task": task}));
    let stopped = host.stopped(&task);
    assert_eq!(stopped["stoppedReason"], "Task stopped by user");
    assert_eq!(stopped["containers"][0]["exitCode"], 137, "{stopped:#}");
}

/// What a program inside sees: the metadata of its own task, the credentials of its own role, and
/// nothing of another task's.
#[test]
fn a_task_sees_its_own_credentials_and_metadata() {
    let Some(host) = Host::new() else {
        return;
    };
    host.push(&busybox().unwrap(), REPOSITORY, "v1");
    let program = "echo $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; \
                   wget -qO- http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo; \
                   wget -qO- $ECS_CONTAINER_METADATA_URI_V4/task; echo; sleep 3600";
    let first = host.run_task(CLUSTER, &host.register("v1", &shell(program)));
    let lines = host.wait_lines(&first, |lines| lines.len() >= 3);
    let credentials: Value = serde_json::from_str(&lines[1]).unwrap();
    assert!(
        credentials["AccessKeyId"]
            .as_str()
            .unwrap()
            .starts_with("ASIA"),
        "{lines:?}"
    );
    assert_eq!(
        credentials["RoleArn"],
        "arn:aws:iam::123456789012:role/task"
    );
    let metadata: Value = serde_json::from_str(&lines[2]).unwrap();
    assert_eq!(metadata["TaskARN"], first);

    let steal = format!(
        "wget -qO- http://169.254.170.2{} 2>&1 || echo refused",
        lines[0]
    );
    let second = host.run_task(CLUSTER, &host.register("v1", &shell(&steal)));
    host.stopped(&second);
    let lines = host.lines(&second);
    assert_eq!(lines.last().unwrap(), "refused", "{lines:?}");
    assert!(!lines.concat().contains("AccessKeyId"), "{lines:?}");
}

#[test]
fn tasks_outlive_the_server_and_their_logs_have_every_line_once() {
    let Some(mut host) = Host::new() else {
        return;
    };
    host.push(&busybox().unwrap(), REPOSITORY, "v1");
    let program = "trap 'exit 0' TERM; n=0; while :; do n=$((n+1)); echo $n; sleep 0.1; done";
    let task = host.run_task(CLUSTER, &host.register("v1", &shell(program)));
    let before = host.running(&task);
    for (n, brutally) in [true, false].into_iter().enumerate() {
        let enough = 20 * (n + 1);
        host.wait_lines(&task, |lines| lines.len() > enough);
        if brutally {
            host.node.kill().unwrap();
            // As if it had died before it noted that lines were shipped.
            let id = task.rsplit('/').next().unwrap();
            let noted = host.data().join("agent/tasks").join(id).join("app.offset");
            std::fs::remove_file(noted).unwrap();
        } else {
            host.node.stop().unwrap();
        }
        std::thread::sleep(Duration::from_secs(1));
        host.node.restart().unwrap();
        let after = host.running(&task);
        assert_eq!(after["attachments"], before["attachments"]);
        assert_eq!(
            after["containers"][0]["runtimeId"],
            before["containers"][0]["runtimeId"]
        );
    }
    let lines = host.wait_lines(&task, |lines| lines.len() > 100);
    let expected: Vec<String> = (1..=lines.len()).map(|n| n.to_string()).collect();
    assert_eq!(lines, expected);
    host.ecs("StopTask", &json!({"cluster": CLUSTER, "task": task}));
    let stopped = host.stopped(&task);
    assert_eq!(stopped["stopCode"], "UserInitiated", "{stopped:#}");
}

/// Programs that run go on calling the APIs where they were told to when they started, whatever
/// port the server has come back at.
#[test]
fn a_server_that_comes_back_at_another_port() {
    let Some(mut host) = Host::new() else {
        return;
    };
    host.push(&busybox().unwrap(), REPOSITORY, "v1");
    let mut request = RawRequest::query("169.254.170.2:4566", "", "", &[]);
    request.method = "GET".to_owned();
    request.query = "Action=GetCallerIdentity&Version=2011-06-15".to_owned();
    request.headers.retain(|(name, _)| name == "host");
    request.body.clear();
    let signer = host.root.credentials();
    let request = request
        .presigned(&signer, (&host.region, "sts"), now(), 3600)
        .unwrap();
    // Tasks that run since before there was one port for all were told the listener's.
    let (_, port) = host.address.rsplit_once(':').unwrap();
    let program = format!(
        "trap 'exit 0' TERM; wget -qO- http://169.254.170.2:{port} 2>&1; \
         while :; do wget -qO- \"$AWS_ENDPOINT_URL/?{}\" | grep -o 'arn:[^<]*'; sleep 0.2; done",
        request.query
    );
    let task = host.run_task(CLUSTER, &host.register("v1", &shell(&program)));
    let root = "arn:aws:iam::123456789012:root";
    let lines = host.wait_lines(&task, |lines| lines.iter().any(|line| line == root));
    assert!(lines[0].contains("server returned"), "{lines:?}");
    let before = host.address.clone();
    host.node.stop().unwrap();
    // Taken, so that the server gets another.
    let taken = std::net::TcpListener::bind(&before).unwrap();
    host.node.address = "127.0.0.1:0".to_owned();
    host.node.restart().unwrap();
    assert_ne!(host.address, before);
    drop(taken);
    let called = host.lines(&task).len();
    host.wait_lines(&task, |lines| lines.len() > called + 3);
    host.ecs("StopTask", &json!({"cluster": CLUSTER, "task": task}));
    assert_eq!(host.stopped(&task)["stopCode"], "UserInitiated");
}

#[test]
fn a_task_that_ends_while_the_server_is_down() {
    let Some(mut host) = Host::new() else {
        return;
    };
    host.push(&busybox().unwrap(), REPOSITORY, "v1");
    // It goes on until nobody listens any more.
    let program = "echo before; until wget -qO- $AWS_ENDPOINT_URL 2>&1 | grep -q refused; \
                   do sleep 0.1; done; echo after; exit 9";
    let task = host.run_task(CLUSTER, &host.register("v1", &shell(program)));
    host.wait_lines(&task, |lines| lines == ["before"]);
    host.node.kill().unwrap();
    host.wait_exit(&task);
    host.node.restart().unwrap();
    let stopped = host.stopped(&task);
    assert_eq!(stopped["containers"][0]["exitCode"], 9, "{stopped:#}");
    assert_eq!(
        stopped["stoppedReason"],
        "Essential container in task exited"
    );
    host.wait_lines(&task, |lines| lines == ["before", "after"]);
}

/// Whoever runs a task must be allowed to pass its roles.
#[test]
fn a_user_who_may_run_tasks_but_not_pass_roles() {
    let Some(host) = Host::new() else {
        return;
    };
    let definition = host.register("v1", &shell("true"));
    let user = host
        .user("runner", &crate::host::allow(&["ecs:RunTask"]))
        .unwrap();
    let run = json!({
        "cluster": CLUSTER,
        "taskDefinition": definition,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
    });
    let answer = &host.boto3_as(&user, &[("ecs", "run_task", run)]).unwrap()[0];
    assert_eq!(answer.status, 400);
    assert_eq!(answer.code.as_deref(), Some("AccessDeniedException"));
    let denied = "User: arn:aws:iam::123456789012:user/runner is not authorized to perform: \
                  iam:PassRole on resource: arn:aws:iam::123456789012:role/";
    assert!(answer.message.starts_with(denied), "{answer:?}");
    assert!(
        answer
            .message
            .ends_with("because no identity-based policy allows the iam:PassRole action"),
        "{answer:?}"
    );
    let tasks = host.ecs("ListTasks", &json!({"cluster": CLUSTER}));
    assert_eq!(tasks["taskArns"], json!([]));
    let groups = host.logs("DescribeLogStreams", &json!({"logGroupName": GROUP}));
    assert_eq!(groups["logStreams"], json!([]));
}
