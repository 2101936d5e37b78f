//! Names in tasks of hosts whose resolver a task does not reach.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

use crate::common::*;

/// Answers every question with one address, 192.0.2.7; of names that begin with `l` only by TCP.
fn answer(question: &[u8], by_tcp: bool) -> Vec<u8> {
    let mut name_end = 12;
    while question[name_end] != 0 {
        name_end += 1 + usize::from(question[name_end]);
    }
    let end = name_end + 5;
    let is_a = question[name_end + 2] == 1;
    let cut = question[13] == b'l' && !by_tcp;
    let answers = u8::from(is_a && !cut);
    let mut message = question[..2].to_vec();
    message.extend([
        if cut { 0x83 } else { 0x81 },
        0x80,
        0,
        1,
        0,
        answers,
        0,
        0,
        0,
        0,
    ]);
    message.extend(&question[12..end]);
    if answers == 1 {
        message.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]);
    }
    message
}

/// A resolver on the host's loopback, as dnsmasq is one: its address. None where something else has
/// the port at all of them.
fn resolver() -> Option<Ipv4Addr> {
    let mut places = (66..=96).map(|last| Ipv4Addr::new(127, 0, 0, last));
    let (at, udp, tcp) = places.find_map(|at| {
        let (udp, tcp) = (UdpSocket::bind((at, 53)), TcpListener::bind((at, 53)));
        Some((at, udp.ok()?, tcp.ok()?))
    })?;
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = udp.recv_from(&mut buffer) {
            let _ = udp.send_to(&answer(&buffer[..length], false), from);
        }
    });
    std::thread::spawn(move || {
        for stream in tcp.incoming() {
            let mut stream = stream.unwrap();
            let mut length = [0; 2];
            stream.read_exact(&mut length).unwrap();
            let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut question).unwrap();
            let answer = answer(&question, true);
            let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
            stream.write_all(&[&length[..], &answer].concat()).unwrap();
        }
    });
    Some(at)
}

#[tokio::test(flavor = "multi_thread")]
async fn names_resolve_where_the_hosts_resolver_is_on_its_loopback() {
    if !root() {
        return;
    }
    let Some(resolver) = resolver() else {
        println!("SKIPPED: something has port 53 at every address");
        return;
    };
    let lab = Lab::new().await;
    let conf = lab.config.data_dir.join("resolv.conf");
    let servers = format!("search corp.example\nnameserver {resolver}\n");
    std::fs::write(&conf, servers).unwrap();
    let serving = tokio::spawn(lab.engine.name_server(&conf).unwrap().run());
    // What a user types, and what is too long for UDP.
    let long = "\\0\\036\\0\\001\\001\\0\\0\\001\\0\\0\\0\\0\\0\\0\\004long\\007example\\0\\0\\001\\0\\001";
    let ask = format!(
        "cat /etc/resolv.conf; nslookup -type=a app.corp.example | tail -n 2; \
         (printf '{long}'; sleep 1) | nc -w 2 169.254.169.253 53 | wc -c"
    );
    let (_, text) = lab.run(0, lab.sh("c", &ask)).await;
    let lines: Vec<&str> = text.lines().filter(|l| !l.is_empty()).collect();
    assert_eq!(
        lines[..2],
        ["search corp.example", "nameserver 169.254.169.253"]
    );
    assert_eq!(lines[2], "Address: 192.0.2.7", "{text}");
    // Two of its length, the question's 30, the answer's 16.
    assert_eq!(lines[3].trim(), "48", "{text}");
    serving.abort();
}
