//! One call: encode, sign, send, decode.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rolecall_api::typed::{ApiOperation, FromValue};
use rolecall_api::value::Value;
use rolecall_api::{OperationShape, Protocol, Service};
use rolecall_base::AwsError;
use rolecall_sigv4::{AmzTime, BodyHash, RequestView, SigningScope};
use rolecall_wire::ClientError;

use crate::Credentials;

/// Why a call has no output.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service refused; its code and message are in the error.
    #[error("{0}")]
    Service(AwsError),
    /// The request cannot be made: the endpoint or the input is malformed.
    #[error("make the request: {0}")]
    Request(String),
    /// The service did not answer.
    #[error("reach {endpoint}")]
    Send {
        /// The endpoint.
        endpoint: String,
        /// What went wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer is not what the operation answers.
    #[error("the answer is not well-formed: {0}")]
    Malformed(String),
}

impl CallError {
    /// The service's error, if it answered with one.
    pub fn service(&self) -> Option<&AwsError> {
        match self {
            Self::Service(error) => Some(error),
            _ => None,
        }
    }
}

/// A client of one endpoint and region. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    endpoint: String,
    authority: String,
    region: String,
    user_agent: String,
    http: HttpClient<HttpConnector, Full<Bytes>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} {})", self.endpoint, self.region)
    }
}

impl Client {
    /// A client of `endpoint`, such as `http://127.0.0.1:4566`.
    pub fn new(endpoint: &str, region: &str, user_agent: &str) -> Self {
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let authority = endpoint
            .split_once("://")
            .map_or(endpoint.as_str(), |(_, rest)| rest)
            .to_owned();
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let http = HttpClient::builder(TokioExecutor::new()).build(connector);
        Self {
            endpoint,
            authority,
            region: region.to_owned(),
            user_agent: user_agent.to_owned(),
            http,
        }
    }

    /// The endpoint.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// [`CallError::Service`] with the service's error, or what kept the call from it.
    pub async fn call<A: ApiOperation>(
        &self,
        credentials: &Credentials,
        input: A::Input,
    ) -> Result<A::Output, CallError> {
        let value = self
            .call_value(A::SERVICE, A::shape(), credentials, &input.into_value())
            .await?;
        A::Output::from_value(value)
            .map_err(|mismatch| CallError::Malformed(format!("{mismatch:?}")))
    }

    /// Calls an operation with an input by shape.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn call_value(
        &self,
        service: &'static Service,
        operation: &'static OperationShape,
        credentials: &Credentials,
        input: &Value,
    ) -> Result<Value, CallError> {
        let protocol = service
            .protocols
            .first()
            .copied()
            .unwrap_or(Protocol::AwsJson1_1);
        let request = rolecall_wire::encode_input(service, operation, protocol, input)
            .map_err(|e| CallError::Request(e.to_string()))?;
        let mut headers = HeaderMap::new();
        headers.extend(request.headers);
        let (status, headers, body) = self
            .send(
                service.signing_name,
                request.method,
                &request.path,
                headers,
                request.body,
                credentials,
            )
            .await?;
        rolecall_wire::decode_output(service, operation, protocol, status, &headers, &body).map_err(
            |error| match error {
                ClientError::Service(error) => CallError::Service(error),
                other => CallError::Malformed(other.to_string()),
            },
        )
    }

    /// Sends a signed request and returns status, headers and body as they are.
    ///
    /// # Errors
    /// [`CallError::Request`] and [`CallError::Send`].
    pub async fn send(
        &self,
        signing_name: &str,
        method: &str,
        path_and_query: &str,
        mut headers: HeaderMap,
        body: impl Into<Bytes>,
        credentials: &Credentials,
    ) -> Result<(u16, HeaderMap, Bytes), CallError> {
        let body: Bytes = body.into();
        let bad = |e: &dyn fmt::Display| CallError::Request(e.to_string());
        headers.insert(
            HOST,
            HeaderValue::from_str(&self.authority).map_err(|e| bad(&e))?,
        );
        self.sign(
            signing_name,
            method,
            path_and_query,
            &mut headers,
            &body,
            credentials,
        )?;
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        let agent = HeaderValue::from_str(&self.user_agent).map_err(|e| bad(&e))?;
        headers.insert(http::header::USER_AGENT, agent);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path_and_query}", self.endpoint))
            .body(Full::new(body))
            .map_err(|e| bad(&e))?;
        *request.headers_mut() = headers;
        let send = |source: Box<dyn std::error::Error + Send + Sync>| CallError::Send {
            endpoint: self.endpoint.clone(),
            source,
        };
        let answer = self
            .http
            .request(request)
            .await
            .map_err(|e| send(e.into()))?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|e| send(e.into()))?.to_bytes();
        Ok((parts.status.as_u16(), parts.headers, body))
    }

    fn sign(
        &self,
        signing_name: &str,
        method: &str,
        path_and_query: &str,
        headers: &mut HeaderMap,
        body: &Bytes,
        credentials: &Credentials,
    ) -> Result<(), CallError> {
        let (path, query) = path_and_query
            .split_once('?')
            .unwrap_or((path_and_query, ""));
        let list: Vec<(&str, &[u8])> = headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_bytes()))
            .collect();
        let view = RequestView {
            method,
            path,
            query,
            headers: &list,
            body: BodyHash::Sha256(rolecall_sigv4::sha256(body)),
        };
        let key = rolecall_sigv4::Credentials {
            access_key_id: &credentials.access_key_id,
            secret_access_key: &credentials.secret_access_key,
            session_token: credentials.session_token.as_deref(),
        };
        let scope = SigningScope {
            region: &self.region,
            service: signing_name,
            time: amz_now(),
        };
        let added = rolecall_sigv4::sign(&view, &key, &scope)
            .map_err(|e| CallError::Request(e.to_string()))?;
        for (name, value) in added {
            let mut value =
                HeaderValue::from_str(&value).map_err(|e| CallError::Request(e.to_string()))?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(())
    }
}

fn amz_now() -> AmzTime {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    AmzTime::from_unix_s(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
