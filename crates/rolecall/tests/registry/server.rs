//! The server under requests that no client of AWS's sends: too large, ambiguous, cut off.

use std::net::SocketAddr;
use std::time::Duration;

use rolecall_api::Protocol;
use rolecall_server::{Limits, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::{Change, Folder, House, ROOT, Unsigned, input, service};

/// How large a body may be here.
const BODY_MAX: usize = 64 * 1024;

/// Serves a house on a port of this machine.
async fn serve(house: &House) -> (Server, SocketAddr) {
    let limits = Limits {
        body_max: BODY_MAX,
        header_timeout: Duration::from_millis(200),
        body_idle_timeout: Duration::from_millis(200),
        drain_timeout: Duration::from_secs(1),
        ..Limits::default()
    };
    let server = Server::new(house.world.pipeline.clone(), limits);
    let listener = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let serving = server.clone();
    tokio::spawn(async move { serving.serve(listener).await });
    (server, address)
}

/// Sends bytes and reads until the server closes or says no more for a second.
async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may answer and close before all is sent.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(1), read).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// A signed call of `GetCallerIdentity`, its headers changed by `change` after it was signed.
fn call(house: &House, change: impl FnOnce(&mut Unsigned)) -> Unsigned {
    let sts = service("sts");
    let value = input(sts, "GetCallerIdentity", "{}");
    let request = house.encoded(sts, "GetCallerIdentity", Protocol::AwsQuery, &value);
    let mut signed = house.signed(request, &ROOT, "us-east-1", "sts");
    signed.set("content-length", &signed.body.len().to_string());
    change(&mut signed);
    signed
}

fn bytes(request: &Unsigned) -> Vec<u8> {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("connection: close\r\n\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(&request.body);
    bytes
}

fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_however_it_is_framed() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let (server, address) = serve(&house).await;
    let whole = call(&house, |_| {});
    assert_eq!(status(&exchange(address, &bytes(&whole)).await), Some(200));

    let declared = call(&house, |r| r.set("content-length", "99999999999"));
    assert_eq!(
        status(&exchange(address, &bytes(&declared)).await),
        Some(413)
    );
    let long = call(&house, |r| {
        r.body = vec![b'a'; BODY_MAX + 1];
        r.set("content-length", &r.body.len().to_string());
    });
    assert_eq!(status(&exchange(address, &bytes(&long)).await), Some(413));
    let chunked = call(&house, |r| {
        r.headers.retain(|(name, _)| name != "content-length");
        r.set("transfer-encoding", "chunked");
        let chunk = format!("{:x}\r\n{}\r\n", 8192, "a".repeat(8192));
        r.body = chunk.repeat(9).into_bytes();
        r.body.extend_from_slice(b"0\r\n\r\n");
    });
    assert_eq!(
        status(&exchange(address, &bytes(&chunked)).await),
        Some(413)
    );
    server.stop();
}

#[tokio::test]
async fn a_chunked_body_is_the_body_that_was_signed() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let (server, address) = serve(&house).await;
    let chunked = call(&house, |r| {
        r.headers.retain(|(name, _)| name != "content-length");
        r.set("transfer-encoding", "chunked");
        let (first, rest) = r.body.split_at(7);
        let mut framed = format!("{:x}\r\n", first.len()).into_bytes();
        framed.extend_from_slice(first);
        framed.extend_from_slice(format!("\r\n{:x}\r\n", rest.len()).as_bytes());
        framed.extend_from_slice(rest);
        framed.extend_from_slice(b"\r\n0\r\n\r\n");
        r.body = framed;
    });
    assert_eq!(
        status(&exchange(address, &bytes(&chunked)).await),
        Some(200)
    );
    server.stop();
}

#[tokio::test]
async fn ambiguous_requests_do_not_pass() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let (server, address) = serve(&house).await;
    let refused: &[Change] = &[
        ("two lengths", |r| {
            r.headers.push(("content-length".into(), "1".into()))
        }),
        ("a negative length", |r| r.set("content-length", "-1")),
        ("a shorter length", |r| r.set("content-length", "3")),
        ("a length and chunks", |r| {
            r.set("transfer-encoding", "chunked")
        }),
        ("an unknown encoding", |r| {
            r.set("transfer-encoding", "chunked, gzip")
        }),
        ("two hosts", |r| {
            r.headers.push(("host".into(), "127.0.0.1:4566".into()))
        }),
        ("no host", |r| r.headers.retain(|(n, _)| n != "host")),
        ("a blank in a name", |r| {
            r.headers.push(("x-amz-date ".into(), "1".into()))
        }),
        ("a folded header", |r| {
            r.headers.push(("x-a".into(), "1\r\n x-amz-date: 2".into()))
        }),
        ("a line feed in a value", |r| {
            r.headers
                .push(("x-a".into(), "1\nx-amz-security-token: 2".into()));
        }),
        ("an absolute address of another host", |r| {
            "http://example.com/x".clone_into(&mut r.path)
        }),
    ];
    for (what, change) in refused {
        let answer = exchange(address, &bytes(&call(&house, change))).await;
        // A connection that is closed without an answer refuses too.
        assert!(
            status(&answer).is_none_or(|status| (400..500).contains(&status)),
            "{what}: {answer}"
        );
        assert!(
            !answer.contains("GetCallerIdentityResult"),
            "{what}: {answer}"
        );
    }
    server.stop();
}

#[tokio::test]
async fn a_request_that_does_not_come_is_not_waited_for_and_large_headers_are_refused() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let (server, address) = serve(&house).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"POST / HTTP/1.1\r\nhost: a\r\n")
        .await
        .unwrap();
    let mut silent = TcpStream::connect(address).await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(5), silent.read_u8());
    assert!(
        closed.await.is_ok(),
        "the connection that says nothing is still open"
    );
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer));
    assert!(closed.await.is_ok(), "the connection is still open");

    let cut = call(&house, |r| r.body.truncate(3));
    assert_eq!(status(&exchange(address, &bytes(&cut)).await), Some(408));

    let large = call(&house, |r| {
        r.headers.push(("x-large".into(), "a".repeat(4 << 20)))
    });
    let answer = exchange(address, &bytes(&large)).await;
    assert!(
        status(&answer).is_none_or(|status| status == 431),
        "{answer}"
    );
    let many = call(&house, |r| {
        r.headers
            .extend((0..5000).map(|n| (format!("x-{n}"), "a".to_owned())));
    });
    let answer = exchange(address, &bytes(&many)).await;
    assert!(
        status(&answer).is_none_or(|status| status == 431),
        "{answer}"
    );
    // And it still serves.
    assert_eq!(
        status(&exchange(address, &bytes(&call(&house, |_| {}))).await),
        Some(200)
    );
    server.stop();
}
