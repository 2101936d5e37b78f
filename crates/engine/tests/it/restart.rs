//! The engine goes and comes; tasks stay, and nothing of them is lost.

use std::process::{Command, Stdio};

use crate::common::*;
use rolecall_engine::*;

/// Reads on until a number of lines are there.
async fn lines(reader: &mut LogReader, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    while found.len() < count {
        match soon(reader.next()).await.unwrap() {
            LogItem::Line(l) => found.push(String::from_utf8(l.line).unwrap()),
            LogItem::End { .. } => found.push("END".to_owned()),
            LogItem::Gap { .. } => found.push("GAP".to_owned()),
        }
    }
    found
}

const COUNT: &str =
    "n=0; while [ ! -e /tmp/stop ]; do echo $n; n=$((n+1)); sleep 0.01; done; exit 5";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_engine_takes_over_where_the_old_one_left() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let first = Engine::open(lab.config.clone()).await.unwrap();
    let id = TaskId::new("t").unwrap();
    let sandbox = TaskSandbox::new(id.clone(), lab.address(3));
    let task = first.create_task(sandbox.clone()).await.unwrap();
    for spec in [
        lab.sh("counter", COUNT),
        lab.sh("short", "read x < /tmp/fifo"),
        lab.spec("unborn", &["true"]),
    ] {
        task.create_container(spec).await.unwrap();
    }
    let (counter, short) = (name("counter"), name("short"));
    task.start(&counter).await.unwrap();
    task.start(&short).await.unwrap();
    soon(task.wait(&short)).await.unwrap();
    let mut log = task.log_reader(&counter, 0).unwrap();
    let mut seen = lines(&mut log, 20).await;
    let (offset, pid) = (log.offset(), task.pid(&counter).unwrap());
    drop((log, task, first));

    let second = Engine::open(lab.config.clone()).await.unwrap();
    assert_eq!(second.list_tasks().unwrap(), std::slice::from_ref(&id));
    let task = second.attach(&id).await.unwrap();
    assert_eq!(task.sandbox(), &sandbox);
    assert_eq!(task.pid(&counter), Some(pid), "it never stopped");
    assert_eq!(task.status(&short).unwrap().exit.unwrap().code, 1);
    assert_eq!(task.status(&name("unborn")).unwrap().phase, Phase::Created);
    let mut events = task.events();
    let mut told = Vec::new();
    for _ in 0..3 {
        let e = soon(events.next()).await.unwrap();
        told.push((
            e.container.to_string(),
            matches!(e.kind, EventKind::Exited { .. }),
        ));
    }
    told.sort();
    let expected = [("counter", false), ("short", false), ("short", true)];
    assert_eq!(told, expected.map(|(n, e)| (n.to_owned(), e)));
    let mut log = task.log_reader(&counter, offset).unwrap();
    seen.extend(lines(&mut log, 20).await);
    assert_eq!(
        seen,
        (0..40).map(|n| n.to_string()).collect::<Vec<_>>(),
        "no gap, no repetition"
    );
    let touch = ["touch", "/tmp/stop"].map(str::to_owned).to_vec();
    task.exec(&counter, touch, std::time::Duration::from_secs(5))
        .await
        .unwrap();
    assert_eq!(soon(task.wait(&counter)).await.unwrap().code, 5);
    // A container that had not begun can be started by the new engine.
    task.start(&name("unborn")).await.unwrap();
    assert_eq!(soon(task.wait(&name("unborn"))).await.unwrap().code, 0);
    assert!(second.create_task(sandbox).await.is_err(), "it exists");
    task.delete().await.unwrap();
    assert!(second.list_tasks().unwrap().is_empty());
    assert!(second.attach(&id).await.is_err());
}

/// The process that `the_creator_is_killed` kills: this very test binary, told so by a variable.
#[tokio::test(flavor = "multi_thread")]
async fn creator() {
    let Ok(told) = std::env::var("ENGINE_TEST_CREATOR") else {
        return;
    };
    let (dir, layer) = told.split_once('|').unwrap();
    let engine = Engine::open(config(dir.as_ref(), RuntimeKind::Embedded))
        .await
        .unwrap();
    let address = engine.network().subnet().usable().next().unwrap();
    let id = TaskId::new("orphan").unwrap();
    let task = engine
        .create_task(TaskSandbox::new(id, address))
        .await
        .unwrap();
    let args = ["/bin/sh", "-c", COUNT].map(str::to_owned).to_vec();
    let spec = ContainerSpec::new(name("counter"), vec![layer.into()], args);
    task.create_container(spec).await.unwrap();
    task.start(&name("counter")).await.unwrap();
    println!("started");
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_creator_is_killed() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let dir = lab.config.data_dir.parent().unwrap().display().to_string();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "restart::creator", "--nocapture"])
        .env(
            "ENGINE_TEST_CREATOR",
            format!("{dir}|{}", lab.layer.display()),
        )
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    let started = std::io::BufRead::lines(stdout).any(|l| l.unwrap().contains("started"));
    assert!(started);
    child.kill().unwrap();
    child.wait().unwrap();
    let task = lab
        .engine
        .attach(&TaskId::new("orphan").unwrap())
        .await
        .unwrap();
    let counter = name("counter");
    assert_eq!(task.status(&counter).unwrap().phase, Phase::Running);
    let mut log = task.log_reader(&counter, 0).unwrap();
    let seen = lines(&mut log, 60).await;
    assert_eq!(seen, (0..60).map(|n| n.to_string()).collect::<Vec<_>>());
    task.kill(&counter, 9).await.unwrap();
    assert_eq!(soon(task.wait(&counter)).await.unwrap().code, 137);
    task.delete().await.unwrap();
}

