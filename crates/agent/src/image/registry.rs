//! A client of the OCI distribution API, as far as pulling goes.
//!
//! Source: OCI distribution specification 1.1, "Pull"; the token flow is Docker's registry v2
//! authentication specification.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, USER_AGENT, WWW_AUTHENTICATE};
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Body, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use parking_lot::Mutex;
use rolecall_engine::image::{BoxFuture, Digest, LayerSource, ManifestDocument, SourceError};
use tokio::io::{AsyncRead, ReadBuf};

use super::Reference;

/// The manifests that the engine reads.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";
/// Manifests, tokens and error bodies above this are refused.
const DOCUMENT_LIMIT: usize = 8 * 1024 * 1024;
const REDIRECTS: usize = 5;

/// A registry that did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum RegistryError {
    /// It refused.
    #[error("{message}")]
    Denied {
        /// What was asked for.
        url: String,
        /// The status line's code and words.
        status: String,
        /// `code: message`, the registry's own.
        message: String,
    },
    /// It does not have it.
    #[error("{url}: not found")]
    NotFound {
        /// What was asked for.
        url: String,
    },
    /// It answered something else.
    #[error("unexpected status from GET request to {url}: {status}{detail}")]
    Status {
        /// What was asked for.
        url: String,
        /// The status line's code and words.
        status: String,
        /// The registry's own message after a colon, if it has one.
        detail: String,
    },
    /// It could not be asked.
    #[error("failed to do request: Get \"{url}\"")]
    Send {
        /// What was asked for.
        url: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Its answer cannot be used.
    #[error("the answer from {url} is malformed: {detail}")]
    Malformed {
        /// What was asked for.
        url: String,
        /// What is wrong.
        detail: String,
    },
}

/// How to log in.
pub(super) enum Login {
    /// Not at all; a token for anonymous pulls is asked for if the registry wants one.
    Anonymous,
    /// The base64 form of `USER:PASSWORD`.
    Basic(String),
}

type Plain = Client<HttpConnector, Empty<Bytes>>;
type Tls = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// Connections to registries.
#[derive(Clone)]
pub(super) struct Registry {
    plain: Plain,
    /// Made when it is first needed: reading the machine's certificate authorities takes a while,
    /// and who pulls from the registry on this machine needs none.
    tls: Arc<OnceLock<Tls>>,
}

impl Registry {
    pub(super) fn new() -> Self {
        Self {
            plain: Client::builder(TokioExecutor::new()).build(connector()),
            tls: Arc::default(),
        }
    }

    fn tls(&self) -> io::Result<&Tls> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls);
        }
        let tls = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots()?;
        let tls = tls.https_only().enable_http1().wrap_connector(connector());
        let made = Client::builder(TokioExecutor::new()).build(tls);
        Ok(self.tls.get_or_init(|| made))
    }

    async fn request(
        &self,
        request: Request<Empty<Bytes>>,
    ) -> Result<Response<Incoming>, SourceError> {
        if request.uri().scheme() == Some(&Scheme::HTTPS) {
            Ok(self.tls()?.request(request).await?)
        } else {
            Ok(self.plain.request(request).await?)
        }
    }

    /// A repository at a registry's address.
    pub(super) fn source(&self, base: &str, reference: &Reference, login: Login) -> Source {
        let authorization = match login {
            Login::Anonymous => None,
            Login::Basic(basic) => sensitive(&format!("Basic {basic}")),
        };
        Source {
            registry: self.clone(),
            base: base.trim_end_matches('/').to_owned(),
            repository: reference.repository.clone(),
            anonymous: authorization.is_none(),
            authorization: Mutex::new(authorization),
        }
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.enforce_http(false);
    connector
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// One repository.
pub(super) struct Source {
    registry: Registry,
    base: String,
    repository: String,
    anonymous: bool,
    authorization: Mutex<Option<HeaderValue>>,
}

impl LayerSource for Source {
    fn manifest<'a>(
        &'a self,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<ManifestDocument, SourceError>> {
        Box::pin(async move {
            let url = format!("{}/v2/{}/manifests/{reference}", self.base, self.repository);
            let answer = self.get(&url, Some(MANIFESTS)).await?;
            let media_type = answer
                .headers()
                .get(CONTENT_TYPE)
                .and_then(|v| v.to_str().ok());
            let media_type = media_type.unwrap_or_default().to_owned();
            let bytes = whole(&url, answer.into_body()).await?.to_vec();
            Ok(ManifestDocument { media_type, bytes })
        })
    }

    fn blob<'a>(
        &'a self,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Box<dyn AsyncRead + Send + Unpin>, SourceError>> {
        Box::pin(async move {
            let url = format!("{}/v2/{}/blobs/{digest}", self.base, self.repository);
            let body = self.get(&url, None).await?.into_body();
            let reader: Box<dyn AsyncRead + Send + Unpin> = Box::new(BodyReader {
                body,
                rest: Bytes::new(),
            });
            Ok(reader)
        })
    }
}

