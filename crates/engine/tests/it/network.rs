//! Tasks on the instance's network: who reaches whom, and as whom.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};

use crate::common::*;
use rolecall_engine::network::TASK_ENDPOINT;
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
    let ask = "until nc -w 2 127.0.0.1 8080 2>/dev/null; do sleep 0.05; done; ps | wc -l";
    task.create_container(lab.sh("client", ask)).await.unwrap();
    for c in ["server", "client"] {
        task.start(&name(c)).await.unwrap();
    }
    soon(task.wait(&name("client"))).await.unwrap();
    let text = output(&task, &name("client")).await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "hello");
    // Its own processes only: header, sh, ps, wc.
    assert_eq!(lines[1], "4");
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
async fn addresses_out_of_the_subnet_are_refused() {
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