fn shim_pid(lab: &Lab, task: &TaskHandle) -> u32 {
    let exe = lab
        .config
        .run_dir
        .join(lab.config.instance.as_str())
        .join("tasks");
    let exe = exe.join(task.id()).join("exe").display().to_string();
    let mut pids = std::fs::read_dir("/proc").unwrap().filter_map(|e| {
        let e = e.unwrap();
        let pid: u32 = e.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(e.path().join("cmdline")).ok()?;
        line.starts_with(exe.as_bytes()).then_some(pid)
    });
    pids.next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_shim_takes_its_containers_along_and_it_is_told() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    for attached in [true, false] {
        let task = lab.task(usize::from(attached)).await;
        let c = name("c");
        task.create_container(lab.sh("c", "echo up; sleep 1000"))
            .await
            .unwrap();
        task.start(&c).await.unwrap();
        let mut log = task.log_reader(&c, 0).unwrap();
        assert_eq!(lines(&mut log, 1).await, ["up"]);
        let (id, program, shim) = (
            task.id().clone(),
            task.pid(&c).unwrap(),
            shim_pid(&lab, &task),
        );
        let mut task = Some(task);
        if !attached {
            task = None;
        }
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(shim as i32).unwrap(),
            rustix::process::Signal::KILL,
        )
        .unwrap();
        let task = match task {
            Some(task) => task,
            None => Engine::open(lab.config.clone())
                .await
                .unwrap()
                .attach(&id)
                .await
                .unwrap(),
        };
        let exit = soon(task.wait(&c)).await.unwrap();
        assert_eq!(exit.code, 137);
        assert!(task.status(&c).unwrap().error.unwrap().contains("gone"));
        // Gone, or dead and not yet reaped by the machine's init.
        let stat = std::fs::read_to_string(format!("/proc/{program}/status")).unwrap_or_default();
        assert!(
            stat.is_empty() || stat.contains("State:\tZ") || stat.contains("State:\tX"),
            "{stat}"
        );
        assert_eq!(lines(&mut log, 1).await, ["END"]);
        assert!(matches!(
            task.start(&c).await,
            Err(EngineError::ShimGone(_))
        ));
        task.delete().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_tasks_at_once() {
    if !root() {
        return;
    }
    let lab = std::sync::Arc::new(Lab::new().await);
    let mut running = tokio::task::JoinSet::new();
    for n in 0..20 {
        let lab = lab.clone();
        running.spawn(async move {
            let (exit, text) = lab
                .run(n, lab.sh("c", &format!("echo {n}; exit {n}")))
                .await;
            assert_eq!((exit.code, text), (n as i32, format!("{n}\n")));
        });
    }
    while let Some(done) = soon(running.join_next()).await {
        done.unwrap();
    }
    let lab = std::sync::Arc::into_inner(lab).unwrap();
    assert!(lab.engine.list_tasks().unwrap().is_empty());
    // Several containers of one task at once, too.
    let task = lab.task(0).await;
    let names: Vec<_> = (0..10).map(|n| name(&format!("c{n}"))).collect();
    for c in &names {
        task.create_container(lab.sh(c.as_str(), "echo up; sleep 1000"))
            .await
            .unwrap();
    }
    let mut starting = tokio::task::JoinSet::new();
    for c in names.clone() {
        let task = task.clone();
        starting.spawn(async move { task.start(&c).await });
    }
    while let Some(done) = soon(starting.join_next()).await {
        done.unwrap().unwrap();
    }
    let began = std::time::Instant::now();
    task.delete().await.unwrap();
    assert!(began.elapsed().as_secs() < 20);
}

/// An upgrade replaces the program under a running server; tasks start all the same.
#[tokio::test(flavor = "multi_thread")]
async fn tasks_start_after_the_program_was_replaced() {
    use std::os::fd::AsRawFd;
    if !root() {
        return;
    }
    let mut lab = Lab::new().await;
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("rolecall");
    std::fs::copy(&lab.config.shim_exe, &program).unwrap();
    let open = std::fs::File::open(&program).unwrap();
    std::fs::remove_file(&program).unwrap();
    let path = format!("/proc/{}/fd/{}", std::process::id(), open.as_raw_fd());
    lab.config.shim_exe = path.into();
    lab.engine = Engine::open(lab.config.clone()).await.unwrap();
    let (exit, output) = lab.run(4, lab.sh("c", "echo started; exit 3")).await;
    assert_eq!((exit.code, output.as_str()), (3, "started\n"));
}

/// A shim that cannot come up is an error of the start, with its reason, and leaves nothing behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_shim_that_does_not_come_up_says_why() {
    if !root() {
        return;
    }
    let mut lab = Lab::new().await;
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("broken");
    std::fs::write(&program, "#!/bin/sh\necho no such feature >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(
        &program,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    lab.config.shim_exe = program;
    lab.engine = Engine::open(lab.config.clone()).await.unwrap();
    let id = TaskId::new("t").unwrap();
    let sandbox = TaskSandbox::new(id, lab.address(5));
    let error = lab.engine.create_task(sandbox).await.err().unwrap();
    assert!(error.to_string().ends_with("no such feature"), "{error}");
    assert_eq!(lab.engine.list_tasks().unwrap(), []);
}
