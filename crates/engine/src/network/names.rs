//! The name server of tasks: passes their questions on to the host's.
//!
//! A task reaches neither a resolver on the host's loopback (systemd-resolved, dnsmasq) nor one at
//! a link-local address (Google's cloud). This one it does, at the address that Amazon's resolver
//! has in every VPC, in the router's namespace; what it is asked it asks from the host's. Messages
//! pass as they are. What a task may ask at a time is bounded, so that a few cannot take the names
//! from the others.
//!
//! Sources: Amazon VPC User Guide, "Amazon DNS server"; RFC 1035, 4.1.1 and 4.2; RFC 7766.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::resolver::ResolvConf;

/// The port of name servers.
pub(super) const PORT: u16 = 53;
/// The head of a message (RFC 1035, 4.1.1), bytes.
const HEAD: usize = 12;
/// The longest question that is passed on by UDP, bytes.
const QUESTION_MAX: usize = 4096;
/// The longest message there is, bytes.
const MESSAGE_MAX: usize = 65_535;
/// How many of the host's servers are asked (resolv.conf(5), MAXNS).
const SERVERS_MAX: usize = 3;
/// How long a server is waited for while there are others.
const NEXT_AFTER: Duration = Duration::from_secs(2);
/// How long the last one is waited for (resolv.conf(5), RES_TIMEOUT).
const LAST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may last.
const CONNECTION_MAX: Duration = Duration::from_secs(30);
/// Questions under way by UDP: of all tasks, and at most of one.
const QUESTIONS: (usize, usize) = (512, 64);
/// Connections: of all tasks, and at most of one.
const CONNECTIONS: (usize, usize) = (128, 16);

/// The name server of an instance's tasks. It serves while [`NameServer::run`] is polled.
#[derive(Debug)]
pub struct NameServer {
    udp: std::net::UdpSocket,
    tcp: std::net::TcpListener,
    upstreams: Upstreams,
}

impl NameServer {
    pub(super) fn new(
        (udp, tcp): (std::net::UdpSocket, std::net::TcpListener),
        resolv_conf: PathBuf,
        port: u16,
    ) -> Self {
        let upstreams = Upstreams { resolv_conf, port };
        Self {
            udp,
            tcp,
            upstreams,
        }
    }

    /// Answers tasks until it is dropped. Must be called within a tokio runtime.
    pub async fn run(self) {
        let upstreams = Arc::new(self.upstreams);
        let sockets = UdpSocket::from_std(self.udp)
            .and_then(|udp| Ok((Arc::new(udp), TcpListener::from_std(self.tcp)?)));
        match sockets {
            Ok((udp, tcp)) => {
                tokio::join!(serve_udp(udp, &upstreams), serve_tcp(tcp, &upstreams));
            }
            Err(error) => tracing::error!(%error, "names of tasks are not resolved"),
        }
    }
}

/// The host's servers. Read for each question: it is a small file, and machines move between
/// networks.
#[derive(Debug)]
struct Upstreams {
    resolv_conf: PathBuf,
    port: u16,
}

impl Upstreams {
    /// Each with how long it is waited for.
    fn list(&self) -> Vec<(SocketAddr, Duration)> {
        let mut servers = ResolvConf::read(&self.resolv_conf).servers;
        if servers.is_empty() {
            // resolv.conf(5): "If no nameserver entries are present, the default is to use the name
            // server on the local machine."
            servers.push(Ipv4Addr::LOCALHOST.into());
        }
        servers.truncate(SERVERS_MAX);
        let last = servers.len().saturating_sub(1);
        let wait = |number| match number == last {
            true => LAST_TIMEOUT,
            false => NEXT_AFTER,
        };
        let servers = servers.into_iter().enumerate();
        let at = |(n, server)| (SocketAddr::new(server, self.port), wait(n));
        servers.map(at).collect()
    }
}

/// How much is under way, by task. None has more than `each`, nor more than are free for others:
/// the fuller it is, the fewer may one have. So tasks that take all that they get, however many,
/// leave places to those that have none.
///
/// Source: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches",
/// IEEE/ACM Transactions on Networking 6(2), 1998.
#[derive(Clone)]
struct Room {
    all: usize,
    each: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place that is given back when it is dropped.
struct Place {
    room: Room,
    of: IpAddr,
}

impl Room {
    fn new((all, each): (usize, usize)) -> Self {
        let taken = Arc::default();
        Self { all, each, taken }
    }

