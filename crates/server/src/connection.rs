//! One request: to a handler by its path, or to the pipeline.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use rolecall_op::{Inbound, Pipeline};

use crate::limits::{Budget, Busy, Limits, TooLarge, read_body};

/// A response body of any origin.
pub type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The address.
    pub address: SocketAddr,
    /// Whether the connection is encrypted.
    pub secure: bool,
}

impl Peer {
    /// The IP address without the port, an IPv4 address in IPv6 form taken as IPv4.
    pub fn ip(&self) -> IpAddr {
        self.address.ip().to_canonical()
    }
}

/// Serves the requests under a path prefix.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request.
    fn handle(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>>;
}

/// A body that is at hand.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// A plain text answer.
pub fn text(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = Response::new(full(message.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// What serves the requests of a listener.
#[derive(Clone)]
pub(crate) struct Routes {
    pub(crate) pipeline: Pipeline,
    pub(crate) prefixes: Arc<Vec<(String, Arc<dyn Handler>)>>,
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
    /// What the connection's address may take of it; `None` is all.
    pub(crate) own_budget: Option<Budget>,
}

impl Routes {
    /// Answers one request; nothing that goes wrong in it ends the connection.
    pub(crate) async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Response<Body> {
        let path = request.uri().path();
        let handler = self
            .prefixes
            .iter()
            .find(|(prefix, _)| path.starts_with(prefix.as_str()));
        match handler {
            Some((_, handler)) => handler.handle(request, peer).await,
            None => self.api(request, peer).await,
        }
    }

    /// Room for a body: of the address's own share first, so that nobody waits in line for the
    /// common room with more than that.
    async fn room(&self, announced: Option<u64>) -> Result<impl Sized + use<>, Busy> {
        let own = match &self.own_budget {
            Some(budget) => budget.room(announced, &self.limits).await?,
            None => None,
        };
        Ok((own, self.budget.room(announced, &self.limits).await?))
    }

    async fn api(&self, request: Request<Incoming>, peer: Peer) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        let limits = self.limits;
        let announced = body.size_hint().upper();
        // Held until the request is answered.
        let _room = match self.room(announced).await {
            Ok(room) => room,
            Err(busy) => return text(StatusCode::SERVICE_UNAVAILABLE, &busy.to_string()),
        };
        let body = read_body(body, limits.body_max, limits.body_idle_timeout);
        let body = tokio::time::timeout(limits.body_timeout, body).await;
        let body = match body.unwrap_or(Err(TooLarge::Idle)) {
            Ok(body) => body,
            Err(error @ TooLarge::Limit(_)) => {
                return text(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string());
            }
            Err(error @ TooLarge::Idle) => {
                return text(StatusCode::REQUEST_TIMEOUT, &error.to_string());
            }
            Err(error @ TooLarge::Read(_)) => {
                return text(StatusCode::BAD_REQUEST, &error.to_string());
            }
        };
        // HTTP/2 has the host in `:authority`, which signatures know as `host`.
        if let Some(authority) = parts.uri.authority()
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
            && !parts.headers.contains_key(http::header::HOST)
        {
            parts.headers.insert(http::header::HOST, host);
        }
        let inbound = Inbound {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            body,
            source_ip: Some(peer.ip()),
            secure: peer.secure,
        };
        let answer = self.pipeline.serve(&inbound).await;
        let mut response = Response::new(full(answer.body));
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().extend(answer.headers);
        response
    }
}