impl Source {
    /// Asks, follows redirects, logs in if it must, and turns refusals into errors.
    async fn get(
        &self,
        url: &str,
        accept: Option<&'static str>,
    ) -> Result<Response<Incoming>, RegistryError> {
        let mut answer = self.follow(url, accept).await?;
        if answer.status() == StatusCode::UNAUTHORIZED && self.anonymous {
            let challenge = answer.headers().get(WWW_AUTHENTICATE);
            let challenge = challenge.and_then(|c| c.to_str().ok()).and_then(bearer);
            if let Some(challenge) = challenge {
                let token = self.token(&challenge).await?;
                *self.authorization.lock() = sensitive(&format!("Bearer {token}"));
                answer = self.follow(url, accept).await?;
            }
        }
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(refusal(url, answer).await)
    }

    async fn follow(
        &self,
        url: &str,
        accept: Option<&'static str>,
    ) -> Result<Response<Incoming>, RegistryError> {
        let mut at = url.to_owned();
        let mut authorization = self.authorization.lock().clone();
        for _ in 0..REDIRECTS {
            let answer = self.send(&at, accept, authorization.clone()).await?;
            if !answer.status().is_redirection() {
                return Ok(answer);
            }
            let malformed = |detail: &str| RegistryError::Malformed {
                url: at.clone(),
                detail: detail.to_owned(),
            };
            let to = answer.headers().get(LOCATION).and_then(|l| l.to_str().ok());
            let to = to.ok_or_else(|| malformed("a redirect without a location"))?;
            let next = resolve(&at, to).ok_or_else(|| malformed("a redirect to no address"))?;
            // What was meant for one host is not shown to another.
            if origin(&next) != origin(&at) {
                authorization = None;
            }
            at = next;
        }
        Err(RegistryError::Malformed {
            url: at,
            detail: "too many redirects".to_owned(),
        })
    }

