//! Signed calls to the services, and their errors in the words of AWS's own agents.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use parking_lot::Mutex;
use rolecall_api::Protocol;
use rolecall_api::typed::{ApiOperation, FromValue};
use rolecall_client::{CallError, Client, Credentials};
use rolecall_wire::ClientError;

/// Clients by endpoint and region.
pub(crate) struct Clients {
    endpoint: String,
    user_agent: String,
    clients: Mutex<HashMap<(String, String), Client>>,
}

impl Clients {
    pub(crate) fn new(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            user_agent: format!("rolecall-agent/{}", env!("CARGO_PKG_VERSION")),
            clients: Mutex::default(),
        }
    }

    /// The endpoint where none is named.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A client of the endpoint (the agent's own if none is named) in a region.
    pub(crate) fn get(&self, endpoint: Option<&str>, region: &str) -> Client {
        let endpoint = endpoint.filter(|e| !e.is_empty()).unwrap_or(&self.endpoint);
        let key = (endpoint.to_owned(), region.to_owned());
        let mut clients = self.clients.lock();
        let client = clients.entry(key);
        client
            .or_insert_with(|| Client::new(endpoint, region, &self.user_agent))
            .clone()
    }
}

/// A call that failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Failure {
    /// The service's error code; none when the service did not answer.
    pub(crate) code: Option<String>,
    /// Code, message, status and request id.
    text: String,
}

impl Failure {
    /// Whether the service answered with this code.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    fn unanswered(error: &CallError) -> Self {
        Self {
            code: None,
            text: chain(error),
        }
    }

    /// `CODE: MESSAGE status code: 400, request id: ID`.
    fn service(error: &rolecall_base::AwsError, headers: &HeaderMap) -> Self {
        let id = ["x-amzn-requestid", "x-amz-request-id"]
            .iter()
            .find_map(|name| headers.get(*name)?.to_str().ok())
            .unwrap_or_default();
        let text = format!(
            "{}: {} status code: {}, request id: {id}",
            error.code, error.message, error.status
        );
        Self {
            code: Some(error.code.clone().into_owned()),
            text,
        }
    }

    /// A failure of another kind.
    pub(crate) fn other(text: impl fmt::Display) -> Self {
        Self {
            code: None,
            text: text.to_string(),
        }
    }
}

/// Calls an operation once.
pub(crate) async fn call<A: ApiOperation>(
    client: &Client,
    credentials: &Credentials,
    input: A::Input,
) -> Result<A::Output, Failure> {
    let (service, operation) = (A::SERVICE, A::shape());
    let protocol = service
        .protocols
        .first()
        .copied()
        .unwrap_or(Protocol::AwsJson1_1);
    let input = input.into_value();
    let request = rolecall_wire::encode_input(service, operation, protocol, &input)
        .map_err(Failure::other)?;
    let mut headers = HeaderMap::new();
    headers.extend(request.headers);
    let (status, headers, body) = client
        .send(
            service.signing_name,
            request.method,
            &request.path,
            headers,
            request.body,
            credentials,
        )
        .await
        .map_err(|e| Failure::unanswered(&e))?;
    let value = rolecall_wire::decode_output(service, operation, protocol, status, &headers, &body)
        .map_err(|error| match error {
            ClientError::Service(error) => Failure::service(&error, &headers),
            other => Failure::other(other),
        })?;
    A::Output::from_value(value).map_err(|e| Failure::other(format!("{e:?}")))
}

/// How often AWS's agents repeat a call before they give up, as their messages say.
pub(crate) const RETRIES: u32 = 1;
/// Pause before a call is repeated.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// Calls an operation, and once more if it fails.
pub(crate) async fn call_again<A: ApiOperation>(
    client: &Client,
    credentials: &Credentials,
    input: A::Input,
) -> Result<A::Output, Failure> {
    match call::<A>(client, credentials, input.clone()).await {
        Ok(output) => Ok(output),
        Err(first) => {
            tracing::debug!(operation = A::NAME, error = %first, "called again");
            tokio::time::sleep(RETRY_PAUSE).await;
            call::<A>(client, credentials, input).await
        }
    }
}

/// An error and its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
