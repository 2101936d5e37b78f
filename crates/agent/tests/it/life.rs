//! From payload to STOPPED.

use rolecall_acs::*;

use crate::lab::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_task_runs_is_logged_and_reported() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let mut agent = lab.start();
    let script = "echo hello; echo $FROM $AWS_REGION; exit 3";
    let task = lab.task("t1", 0, vec![sh("main", script)]);
    lab.send(&agent, vec![task]).await;
    let stopped = lab.reports.status("/t1", "STOPPED").await;
    assert_eq!(lab.reports.order("/t1"), ["PENDING", "RUNNING", "STOPPED"]);
    let main = container_of(&stopped, "main");
    assert_eq!(main.exit_code, Some(3));
    assert_eq!(main.runtime_id.as_ref().unwrap().len(), 64);
    assert!(main.image_digest.unwrap().starts_with("sha256:"));
    assert!(stopped.pull_started_at <= stopped.pull_stopped_at);
    assert!(stopped.pull_started_at.is_some() && stopped.execution_stopped_at.is_some());
    assert_eq!(stopped.reason.as_deref(), Some(""));
    assert_eq!(
        lab.services.lines("main", 2).await,
        ["hello", "image us-east-1"]
    );
    let mut acks = Vec::new();
    for _ in 0..3 {
        acks.push(agent.from.recv().await.unwrap());
    }
    assert!(
        matches!(&acks[2], FromAgent::AckRequest(a) if a.message_id == "m-1"),
        "{acks:?}"
    );
    let calls = lab.services.state.lock().calls.clone();
    assert!(
        calls.iter().all(|(_, key)| key == "ASIAexect1"),
        "{calls:?}"
    );
    gone(&lab, 0).await;
}

