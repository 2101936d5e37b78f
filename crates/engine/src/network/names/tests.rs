//! Tests of `names`, on the loopback.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// A question about nothing in particular, by its id.
fn question(id: u8) -> Vec<u8> {
    let mut message = vec![0; HEAD];
    message[1] = id;
    message.extend(b"name");
    message
}

/// What the host's servers answer here: the question, turned round.
fn answer(id: u8) -> Vec<u8> {
    let mut message = question(id);
    message[2] |= 0x80;
    message
}

/// Tries again what found a port taken, by another test or program.
fn unless_taken<T>(bind: impl Fn() -> io::Result<T>) -> T {
    for _ in 0..100 {
        match bind() {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            bound => return bound.unwrap(),
        }
    }
    panic!("each of a hundred ports is taken");
}

/// TCP and UDP at one port.
fn both() -> (std::net::TcpListener, std::net::UdpSocket) {
    unless_taken(|| {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0")?;
        let udp = std::net::UdpSocket::bind(tcp.local_addr()?)?;
        Ok((tcp, udp))
    })
}

struct Lab {
    at: SocketAddr,
    dir: tempfile::TempDir,
    _serving: JoinSet<()>,
}

impl Lab {
    /// A server of tasks whose host asks `servers`, all at one port.
    fn new(servers: &[&str], port: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let conf = dir.path().join("resolv.conf");
        let lines = servers.iter().map(|s| format!("nameserver {s}\n"));
        std::fs::write(&conf, lines.collect::<String>()).unwrap();
        let (tcp, udp) = both();
        let at = tcp.local_addr().unwrap();
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(NameServer::new((udp, tcp), conf, port).run());
        Self {
            at,
            dir,
            _serving: serving,
        }
    }

    async fn asks(&self, message: &[u8]) -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(self.at).await.unwrap();
        socket.send(message).await.unwrap();
        socket
    }
}

async fn heard(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; MESSAGE_MAX];
    let length = socket.recv(&mut buffer).await.unwrap();
    buffer.truncate(length);
    buffer
}

#[tokio::test]
async fn a_question_goes_to_the_hosts_server_and_its_answer_comes_back_as_it_is() {
    let upstream = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let lab = Lab::new(&["127.0.0.1"], upstream.local_addr().unwrap().port());
    // What is no question goes nowhere, so the next one is the first that is seen.
    for bad in [&answer(1)[..], b"short", &vec![0; QUESTION_MAX + 1]] {
        lab.asks(bad).await;
    }
    let asking = lab.asks(&question(7)).await;
    let mut buffer = vec![0; 512];
    let (length, from) = upstream.recv_from(&mut buffer).await.unwrap();
    assert_eq!(buffer[..length], question(7));
    // An answer to another question is not passed on.
    for id in [8, 7] {
        upstream.send_to(&answer(id), from).await.unwrap();
    }
    assert_eq!(heard(&asking).await, answer(7));
}

#[tokio::test]
async fn the_next_server_is_asked_and_after_the_last_the_failure_is_told() {
    // The host's first network, and the one that it moves to.
    let [upstream, moved] = unless_taken(|| {
        let first = std::net::UdpSocket::bind("127.0.0.2:0")?;
        let second = std::net::UdpSocket::bind(("127.0.0.3", first.local_addr()?.port()))?;
        Ok([first, second])
    })
    .map(|socket| {
        socket.set_nonblocking(true).unwrap();
        UdpSocket::from_std(socket).unwrap()
    });
    let port = upstream.local_addr().unwrap().port();
    // Nobody listens at the first: the kernel says so at once.
    let lab = Lab::new(&["127.0.0.1", "127.0.0.2"], port);
    let asking = lab.asks(&question(1)).await;
    let mut buffer = vec![0; 512];
    let (_, from) = upstream.recv_from(&mut buffer).await.unwrap();
    upstream.send_to(&answer(1), from).await.unwrap();
    assert_eq!(heard(&asking).await, answer(1));
    drop(upstream);
    let failed = heard(&lab.asks(&question(2)).await).await;
    assert_eq!((failed[1], failed[2], failed[3] & 0x0f), (2, 0x80, 2));
    // The host is on another network now.
    std::fs::write(lab.dir.path().join("resolv.conf"), "nameserver 127.0.0.3\n").unwrap();
    let asking = lab.asks(&question(3)).await;
    let (_, from) = moved.recv_from(&mut buffer).await.unwrap();
    moved.send_to(&answer(3), from).await.unwrap();
    assert_eq!(heard(&asking).await, answer(3));
}

#[tokio::test]
async fn long_answers_come_by_tcp() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lab = Lab::new(&["127.0.0.1"], upstream.local_addr().unwrap().port());
    let mut asking = TcpStream::connect(lab.at).await.unwrap();
    asking.write_all(b"question").await.unwrap();
    asking.shutdown().await.unwrap();
    let (mut stream, _) = upstream.accept().await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "question");
    stream.write_all(&[b'x'; 100_000]).await.unwrap();
    drop(stream);
    let mut answered = Vec::new();
    asking.read_to_end(&mut answered).await.unwrap();
    assert_eq!(answered.len(), 100_000);
}

#[test]
fn no_task_takes_the_room_of_another() {
    let room = Room::new((8, 2));
    let task = |n| IpAddr::from([10, 0, 0, n]);
    let take =
        |n, times: usize| -> Vec<_> { (0..times).filter_map(|_| room.take(task(n))).collect() };
    assert_eq!(take(1, 9).len(), 2, "no more than is for each");
    // Three that take what they get have two each.
    let greedy: Vec<_> = (1..4).flat_map(|n| take(n, 9)).collect();
    assert_eq!(greedy.len(), 6);
    // The next have one, as long as there is room at all.
    let modest = [take(4, 9), take(5, 9)];
    assert_eq!(modest.each_ref().map(Vec::len), [1, 1]);
    assert!(room.take(task(6)).is_none(), "all of it is taken");
    drop(greedy);
    assert_eq!(take(4, 1).len(), 1);
    drop(modest);
    assert!(room.taken.lock().is_empty());
}

/// As many as would fill it if each had all that one may have, and some more.
#[test]
fn tasks_that_take_all_they_get_leave_places() {
    for (all, each) in [QUESTIONS, CONNECTIONS] {
        let room = Room::new((all, each));
        let mut held = Vec::new();
        for _turn in 0..each {
            held.extend((0..40).filter_map(|n| room.take([10, 0, 0, n].into())));
        }
        assert!(held.len() < all, "{}", held.len());
        assert!(room.take([10, 0, 1, 0].into()).is_some());
    }
}
