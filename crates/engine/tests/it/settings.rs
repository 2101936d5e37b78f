//! What a container's specification says is what its program sees, under both runtimes.

use std::time::Duration;

use crate::common::*;
use rolecall_engine::*;

fn runtimes() -> Vec<RuntimeKind> {
    let mut all = vec![RuntimeKind::Embedded];
    if std::path::Path::new("/usr/sbin/runc").exists() {
        all.push(RuntimeKind::Oci("/usr/sbin/runc".into()));
    } else {
        println!("SKIPPED: runc is not installed, only the built-in runtime is tested");
    }
    all
}

type Case = (&'static str, fn(&Lab) -> ContainerSpec, &'static str);

fn cases() -> Vec<Case> {
    vec![
        (
            "root",
            |l| l.sh("c", "id -u; id -g; pwd; echo $HOME; echo $PATH"),
            "0\n0\n/\n/root\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
        ),
        (
            "user",
            |l| {
                ContainerSpec { user: "app".into(), ..l.sh("c", "id -u; id -g; id -G; echo $HOME; grep CapEff /proc/self/status; touch /root/x 2>&1 || echo no") }
            },
            "1000\n1001\n1001 1002\n/home/app\nCapEff:\t0000000000000000\ntouch: /root/x: Permission denied\nno\n",
        ),
        (
            "uid:gid",
            |l| ContainerSpec {
                user: "4711:99".into(),
                ..l.sh("c", "id -u; id -g; echo $HOME")
            },
            "4711\n99\n/\n",
        ),
        (
            "umask",
            |l| l.sh("c", "umask; stat -c %a / /etc/hosts"),
            "0022\n755\n644\n",
        ),
        (
            "env",
            |l| ContainerSpec {
                env: vec![("A".into(), "b c=d".into()), ("PATH".into(), "/bin".into())],
                ..l.sh("c", "echo \"$A\"; echo $PATH")
            },
            "b c=d\n/bin\n",
        ),
        (
            "cwd",
            |l| ContainerSpec {
                cwd: "/made/for/it".into(),
                ..l.spec("c", &["pwd"])
            },
            "/made/for/it\n",
        ),
        (
            "read-only",
            |l| ContainerSpec {
                readonly_rootfs: true,
                ..l.sh("c", "touch /x 2>&1 || echo refused")
            },
            "touch: /x: Read-only file system\nrefused\n",
        ),
        (
            "ulimit",
            |l| ContainerSpec {
                ulimits: vec![Ulimit {
                    name: "nofile".into(),
                    soft: 77,
                    hard: 99,
                }],
                ..l.sh("c", "ulimit -Sn; ulimit -Hn")
            },
            "77\n99\n",
        ),
        (
            "capabilities",
            |l| ContainerSpec {
                cap_drop: vec!["ALL".into()],
                cap_add: vec!["CHOWN".into()],
                ..l.sh("c", "grep Cap /proc/self/status")
            },
            "CapInh:\t0000000000000000\nCapPrm:\t0000000000000001\nCapEff:\t0000000000000001\nCapBnd:\t0000000000000001\nCapAmb:\t0000000000000000\n",
        ),
        (
            "seccomp",
            |l| {
                l.sh(
                    "c",
                    "grep Seccomp: /proc/self/status; unshare -m true 2>&1 || echo refused",
                )
            },
            "Seccomp:\t2\nunshare: unshare(0x20000): Operation not permitted\nrefused\n",
        ),
        (
            "no new privileges",
            |l| ContainerSpec {
                no_new_privileges: true,
                ..l.sh("c", "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status")
            },
            "NoNewPrivs:\t1\nSeccomp:\t2\n",
        ),
        (
            "hostname and hosts",
            |l| ContainerSpec {
                hostname: "web".into(),
                extra_hosts: vec![("db".into(), "10.0.0.9".parse().unwrap())],
                ..l.sh(
                    "c",
                    "hostname; cat /etc/hostname; grep -c web /etc/hosts; tail -n 1 /etc/hosts",
                )
            },
            "web\nweb\n1\n10.0.0.9\tdb\n",
        ),
        (
            "resolver",
            |l| ContainerSpec {
                dns_servers: vec!["192.0.2.53".parse().unwrap()],
                ..l.sh("c", "cat /etc/resolv.conf")
            },
            "nameserver 192.0.2.53\n",
        ),
        (
            "masked",
            |l| {
                l.sh("c", "cat /proc/timer_list | wc -c; (echo 1 > /proc/sys/kernel/panic) 2>/dev/null || echo refused; ls /sys/firmware | wc -l")
            },
            "0\nrefused\n0\n",
        ),
        (
            "tmpfs and shm",
            |l| {
                ContainerSpec { shm_bytes: Some(1 << 20), tmpfs: vec![TmpfsMount { target: "/scratch".into(), size_bytes: 2 << 20, options: vec!["mode=1777".into()] }],
            ..l.sh("c", "for f in /dev/shm/x /scratch/x; do dd if=/dev/zero of=$f bs=1M count=8 2>/dev/null; stat -c %s $f; done; stat -c %a /scratch") }
            },
            "1048576\n2097152\n1777\n",
        ),
        (
            "sysctl",
            |l| ContainerSpec {
                sysctls: [("net.core.somaxconn".to_owned(), "77".to_owned())].into(),
                ..l.sh("c", "cat /proc/sys/net/core/somaxconn")
            },
            "77\n",
        ),
        (
            "one process",
            |l| l.sh("c", "set -- /proc/[0-9]*; echo $#; ls /proc/1/fd; true"),
            "1\n0\n1\n2\n",
        ),
        (
            "devices",
            |l| {
                l.sh(
                    "c",
                    "(mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk) >/dev/null 2>&1 || echo refused; \
                     head -c 3 /dev/zero | wc -c; ls /dev | grep -v core | tr '\\n' ' '",
                )
            },
            "refused\n3\nfd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ",
        ),
        (
            "privileged",
            |l| ContainerSpec {
                privileged: true,
                ..l.sh(
                    "c",
                    "mount -t tmpfs x /tmp && echo mounted; grep Seccomp: /proc/self/status; \
                     (echo 1000 > /proc/sys/net/core/somaxconn) && echo written",
                )
            },
            "mounted\nSeccomp:\t0\nwritten\n",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_see_what_the_specification_says() {
    if !root() {
        return;
    }
    for runtime in runtimes() {
        let lab = Lab::with(runtime.clone()).await;
        let mut wrong = Vec::new();
        for (n, (what, spec, expected)) in cases().into_iter().enumerate() {
            let (exit, text) = lab.run(n, spec(&lab)).await;
            if exit.code != 0 || text.trim_end() != expected.trim_end() {
                wrong.push(format!(
                    "{what}: exit {}\n{text}---expected\n{expected}",
                    exit.code
                ));
            }
        }
        assert!(
            wrong.is_empty(),
            "{runtime:?}\n{}",
            wrong.join("\n======\n")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn binds_and_volumes_are_shared_between_containers() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let task = lab.task(0).await;
    let volume = task.volume_dir(&name("data")).unwrap();
    let bind = |read_only| BindMount {
        source: volume.clone(),
        target: "/data".into(),
        read_only,
    };
    let writer = ContainerSpec {
        mounts: vec![bind(false)],
        ..lab.sh("w", "echo hello > /data/f")
    };
    let reader = ContainerSpec {
        mounts: vec![bind(true)],
        ..lab.sh(
            "r",
            "cat /data/f; (echo x > /data/f) 2>/dev/null || echo refused",
        )
    };
    for spec in [writer, reader] {
        let c = spec.name.clone();
        task.create_container(spec).await.unwrap();
        task.start(&c).await.unwrap();
        soon(task.wait(&c)).await.unwrap();
    }
    let said = output(&task, &name("r")).await;
    assert!(said == "hello\nrefused\n", "{said}");
    task.delete().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_started_says_why() {
    if !root() {
        return;
    }
    for runtime in runtimes() {
        let lab = Lab::with(runtime.clone()).await;
        let task = lab.task(0).await;
        std::fs::write(lab.layer.join("bin/notexec"), "#!/bin/sh\n").unwrap();
        let cases = [
            (
                lab.spec("a", &["nothere"]),
                "nothere\": executable file not found in $PATH",
                127,
            ),
            (
                lab.spec("b", &["/not/there"]),
                "no such file or directory",
                127,
            ),
            (lab.spec("c", &["/bin/notexec"]), "permission denied", 126),
            (
                ContainerSpec {
                    user: "ghost".into(),
                    ..lab.spec("d", &["true"])
                },
                "unable to find user ghost: no matching entries in passwd file",
                128,
            ),
        ];
        for (spec, reason, code) in cases {
            let c = spec.name.clone();
            task.create_container(spec).await.unwrap();
            let error = task.start(&c).await.unwrap_err().to_string();
            assert!(
                error.contains(reason),
                "{runtime:?}: {error}\n{}",
                lab.shim_log(&task)
            );
            let status = task.status(&c).unwrap();
            assert_eq!(status.phase, Phase::Exited);
            assert_eq!(status.exit.unwrap().code, code, "{runtime:?}: {error}");
            assert!(status.error.unwrap().contains(reason));
        }
        task.delete().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn term_then_kill_and_start_again() {
    if !root() {
        return;
    }
    for runtime in runtimes() {
        let lab = Lab::with(runtime).await;
        let task = lab.task(0).await;
        let polite = lab.sh(
            "polite",
            "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done",
        );
        let deaf = lab.sh(
            "deaf",
            "echo run >> /count; cat /count; while :; do sleep 0.05; done",
        );
        for spec in [polite, deaf] {
            let c = spec.name.clone();
            task.create_container(spec).await.unwrap();
            task.start(&c).await.unwrap();
            let mut log = task.log_reader(&c, 0).unwrap();
            soon(log.next()).await.unwrap();
            task.kill(&c, libc_sigterm()).await.unwrap();
        }
        assert_eq!(soon(task.wait(&name("polite"))).await.unwrap().code, 3);
        assert_eq!(output(&task, &name("polite")).await, "up\nbye\n");
        let deaf = name("deaf");
        let waiting = tokio::time::timeout(Duration::from_millis(200), task.wait(&deaf)).await;
        assert!(
            waiting.is_err(),
            "process 1 without a handler ignores SIGTERM"
        );
        task.kill(&deaf, 9).await.unwrap();
        let exit = soon(task.wait(&deaf)).await.unwrap();
        assert_eq!((exit.code, exit.oom_killed), (137, false));
        // Killing the dead is no error, and the writable layer lives on.
        task.kill(&deaf, 9).await.unwrap();
        task.start(&deaf).await.unwrap();
        let mut log = task.log_reader(&deaf, 0).unwrap();
        let mut seen = Vec::new();
        while seen.len() < 4 {
            match soon(log.next()).await.unwrap() {
                LogItem::Line(l) => seen.push(String::from_utf8(l.line).unwrap()),
                LogItem::End { .. } => seen.push("END".into()),
                LogItem::Gap { .. } => panic!(),
            }
        }
        assert_eq!(seen, ["run", "END", "run", "run"]);
        assert_eq!(task.status(&deaf).unwrap().run, 2);
        assert!(task.start(&deaf).await.is_err(), "it runs already");
        // A second start that fails tells of an end, not of a start.
        let polite = name("polite");
        std::fs::rename(lab.layer.join("bin/sh"), lab.layer.join("bin/hs")).unwrap();
        assert!(task.start(&polite).await.is_err());
        std::fs::rename(lab.layer.join("bin/hs"), lab.layer.join("bin/sh")).unwrap();
        let mut events = task.events();
        let mut told = Vec::new();
        while told.len() < 3 {
            let event = soon(events.next()).await.unwrap();
            if event.container == polite {
                told.push((event.run, matches!(event.kind, EventKind::Exited { .. })));
            }
        }
        assert_eq!(told, [(1, false), (1, true), (2, true)]);
        task.delete_container(&deaf).await.unwrap();
        assert!(task.status(&deaf).is_err());
        task.delete().await.unwrap();
    }
}

fn libc_sigterm() -> i32 {
    15
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_run_inside() {
    if !root() {
        return;
    }
    for runtime in runtimes() {
        let lab = Lab::with(runtime).await;
        let task = lab.task(0).await;
        let spec = ContainerSpec {
            user: "app".into(),
            env: vec![("A".into(), "b".into())],
            cwd: "/tmp".into(),
            ..lab.spec("c", &["sleep", "1000"])
        };
        let c = spec.name.clone();
        task.create_container(spec).await.unwrap();
        task.start(&c).await.unwrap();
        let run = |script: &str, ms: u64| {
            let args = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
            let (task, c) = (task.clone(), c.clone());
            async move { soon(task.exec(&c, args, Duration::from_millis(ms))).await }
        };
        let out = run(
            "echo $A; pwd; id -u; echo err >&2; grep Seccomp: /proc/self/status; exit 9",
            9000,
        )
        .await
        .unwrap();
        let text = String::from_utf8(out.output).unwrap();
        assert_eq!(text, "b\n/tmp\n1000\nerr\nSeccomp:\t2\n");
        assert_eq!((out.exit_code, out.timed_out), (9, false));
        // The machine has a /usr; the image has none.
        let out = run("[ ! -e /usr ]", 9000).await.unwrap();
        assert_eq!(out.exit_code, 0, "{out:?}");
        let out = run("echo a; sleep 100", 2000).await.unwrap();
        assert_eq!(
            (out.exit_code, out.timed_out, out.output.as_slice()),
            (137, true, &b"a\n"[..])
        );
        let out = run("head -c 300000 /dev/zero", 9000).await.unwrap();
        assert_eq!((out.exit_code, out.output.len()), (0, 65536));
        let (a, b) = tokio::join!(run("sleep 0.3; echo a", 9000), run("echo b", 9000));
        assert_eq!(
            (a.unwrap().output, b.unwrap().output),
            (b"a\n".to_vec(), b"b\n".to_vec())
        );
        let missing = task
            .exec(&c, vec!["nothere".into()], Duration::from_secs(5))
            .await;
        assert!(missing.unwrap_err().to_string().contains("not found"));
        assert!(
            task.exec(&name("x"), vec!["true".into()], Duration::from_secs(5))
                .await
                .is_err()
        );
        task.delete().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_init_reaps_and_forwards() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let script = "(sleep 0.1 &) ; sleep 0.4; grep -l 'State:.Z' /proc/[0-9]*/status | wc -l; ls /proc/1/fd; \
                  trap 'exit 5' TERM; kill -TERM 1; while :; do sleep 0.05; done";
    let spec = ContainerSpec {
        init: true,
        ..lab.sh("c", script)
    };
    let (exit, text) = lab.run(0, spec).await;
    assert_eq!(
        (exit.code, text.as_str()),
        (5, "0\n0\n1\n2\n"),
        "no zombie, no open descriptor to be seen"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_is_given() {
    if !root() {
        return;
    }
    for runtime in runtimes() {
        let lab = Lab::with(runtime).await;
        let spec = ContainerSpec {
            tty: true,
            ..lab.sh("c", "tty; echo $TERM; exit 2")
        };
        let (exit, text) = lab.run(0, spec).await;
        assert_eq!(exit.code, 2);
        assert_eq!(text.replace('\r', ""), "/dev/pts/0\nxterm\n");
    }
}