    async fn send(
        &self,
        url: &str,
        accept: Option<&'static str>,
        authorization: Option<HeaderValue>,
    ) -> Result<Response<Incoming>, RegistryError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| RegistryError::Send {
            url: url.to_owned(),
            source,
        };
        let agent = concat!("rolecall-agent/", env!("CARGO_PKG_VERSION"));
        let mut request = Request::get(url).header(USER_AGENT, agent);
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Empty::new()).map_err(|e| failed(e.into()))?;
        self.registry.request(request).await.map_err(failed)
    }

    /// Asks the realm of a challenge for a token to pull with.
    async fn token(&self, challenge: &Challenge) -> Result<String, RegistryError> {
        let separator = if challenge.realm.contains('?') {
            '&'
        } else {
            '?'
        };
        let mut url = format!(
            "{}{separator}scope=repository:{}:pull",
            challenge.realm, self.repository
        );
        if !challenge.service.is_empty() {
            url.push_str(&format!("&service={}", challenge.service));
        }
        let answer = self.send(&url, None, None).await?;
        if !answer.status().is_success() {
            return Err(refusal(&url, answer).await);
        }
        let body = whole(&url, answer.into_body()).await?;
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let token = value.get("token").or_else(|| value.get("access_token"));
        let token = token.and_then(|t| t.as_str()).map(str::to_owned);
        token.ok_or(RegistryError::Malformed {
            url,
            detail: "no token".to_owned(),
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Challenge {
    realm: String,
    service: String,
}

/// `Bearer realm="…",service="…"`; values that would not fit into an address are refused.
fn bearer(header: &str) -> Option<Challenge> {
    let rest = header
        .strip_prefix("Bearer ")
        .or_else(|| header.strip_prefix("bearer "))?;
    let mut challenge = Challenge {
        realm: String::new(),
        service: String::new(),
    };
    let mut parts = rest.split('"');
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        match name.trim_matches([',', ' ', '=']) {
            "realm" => challenge.realm = value.to_owned(),
            "service" => challenge.service = value.replace(' ', "%20"),
            _ => {}
        }
    }
    challenge
        .realm
        .parse::<Uri>()
        .is_ok_and(|u| u.scheme().is_some())
        .then_some(challenge)
}

fn origin(url: &str) -> Option<(String, String)> {
    let uri: Uri = url.parse().ok()?;
    Some((uri.scheme_str()?.to_owned(), uri.authority()?.to_string()))
}

fn resolve(at: &str, to: &str) -> Option<String> {
    if to.starts_with("http://") || to.starts_with("https://") {
        return Some(to.to_owned());
    }
    let (scheme, authority) = origin(at)?;
    to.starts_with('/')
        .then(|| format!("{scheme}://{authority}{to}"))
}

/// Reads a refusal: its status, and the first error of the body that the specification wants.
async fn refusal(url: &str, answer: Response<Incoming>) -> RegistryError {
    let status = answer.status();
    let body = whole(url, answer.into_body()).await.unwrap_or_default();
    let message = first_error(&body);
    let url = url.to_owned();
    let line = status.to_string();
    match status {
        StatusCode::NOT_FOUND => RegistryError::NotFound { url },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => RegistryError::Denied {
            url,
            message: message.unwrap_or_else(|| line.clone()),
            status: line,
        },
        _ => {
            let detail = message.map(|m| format!(": {m}")).unwrap_or_default();
            RegistryError::Status {
                url,
                status: line,
                detail,
            }
        }
    }
}

/// `code: message` of `{"errors":[{"code":…,"message":…}]}`, the code as Docker prints it.
fn first_error(body: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let error = value.get("errors")?.get(0)?;
    let text = |name: &str| error.get(name).and_then(|v| v.as_str()).unwrap_or_default();
    let code = text("code").to_ascii_lowercase();
    let message = text("message");
    Some(match (code.is_empty(), message.is_empty()) {
        (true, _) => message.to_owned(),
        (false, true) => code,
        (false, false) => format!("{code}: {message}"),
    })
}

async fn whole(url: &str, body: Incoming) -> Result<Bytes, RegistryError> {
    let collected = Limited::new(body, DOCUMENT_LIMIT).collect().await;
    let collected = collected.map_err(|source| RegistryError::Send {
        url: url.to_owned(),
        source,
    })?;
    Ok(collected.to_bytes())
}

/// A response body, read as a stream of bytes.
struct BodyReader {
    body: Incoming,
    rest: Bytes,
}

impl AsyncRead for BodyReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                None => return Poll::Ready(Ok(())),
                Some(Err(e)) => return Poll::Ready(Err(io::Error::other(e))),
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
            }
        }
        let n = self.rest.len().min(into.remaining());
        into.put_slice(self.rest.get(..n).unwrap_or_default());
        self.rest.advance(n);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_and_redirects_are_read() {
        let header = r#"Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:a:pull""#;
        let challenge = bearer(header).unwrap();
        assert_eq!(challenge.realm, "https://auth.example.com/token");
        assert_eq!(challenge.service, "registry.example.com");
        assert_eq!(bearer(r#"Bearer realm="nowhere""#), None);
        assert_eq!(bearer("Basic realm=x"), None);
        let at = "http://127.0.0.1:4566/v2/a/blobs/x";
        assert_eq!(resolve(at, "/b?c").unwrap(), "http://127.0.0.1:4566/b?c");
        assert_eq!(resolve(at, "https://cdn/x").unwrap(), "https://cdn/x");
        assert_eq!(resolve(at, "x"), None);
        assert_ne!(origin("http://h/x"), origin("https://h/x"));
    }

    #[test]
    fn the_registrys_own_words_are_kept() {
        let body = br#"{"errors":[{"code":"DENIED","message":"User: x is not authorized"}]}"#;
        assert_eq!(
            first_error(body).unwrap(),
            "denied: User: x is not authorized"
        );
        assert_eq!(first_error(b"<html>"), None);
    }
}
