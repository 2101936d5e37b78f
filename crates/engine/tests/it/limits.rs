//! Limits hold, and what they kill is reported.

use std::time::Instant;

use crate::common::*;
use rolecall_engine::*;

const MIB: u64 = 1 << 20;

/// Grows a shell variable until somebody stops it.
const EAT: &str = "a=x; while :; do a=$a$a; done";

#[tokio::test(flavor = "multi_thread")]
async fn memory_kills_and_says_so() {
    if !root() {
        return;
    }
    for runtime in [
        RuntimeKind::Embedded,
        RuntimeKind::Oci("/usr/sbin/runc".into()),
    ] {
        let lab = Lab::with(runtime).await;
        let own = ContainerSpec {
            memory_bytes: Some(16 * MIB),
            ..lab.sh("own", EAT)
        };
        let (exit, _) = lab.run(0, own).await;
        assert_eq!((exit.code, exit.oom_killed), (137, true));
        // A child is killed, process 1 passes it on.
        let script = format!("/bin/sh -c '{EAT}'; exit $?");
        let child = ContainerSpec {
            memory_bytes: Some(16 * MIB),
            ..lab.sh("child", &script)
        };
        let (exit, _) = lab.run(1, child).await;
        assert_eq!((exit.code, exit.oom_killed), (137, true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tasks_storage_is_for_all_its_containers_and_volumes() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let id = TaskId::new("t").unwrap();
    let sandbox = TaskSandbox {
        storage_bytes: Some(64 * MIB),
        ..TaskSandbox::new(id.clone(), lab.address(0))
    };
    let task = lab.engine.create_task(sandbox).await.unwrap();
    let volume = task.volume_dir(&name("scratch")).unwrap();
    let fill = ContainerSpec {
        mounts: vec![BindMount {
            source: volume.clone(),
            target: "/scratch".into(),
            read_only: false,
        }],
        ..lab.sh(
            "fill",
            "head -c 40000000 /dev/zero > /a && cat /dev/zero > /scratch/b",
        )
    };
    task.create_container(fill).await.unwrap();
    task.start(&name("fill")).await.unwrap();
    let exit = soon(task.wait(&name("fill"))).await.unwrap();
    assert_ne!(exit.code, 0);
    let rest = std::fs::metadata(volume.join("b")).unwrap().len();
    assert!((10 * MIB..26 * MIB).contains(&rest), "{rest}");
    let text = output(&task, &name("fill")).await;
    assert!(text.contains("No space left on device"), "{text}");
    task.delete().await.unwrap();
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    let left = volume.display().to_string();
    let left = left.split("/volumes").next().unwrap();
    assert!(!mounts.contains(left), "{left} is still mounted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tasks_memory_is_for_all_its_containers() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let id = TaskId::new("t").unwrap();
    let sandbox = TaskSandbox {
        memory_bytes: Some(24 * MIB),
        ..TaskSandbox::new(id, lab.address(0))
    };
    let task = lab.engine.create_task(sandbox).await.unwrap();
    task.create_container(lab.sh("eater", EAT)).await.unwrap();
    task.create_container(lab.spec("idle", &["sleep", "1000"]))
        .await
        .unwrap();
    for c in ["idle", "eater"] {
        task.start(&name(c)).await.unwrap();
    }
    let exit = soon(task.wait(&name("eater"))).await.unwrap();
    assert_eq!((exit.code, exit.oom_killed), (137, true));
    assert_eq!(task.status(&name("idle")).unwrap().phase, Phase::Running);
    task.delete().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn processor_time_is_bounded() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    for (n, quota_us) in [20_000, 50_000].into_iter().enumerate() {
        let id = TaskId::new(format!("t{n}")).unwrap();
        let sandbox = TaskSandbox {
            cpu_quota_us: Some(quota_us),
            ..TaskSandbox::new(id, lab.address(n))
        };
        let task = lab.engine.create_task(sandbox).await.unwrap();
        // Two busy containers share what the task has.
        let busy = ["a", "b"].map(name);
        for c in &busy {
            task.create_container(lab.sh(c.as_str(), "while :; do :; done"))
                .await
                .unwrap();
            task.start(c).await.unwrap();
        }
        let used = |c: &ContainerName| task.usage(c).unwrap().cpu_us;
        let (began, before) = (Instant::now(), used(&busy[0]) + used(&busy[1]));
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        let spent = used(&busy[0]) + used(&busy[1]) - before;
        let allowed = began.elapsed().as_micros() as u64 * quota_us / 100_000;
        assert!(spent < allowed * 13 / 10, "{spent} of {allowed} us");
        assert!(spent > allowed / 4, "{spent} of {allowed} us");
        task.delete().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_are_counted() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let script = "for i in $(seq 40); do sleep 60 & done 2>/dev/null; \
                  set -- /proc/[0-9]*; echo $#";
    let spec = ContainerSpec {
        pids_limit: Some(12),
        ..lab.sh("c", script)
    };
    let (exit, text) = lab.run(0, spec).await;
    assert_ne!(exit.code, 0, "fork fails: {text}");
    let spec = ContainerSpec {
        pids_limit: Some(100),
        ..lab.sh("c", script)
    };
    let (exit, text) = lab.run(1, spec).await;
    assert_eq!((exit.code, text.as_str()), (0, "41\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_can_read_their_limits() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let script = "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes \
                  2>/dev/null; \
                  for f in memory.max memory/memory.limit_in_bytes cpu/cpu.shares \
                  pids/pids.max; do \
                  [ ! -e /sys/fs/cgroup/$f ] || (echo 500000000 > /sys/fs/cgroup/$f) 2>/dev/null \
                  && [ -e /sys/fs/cgroup/$f ] && echo $f is writable; done; echo done";
    let spec = ContainerSpec {
        memory_bytes: Some(64 * MIB),
        ..lab.sh("c", script)
    };
    let (_, text) = lab.run(0, spec).await;
    assert_eq!(text, format!("{}\ndone\n", 64 * MIB));
}
