//! Tasks on the instance's network: who reaches whom, and as whom.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};

use crate::common::*;
use rolecall_engine::network::{Outside, TASK_ENDPOINT};
use rolecall_engine::*;

/// Answers every connection with the address that it came from.
fn who_are_you(listener: TcpListener) {
    listener.set_nonblocking(false).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let peer = stream.peer_addr().unwrap().ip();
            let _ = writeln!(stream, "{peer}");
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoint_knows_tasks_by_address_and_they_cannot_lie() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let at = |port| SocketAddr::new(IpAddr::V4(TASK_ENDPOINT), port);
    who_are_you(lab.engine.bind_in_router(at(80)).unwrap());
    who_are_you(
        lab.engine
            .bind_in_router("0.0.0.0:4566".parse().unwrap())
            .unwrap(),
    );
    let (victim, liar) = (lab.address(1), lab.address(2));
    let honest = "nc -w 2 169.254.170.2 80; nc -w 2 169.254.170.2 4566";
    let (_, text) = lab.run(0, lab.sh("c", honest)).await;
    assert_eq!(text, format!("{0}\n{0}\n", lab.address(0)));
    // The victim is there, so that the address that is stolen is routed somewhere.
    let other = lab.task(1).await;
    other
        .create_container(lab.spec("c", &["sleep", "1000"]))
        .await
        .unwrap();
    other.start(&name("c")).await.unwrap();
    let lies = format!(
        "nc -w 2 169.254.170.2 80; for a in {victim} 169.254.1.1 10.200.1.1 8.8.8.8; do \
         ip addr add $a/32 dev eth0; ip route del default; \
         ip route add default via 169.254.1.1 dev eth0 src $a; \
         ip route get 169.254.170.2 | grep -q \"src $a\" && nc -w 1 169.254.170.2 80 \
         || echo refused; ip addr del $a/32 dev eth0; done 2>/dev/null"
    );
    let spec = ContainerSpec {
        cap_add: vec!["NET_ADMIN".into()],
        ..lab.sh("c", &lies)
    };
    let (_, text) = lab.run(2, spec).await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], liar.to_string());
    assert_eq!(lines[1..], ["refused"; 4], "{text}");
    other.delete().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_of_a_task_share_localhost_and_tasks_do_not() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let task = lab.task(0).await;
    task.create_container(lab.sh("server", "echo hello | nc -l -p 8080"))
        .await
        .unwrap();
    let ask = "until nc -w 2 127.0.0.1 8080 2>/dev/null; do sleep 0.05; done; set -- /proc/[0-9]*; echo $#";
    task.create_container(lab.sh("client", ask)).await.unwrap();
    for c in ["server", "client"] {
        task.start(&name(c)).await.unwrap();
    }
    soon(task.wait(&name("client"))).await.unwrap();
    let text = output(&task, &name("client")).await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "hello");
    // Its own processes only.
    assert_eq!(lines[1], "1");
    let nobody = "nc -w 1 127.0.0.1 8080 2>/dev/null || echo nobody; ip link | grep -c '^[0-9]'; \
                  ip -6 addr | wc -l";
    let (_, text) = lab.run(1, lab.sh("c", nobody)).await;
    assert_eq!(text, "nobody\n2\n0\n");
    task.delete().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_reaches_tasks_and_tasks_each_other() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let task = lab.task(0).await;
    let serve = "for i in 1 2; do echo hello | nc -l -p 80; done";
    let spec = ContainerSpec {
        user: "app".into(),
        ..lab.sh("server", serve)
    };
    task.create_container(spec).await.unwrap();
    task.start(&name("server")).await.unwrap();
    let address = SocketAddr::new(IpAddr::V4(lab.address(0)), 80);
    let mut text = String::new();
    let began = std::time::Instant::now();
    while text.is_empty() && began.elapsed().as_secs() < 20 {
        if let Ok(mut stream) = std::net::TcpStream::connect(address) {
            stream.read_to_string(&mut text).unwrap();
        }
    }
    assert_eq!(text, "hello\n");
    let ask = format!(
        "until nc -w 2 {} 80 2>/dev/null; do sleep 0.05; done",
        lab.address(0)
    );
    let (_, text) = lab.run(1, lab.sh("c", &ask)).await;
    assert_eq!(text, "hello\n");
    task.delete().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_foreign_or_taken_are_refused() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let id = TaskId::new("t").unwrap();
    let sandbox = TaskSandbox::new(id, "192.0.2.1".parse().unwrap());
    assert!(lab.engine.create_task(sandbox).await.is_err());
    assert!(
        lab.engine.list_tasks().unwrap().is_empty(),
        "nothing is left of it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_do_not_meet() {
    if !root() {
        return;
    }
    let (a, b) = (Lab::new().await, Lab::new().await);
    assert!(
        !a.engine
            .network()
            .subnet()
            .overlaps(b.engine.network().subnet())
    );
    let at = SocketAddr::new(IpAddr::V4(TASK_ENDPOINT), 80);
    who_are_you(a.engine.bind_in_router(at).unwrap());
    who_are_you(b.engine.bind_in_router(at).unwrap());
    for lab in [&a, &b] {
        let (_, text) = lab.run(0, lab.sh("c", "nc -w 2 169.254.170.2 80")).await;
        assert_eq!(text, format!("{}\n", lab.address(0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_reach_beyond_the_host_and_nobody_beyond_reaches_them() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    if let Outside::HostOnly(why) | Outside::Filtered(why) = lab.engine.network().outside() {
        println!("SKIPPED: no masquerade here: {why}");
        return;
    }
    // Another instance's network is "beyond": its router answers there, and sees the host's
    // address.
    let beyond = Lab::new().await;
    who_are_you(
        beyond
            .engine
            .bind_in_router("0.0.0.0:7777".parse().unwrap())
            .unwrap(),
    );
    let subnet = beyond.engine.network().subnet();
    let ask = format!(
        "nc -w 2 {} 7777 </dev/null 2>/dev/null || echo refused",
        subnet.router()
    );
    let (_, text) = lab.run(0, lab.sh("c", &ask)).await;
    assert_eq!(text, "refused\n", "the other instance lets nobody in");
    // The host itself is let in, and its own side answers tasks.
    let listener = TcpListener::bind((lab.engine.network().subnet().host(), 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    who_are_you(listener);
    let ask = format!(
        "nc -w 2 {} {port} </dev/null",
        lab.engine.network().subnet().host()
    );
    let (_, text) = lab.run(0, lab.sh("c", &ask)).await;
    assert_eq!(text, format!("{}\n", lab.address(0)));
    // A machine next to the host's sees the host's address.
    let Some(next) = Neighbour::new() else {
        println!("SKIPPED: no ip command to make a neighbour with");
        return;
    };
    let (_, text) = lab
        .run(0, lab.sh("c", "nc -w 2 198.51.100.2 7777 </dev/null"))
        .await;
    assert_eq!(text, "198.51.100.1\n");
    drop(next);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_service_of_the_hosts_cloud_is_out_of_reach() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    who_are_you(
        lab.engine
            .bind_in_router((TASK_ENDPOINT, 80).into())
            .unwrap(),
    );
    // As a host that answers there itself; a task's packets would pass it on their way out anyway.
    let local = |verb: &str| {
        let args = ["addr", verb, "169.254.169.254/32", "dev", "lo"];
        let mut ip = std::process::Command::new("ip");
        ip.args(args).status().is_ok_and(|s| s.success())
    };
    let added = local("add");
    let ask = "for a in 169.254.169.254 169.254.170.23 100.100.100.200; do \
               nc -w 2 $a 80 </dev/null 2>&1; done; nc -w 2 169.254.170.2 80";
    if let Ok(listener) = TcpListener::bind("169.254.169.254:80") {
        who_are_you(listener);
    }
    let (_, text) = lab.run(0, lab.sh("c", ask)).await;
    if added {
        local("del");
    }
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    for line in &lines[..3] {
        // The kernel says so only once in a while.
        let refused = line.contains("No route to host") || line.contains("timed out");
        assert!(refused, "{text}");
    }
    assert_eq!(lines[3], lab.address(0).to_string());
}

/// Another machine on a cable of the host's: a namespace, reached by a link that forwards.
struct Neighbour {
    name: String,
}

impl Neighbour {
    fn new() -> Option<Self> {
        let name = format!("nb{}", std::process::id());
        let ip = |args: &str| {
            let args = args.replace("NAME", &name);
            let done = std::process::Command::new("ip")
                .args(args.split(' '))
                .status();
            done.is_ok_and(|s| s.success())
        };
        if !ip("netns add NAME") {
            return None;
        }
        let made = Self { name: name.clone() };
        assert!(ip("link add NAME type veth peer name cable netns NAME"));
        assert!(ip("addr add 198.51.100.1/30 dev NAME") && ip("link set NAME up"));
        assert!(
            ip("-n NAME addr add 198.51.100.2/30 dev cable") && ip("-n NAME link set cable up")
        );
        std::fs::write(format!("/proc/sys/net/ipv4/conf/{name}/forwarding"), "1").unwrap();
        let namespace = std::fs::File::open(format!("/run/netns/{name}")).unwrap();
        let listener = std::thread::spawn(move || {
            use std::os::fd::AsFd;
            let kind = Some(rustix::thread::LinkNameSpaceType::Network);
            rustix::thread::move_into_link_name_space(namespace.as_fd(), kind).unwrap();
            TcpListener::bind("198.51.100.2:7777").unwrap()
        });
        who_are_you(listener.join().unwrap());
        Some(made)
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        for command in ["link del", "netns del"] {
            let mut ip = std::process::Command::new("ip");
            let _ = ip.args(command.split(' ')).arg(&self.name).status();
        }
    }
}
