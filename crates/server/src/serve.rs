//! Listening, accepting, and stopping without losing a request.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use rolecall_op::Pipeline;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::connection::{Handler, Peer, Routes};
use crate::limits::{Budget, Limits};
use crate::sources::Sources;

/// Why the server could not listen.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken or not ours.
    #[error("listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A socket that was handed over cannot be used.
    #[error("take over a listening socket")]
    Adopt(#[source] io::Error),
}

/// The server: what serves requests, and the switch that stops it.
#[derive(Clone)]
pub struct Server {
    routes: Routes,
    /// Who has how many connections, over all listeners.
    sources: Sources,
    stop: watch::Sender<bool>,
    /// How many listeners are served or drained.
    listening: Arc<AtomicUsize>,
}

impl Server {
    /// A server that hands everything to `pipeline`.
    pub fn new(pipeline: Pipeline, limits: Limits) -> Self {
        let routes = Routes {
            pipeline,
            prefixes: Arc::new(Vec::new()),
            limits,
            budget: Budget::new(limits.bodies_max),
            own_budget: None,
        };
        Self {
            routes,
            sources: Sources::new(&limits),
            stop: watch::Sender::new(false),
            listening: Arc::default(),
        }
    }

    /// The same server with `handler` for every path that starts with `prefix`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str, handler: Arc<dyn Handler>) -> Self {
        let mut prefixes = self.routes.prefixes.as_ref().clone();
        prefixes.push((prefix.to_owned(), handler));
        self.routes.prefixes = Arc::new(prefixes);
        self
    }

    /// Binds `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// [`ServerError::Bind`] with the system's reason.
    pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
        TcpListener::bind(address)
            .await
            .map_err(|source| ServerError::Bind { address, source })
    }

    /// Takes over a listening socket, such as one made in another network namespace.
    ///
    /// # Errors
    /// [`ServerError::Adopt`] if the socket is not usable.
    pub fn adopt(listener: StdListener) -> Result<TcpListener, ServerError> {
        listener.set_nonblocking(true).map_err(ServerError::Adopt)?;
        TcpListener::from_std(listener).map_err(ServerError::Adopt)
    }

    /// Serves `listener` until [`Server::stop`]; returns when the requests under way are answered
    /// or the drain timeout is over.
    pub async fn serve(&self, listener: TcpListener) {
        self.listening.fetch_add(1, Ordering::SeqCst);
        let mut stopped = self.stop.subscribe();
        let graceful = GracefulShutdown::new();
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.routes.limits.header_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(256);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stopped.wait_for(|stop| *stop) => break,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors and the like: the next accept may do better.
                    tracing::warn!(%error, "accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    continue;
                }
            };
            // A client that has too many connections sees the newest closed.
            let Some(place) = self.sources.place(address.ip()) else {
                tracing::debug!(%address, "too many connections of one address");
                continue;
            };
            // Small answers must not wait for more to send.
            let _ = stream.set_nodelay(true);
            let peer = Peer {
                address,
                secure: false,
            };
            let mut routes = self.routes.clone();
            routes.own_budget.clone_from(&place.bodies);
            let service = service_fn(move |request: Request<Incoming>| {
                let routes = routes.clone();
                async move { Ok::<_, Infallible>(routes.answer(request, peer).await) }
            });
            let (builder, watcher) = (builder.clone(), graceful.watcher());
            let (mut stopped, wait) = (stopped.clone(), self.routes.limits.header_timeout);
            tokio::spawn(async move {
                let _place = place;
                // The timeout of the headers begins with the first byte only.
                let mut first = [0];
                let speaks = tokio::select! {
                    peeked = tokio::time::timeout(wait, stream.peek(&mut first)) => peeked.is_ok(),
                    _ = stopped.wait_for(|stop| *stop) => false,
                };
                if !speaks {
                    return;
                }
                let io = TokioIo::new(stream);
                let connection = builder.serve_connection_with_upgrades(io, service);
                if let Err(error) = watcher.watch(connection.into_owned()).await {
                    tracing::debug!(%error, %address, "a connection ended");
                }
            });
        }
        drop(listener);
        let _ = tokio::time::timeout(self.routes.limits.drain_timeout, graceful.shutdown()).await;
        self.listening.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether no listener is served or drained any more.
    pub fn is_drained(&self) -> bool {
        self.listening.load(Ordering::SeqCst) == 0
    }

    /// Stops every listener; no new request is taken.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}