/// Waits until the engine has so many tasks.
async fn gone(lab: &Lab, left: usize) {
    for _ in 0..200 {
        if lab.engine.list_tasks().unwrap().len() == left {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{:?}", lab.engine.list_tasks());
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_is_gentle_first_and_sure_then() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let agent = lab.start();
    let gentle = "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.1; done";
    let task = lab.task("t1", 0, vec![sh("main", gentle)]);
    let deaf = "trap '' TERM; echo up; while :; do sleep 0.1; done";
    let other = lab.task("t2", 1, vec![sh("deaf", deaf)]);
    lab.send(&agent, vec![task.clone(), other.clone()]).await;
    lab.services.lines("main", 1).await;
    lab.services.lines("deaf", 1).await;
    lab.send(&agent, vec![task.clone()]).await;
    lab.stop(&agent, &task).await;
    lab.stop(&agent, &other).await;
    let stopped = lab.reports.status("/t1", "STOPPED").await;
    assert_eq!(container_of(&stopped, "main").exit_code, Some(5));
    assert_eq!(lab.services.lines("main", 2).await, ["up", "bye"]);
    let stopped = lab.reports.status("/t2", "STOPPED").await;
    assert_eq!(container_of(&stopped, "deaf").exit_code, Some(137));
    // A late payload does not start it again.
    gone(&lab, 0).await;
    lab.send(&agent, vec![task]).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(lab.engine.list_tasks().unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn dependencies_health_volumes_and_essential_containers() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let agent = lab.start();
    let shared = |c: Container| Container {
        mount_points: vec![MountPoint {
            source_volume: "scratch".to_owned(),
            container_path: "/shared".to_owned(),
            read_only: false,
        }],
        ..c
    };
    let on = |name: &str, condition: &str| Dependency {
        container_name: name.to_owned(),
        condition: condition.to_owned(),
    };
    let init = Container {
        essential: false,
        ..shared(sh("init", "echo data > /shared/file"))
    };
    let mut db = shared(sh(
        "db",
        "sleep 0.3; touch /tmp/well; while :; do sleep 0.1; done",
    ));
    db.essential = false;
    db.health_check_type = Some("docker".to_owned());
    let health = r#"{"Healthcheck":{"Test":["CMD-SHELL","test -e /tmp/well || cat /tmp/well"],
        "Interval":100000000,"Timeout":1000000000,"Retries":50}}"#;
    db.docker_config.config = Some(health.replace("test -e /tmp/well || ", ""));
    db.depends_on = vec![on("init", "SUCCESS")];
    let mut web = shared(sh("web", "cat /shared/file; exit 0"));
    web.depends_on = vec![on("db", "HEALTHY"), on("init", "COMPLETE")];
    let mut task = lab.task("t1", 0, vec![web, db, init]);
    task.volumes = vec![Volume {
        name: "scratch".to_owned(),
        ..Volume::default()
    }];
    lab.send(&agent, vec![task]).await;
    lab.reports.health("db", "HEALTHY").await;
    let stopped = lab.reports.status("/t1", "STOPPED").await;
    assert_eq!(container_of(&stopped, "init").exit_code, Some(0));
    assert_eq!(container_of(&stopped, "web").exit_code, Some(0));
    assert_eq!(container_of(&stopped, "db").exit_code, Some(137));
    assert_eq!(lab.services.lines("web", 1).await, ["data"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_start_says_why() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let agent = lab.start();
    let command = Container {
        command: vec!["/nothing".to_owned()],
        ..sh("main", "")
    };
    lab.send(&agent, vec![lab.task("t1", 0, vec![command])])
        .await;
    let stopped = lab.reports.status("/t1", "STOPPED").await;
    let main = container_of(&stopped, "main");
    let reason = main.reason.unwrap();
    assert!(
        reason.starts_with("CannotStartContainerError: "),
        "{reason}"
    );
    assert_eq!((main.exit_code, main.runtime_id), (None, None));
    assert_eq!(lab.reports.order("/t1"), ["PENDING", "STOPPED"]);
    let secret = Secret {
        provider: "ssm".to_owned(),
        ..Secret::default()
    };
    let with = Container {
        secrets: vec![secret],
        ..sh("main", "echo never")
    };
    lab.send(&agent, vec![lab.task("t2", 1, vec![with])]).await;
    let stopped = lab.reports.status("/t2", "STOPPED").await;
    assert!(
        stopped
            .reason
            .unwrap()
            .starts_with("ResourceInitializationError: unable to pull")
    );
    let image = Container {
        image: format!("{REPOSITORY}:none"),
        ..sh("main", "")
    };
    lab.send(&agent, vec![lab.task("t3", 2, vec![image])]).await;
    let stopped = lab.reports.status("/t3", "STOPPED").await;
    let expected = format!(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to \
         resolve ref {REPOSITORY}:none: {REPOSITORY}:none: not found"
    );
    assert_eq!(stopped.reason.as_deref(), Some(expected.as_str()));
    assert_eq!(container_of(&stopped, "main").reason, Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_policy_runs_it_again_on_the_same_files() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let agent = lab.start();
    let script = "echo run >> /tmp/runs; cat /tmp/runs; [ $(cat /tmp/runs | wc -l) -ge 3 ] && \
                  exit 9; exit 1";
    let script = script.replace("[ $(cat /tmp/runs | wc -l) -ge 3 ]", "[ -e /tmp/b ]");
    let script = format!("[ -e /tmp/a ] && touch /tmp/b; touch /tmp/a; {script}");
    let restart = RestartPolicy {
        enabled: true,
        ignored_exit_codes: vec![9],
        restart_attempt_period: Some(0),
    };
    let main = Container {
        restart_policy: Some(restart),
        ..sh("main", &script)
    };
    lab.send(&agent, vec![lab.task("t1", 0, vec![main])]).await;
    let stopped = lab.reports.status("/t1", "STOPPED").await;
    assert_eq!(container_of(&stopped, "main").exit_code, Some(9));
    assert_eq!(lab.services.lines("main", 3).await, ["run"; 3]);
}
