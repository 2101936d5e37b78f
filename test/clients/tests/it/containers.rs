//! What a task definition says of its containers holds in the task: order, overrides, limits,
//! whoever the runtime is.

use rolecall_testkit::image::busybox;
use serde_json::{Value, json};

use crate::host::{CLUSTER, EXECUTION_ROLE, GROUP, Host, REPOSITORY};

fn with_image(args: &[&str]) -> Option<Host> {
    let host = Host::with_args(args)?;
    host.push(&busybox().unwrap(), REPOSITORY, "v1");
    Some(host)
}

fn shell(program: &str) -> Value {
    json!({"command": ["sh", "-c", program]})
}

/// The container of a described task, by its name.
fn container<'a>(task: &'a Value, name: &str) -> &'a Value {
    let containers = task["containers"].as_array().unwrap();
    containers.iter().find(|one| one["name"] == name).unwrap()
}

#[test]
fn containers_start_in_their_order_and_the_essential_one_ends_the_task() {
    let Some(host) = with_image(&[]) else {
        return;
    };
    let one = |name: &str, essential: bool, program: &str| {
        let mut logs = host.awslogs(GROUP);
        // All into streams that the test finds by the name `app`.
        logs["options"]["awslogs-stream-prefix"] = json!(name);
        json!({
            "name": name,
            "image": host.image(REPOSITORY, "v1"),
            "essential": essential,
            "command": ["sh", "-c", program],
            "logConfiguration": logs,
            "mountPoints": [{"sourceVolume": "shared", "containerPath": "/shared"}],
        })
    };
    let first = one("first", false, "sleep 1; echo made > /shared/file");
    let mut sidecar = one(
        "sidecar",
        false,
        "trap 'exit 0' TERM; while :; do sleep 0.1; done",
    );
    sidecar["healthCheck"] = json!({
        "command": ["CMD-SHELL", "test -f /shared/file"], "interval": 5, "retries": 3,
    });
    sidecar["dependsOn"] = json!([{"containerName": "first", "condition": "SUCCESS"}]);
    let mut app = one("app", true, "cat /shared/file; exit 4");
    app["dependsOn"] = json!([
        {"containerName": "first", "condition": "SUCCESS"},
        {"containerName": "sidecar", "condition": "HEALTHY"},
    ]);
    app["logConfiguration"] = host.awslogs(GROUP);
    let definition = host.register_definition(&json!({
        "executionRoleArn": format!("arn:aws:iam::123456789012:role/{EXECUTION_ROLE}"),
        "containerDefinitions": [app, sidecar, first],
        "volumes": [{"name": "shared"}],
    }));
    let task = host.run_task(CLUSTER, &definition);
    let stopped = host.stopped(&task);
    assert_eq!(host.lines(&task), ["made"], "{stopped:#}");
    assert_eq!(stopped["stopCode"], "EssentialContainerExited");
    assert_eq!(container(&stopped, "first")["exitCode"], 0, "{stopped:#}");
    assert_eq!(container(&stopped, "app")["exitCode"], 4);
    assert_eq!(container(&stopped, "sidecar")["exitCode"], 0);
}

#[test]
fn overrides_change_command_environment_and_role() {
    let Some(host) = with_image(&[]) else {
        return;
    };
    let mut app = shell("echo never");
    app["environment"] = json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]);
    let definition = host.register("v1", &app);
    let program = "echo $A $B; wget -qO- \
                   http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; exit 6";
    let execution = format!("arn:aws:iam::123456789012:role/{EXECUTION_ROLE}");
    let run = json!({
        "cluster": CLUSTER,
        "taskDefinition": definition,
        "launchType": "FARGATE",
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-0123456789abcdef0"]},
        },
        "overrides": {
            "taskRoleArn": execution,
            "containerOverrides": [{
                "name": "app",
                "command": ["sh", "-c", program],
                "environment": [{"name": "B", "value": "3"}],
            }],
        },
    });
    let task = host.ecs("RunTask", &run)["tasks"][0]["taskArn"]
        .as_str()
        .unwrap()
        .to_owned();
    let stopped = host.stopped(&task);
    assert_eq!(stopped["containers"][0]["exitCode"], 6, "{stopped:#}");
    let lines = host.lines(&task);
    assert_eq!(lines[0], "1 3");
    let credentials: Value = serde_json::from_str(&lines[1]).unwrap();
    assert_eq!(credentials["RoleArn"], execution);
    assert_eq!(stopped["overrides"]["taskRoleArn"], execution);
}

