//! Pushing an image by the OCI distribution protocol.
//!
//! Source: OCI Distribution Specification 1.1, "Push".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// A client of one registry with a user's password.
pub struct RegistryClient {
    endpoint: String,
    authorization: String,
    http: HttpClient<HttpConnector, Full<Bytes>>,
}

/// Why a push failed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The request cannot be made.
    #[error("make the request: {0}")]
    Request(String),
    /// The registry did not answer.
    #[error("reach the registry")]
    Send(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The registry refused.
    #[error("{step}: the registry answered with status {status}: {body}")]
    Refused {
        /// What was tried.
        step: &'static str,
        /// The HTTP status.
        status: u16,
        /// What it said.
        body: String,
    },
}

impl RegistryClient {
    /// A client of `endpoint`, such as `http://127.0.0.1:4566`, with the authorization token that
    /// `ecr:GetAuthorizationToken` gave (the base64 of `AWS:password`).
    pub fn new(endpoint: &str, authorization_token: &str) -> Self {
        let http = HttpClient::builder(TokioExecutor::new()).build_http();
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            authorization: format!("Basic {authorization_token}"),
            http,
        }
    }

    /// With a user and a password.
    pub fn with_password(endpoint: &str, user: &str, password: &str) -> Self {
        Self::new(endpoint, &STANDARD.encode(format!("{user}:{password}")))
    }

    /// Pushes a blob whose digest (`sha256:…`) is known.
    ///
    /// # Errors
    /// [`PushError`], with the registry's words.
    pub async fn push_blob(
        &self,
        repository: &str,
        digest: &str,
        bytes: Bytes,
    ) -> Result<(), PushError> {
        let start = format!("{}/v2/{repository}/blobs/uploads/", self.endpoint);
        let answer = self.send(Method::POST, &start, None, Bytes::new()).await?;
        let (parts, _) = expect("begin an upload", 202, answer)?;
        let location = parts
            .headers
            .get(LOCATION)
            .and_then(|v| v.to_str().ok())
            .ok_or_else(|| PushError::Request("an upload without a Location".to_owned()))?;
        let absolute = if location.starts_with("http") {
            location.to_owned()
        } else {
            format!("{}{location}", self.endpoint)
        };
        let separator = if absolute.contains('?') { '&' } else { '?' };
        let finish = format!("{absolute}{separator}digest={digest}");
        let kind = Some("application/octet-stream");
        let answer = self.send(Method::PUT, &finish, kind, bytes).await?;
        expect("upload a blob", 201, answer).map(drop)
    }

    /// Pushes a manifest under a tag.
    ///
    /// # Errors
    /// [`PushError`], with the registry's words.
    pub async fn push_manifest(
        &self,
        repository: &str,
        tag: &str,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<(), PushError> {
        let url = format!("{}/v2/{repository}/manifests/{tag}", self.endpoint);
        let answer = self
            .send(Method::PUT, &url, Some(media_type), bytes)
            .await?;
        expect("put the manifest", 201, answer).map(drop)
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        content_type: Option<&str>,
        body: Bytes,
    ) -> Result<Response<Bytes>, PushError> {
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(AUTHORIZATION, &self.authorization);
        if let Some(kind) = content_type {
            request = request.header(CONTENT_TYPE, kind);
        }
        let request = request
            .body(Full::new(body))
            .map_err(|e| PushError::Request(e.to_string()))?;
        let answer = self
            .http
            .request(request)
            .await
            .map_err(|e| PushError::Send(e.into()))?;
        let (parts, body) = answer.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|e| PushError::Send(e.into()))?
            .to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}

fn expect(
    step: &'static str,
    wanted: u16,
    answer: Response<Bytes>,
) -> Result<(http::response::Parts, Bytes), PushError> {
    let (parts, body) = answer.into_parts();
    if parts.status.as_u16() == wanted {
        return Ok((parts, body));
    }
    Err(PushError::Refused {
        step,
        status: parts.status.as_u16(),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}