    fn take(&self, of: IpAddr) -> Option<Place> {
        let mut taken = self.taken.lock();
        let all: usize = taken.values().sum();
        let own = taken.get(&of).copied().unwrap_or_default();
        if own >= self.each.min(self.all.saturating_sub(all)) {
            return None;
        }
        taken.insert(of, own + 1);
        let room = self.clone();
        Some(Place { room, of })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.room.taken.lock();
        match taken.get_mut(&self.of) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                taken.remove(&self.of);
            }
        }
    }
}

async fn serve_udp(udp: Arc<UdpSocket>, upstreams: &Arc<Upstreams>) {
    let room = Room::new(QUESTIONS);
    let mut running = JoinSet::new();
    let mut buffer = vec![0; QUESTION_MAX + 1];
    loop {
        let got = tokio::select! {
            got = udp.recv_from(&mut buffer) => got,
            Some(_) = running.join_next(), if !running.is_empty() => continue,
        };
        match got {
            Ok((length, from)) => {
                let question = buffer.get(..length).unwrap_or_default();
                if length > QUESTION_MAX || !is_question(question) {
                    continue;
                }
                // One too many is not answered: whoever asks asks again.
                let Some(place) = room.take(from.ip()) else {
                    continue;
                };
                let (question, udp) = (question.to_vec(), udp.clone());
                let upstreams = upstreams.clone();
                running.spawn(async move {
                    let _place = place;
                    if let Some(answer) = ask(&upstreams, &question).await {
                        let _ = udp.send_to(&answer, from).await;
                    }
                });
            }
            Err(error) => pause(&error).await,
        }
    }
}

/// After an error of a listener, which would come again at once.
async fn pause(error: &io::Error) {
    tracing::warn!(%error, "a task's question of a name was not received");
    tokio::time::sleep(Duration::from_millis(100)).await;
}

/// Whether it is a message with a whole head, and not an answer.
fn is_question(message: &[u8]) -> bool {
    message.len() >= HEAD && message.get(2).is_some_and(|flags| flags & 0x80 == 0)
}

/// Asks the host's servers one after the other. If none answers, "server failure" (RFC 1035, 4.1.1,
/// RCODE 2).
async fn ask(upstreams: &Upstreams, question: &[u8]) -> Option<Vec<u8>> {
    for (server, wait) in upstreams.list() {
        match timeout(wait, ask_one(server, question)).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => tracing::debug!(%server, %error, "a name server was not asked"),
            Err(_) => tracing::debug!(%server, "a name server did not answer"),
        }
    }
    let mut failure = question.to_vec();
    *failure.get_mut(2)? |= 0x80;
    *failure.get_mut(3)? = 0x82;
    Some(failure)
}

/// By a socket of its own, whose port nobody guesses, and which takes answers of `server` only.
async fn ask_one(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut answer = vec![0; MESSAGE_MAX];
    loop {
        let length = socket.recv(&mut answer).await?;
        let id = |message: &[u8]| message.get(..2).map(<[u8]>::to_vec);
        if length >= HEAD && id(&answer) == id(question) {
            answer.truncate(length);
            return Ok(answer);
        }
    }
}

async fn serve_tcp(tcp: TcpListener, upstreams: &Arc<Upstreams>) {
    let room = Room::new(CONNECTIONS);
    let mut running = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = tcp.accept() => accepted,
            Some(_) = running.join_next(), if !running.is_empty() => continue,
        };
        match accepted {
            Ok((mut stream, from)) => {
                let Some(place) = room.take(from.ip()) else {
                    continue;
                };
                let upstreams = upstreams.clone();
                running.spawn(async move {
                    let _place = place;
                    let Some(mut server) = connect(&upstreams).await else {
                        return;
                    };
                    let both = tokio::io::copy_bidirectional(&mut stream, &mut server);
                    let _ = timeout(CONNECTION_MAX, both).await;
                });
            }
            Err(error) => pause(&error).await,
        }
    }
}

/// A connection to the first of the host's servers that takes one.
async fn connect(upstreams: &Upstreams) -> Option<TcpStream> {
    for (server, wait) in upstreams.list() {
        match timeout(wait, TcpStream::connect(server)).await {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => tracing::debug!(%server, %error, "a name server was not asked"),
            Err(_) => tracing::debug!(%server, "a name server did not answer"),
        }
    }
    None
}

#[cfg(test)]
mod tests;