#[test]
fn a_container_that_takes_more_memory_than_the_task_has() {
    let Some(host) = with_image(&[]) else {
        return;
    };
    let program = "echo start; exec dd if=/dev/zero of=/dev/null bs=900M count=1";
    let task = host.run_task(CLUSTER, &host.register("v1", &shell(program)));
    let stopped = host.stopped(&task);
    let lines = host.lines(&task);
    assert_eq!(
        lines.first().map(String::as_str),
        Some("start"),
        "{stopped:#}"
    );
    let app = container(&stopped, "app");
    assert_eq!(app["exitCode"], 137, "{stopped:#}");
    let reason = app["reason"].as_str().unwrap_or_default();
    assert!(
        reason.starts_with("OutOfMemoryError: Container killed due to memory usage"),
        "{app:#}"
    );
}

#[test]
fn user_workdir_and_a_root_file_system_that_is_read_only() {
    let Some(host) = with_image(&[]) else {
        return;
    };
    let mut app = shell("id -u; pwd; touch /tmp/x 2>/dev/null || echo read-only");
    app["user"] = json!("1000:1000");
    app["workingDirectory"] = json!("/var");
    app["readonlyRootFilesystem"] = json!(true);
    let task = host.run_task(CLUSTER, &host.register("v1", &app));
    let stopped = host.stopped(&task);
    assert_eq!(
        host.lines(&task),
        ["1000", "/var", "read-only"],
        "{stopped:#}"
    );
}

#[test]
fn a_program_that_is_not_in_the_image() {
    let Some(host) = with_image(&[]) else {
        return;
    };
    let app = json!({"command": ["/no/such/program"]});
    let task = host.run_task(CLUSTER, &host.register("v1", &app));
    let stopped = host.stopped(&task);
    assert_eq!(stopped["stopCode"], "TaskFailedToStart", "{stopped:#}");
    let reason = container(&stopped, "app")["reason"]
        .as_str()
        .unwrap_or_default();
    assert!(reason.contains("/no/such/program"), "{stopped:#}");
}

#[test]
fn an_image_that_was_never_pushed() {
    let Some(host) = with_image(&[]) else {
        return;
    };
    let task = host.run_task(CLUSTER, &host.register("v2", &shell("true")));
    let stopped = host.stopped(&task);
    assert_eq!(stopped["stopCode"], "TaskFailedToStart", "{stopped:#}");
    let reason = stopped["stoppedReason"].as_str().unwrap();
    assert!(reason.starts_with("CannotPullContainerError: "), "{reason}");
    assert!(reason.contains("not found"), "{reason}");
}

/// Nobody answers under that name here: what is the server's own is pulled from the server.
#[test]
fn an_image_by_the_public_name_of_the_registry() {
    let Some(host) = with_image(&["--public-url", "https://registry.invalid"]) else {
        return;
    };
    let image = json!({
        "image": format!("registry.invalid/{REPOSITORY}:v1"), "command": ["sh", "-c", "exit 7"],
    });
    let task = host.run_task(CLUSTER, &host.register("v1", &image));
    let stopped = host.stopped(&task);
    assert_eq!(stopped["containers"][0]["exitCode"], 7, "{stopped:#}");
}

#[test]
fn the_same_task_under_runc() {
    let Some(runc) = ["/usr/sbin/runc", "/usr/bin/runc"]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
    else {
        println!("SKIPPED: runc is not installed");
        return;
    };
    let Some(host) = with_image(&["--oci-runtime", runc]) else {
        return;
    };
    let task = host.run_task(
        CLUSTER,
        &host.register("v1", &shell("echo under runc; exit 11")),
    );
    let stopped = host.stopped(&task);
    assert_eq!(stopped["containers"][0]["exitCode"], 11, "{stopped:#}");
    assert_eq!(host.lines(&task), ["under runc"]);
}
