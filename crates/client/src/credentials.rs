//! What a call is signed with.

use std::fmt;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::TokioExecutor;

/// A key, its secret and, of temporary credentials, the session token.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: String,
    /// The secret of it.
    pub secret_access_key: String,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.access_key_id)
    }
}

/// Where a task finds the credentials of its role.
///
/// Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
#[derive(Clone, Copy, Debug)]
pub struct ContainerCredentials;

/// Why a task's credentials were not found.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The task has no role.
    #[error("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set: the task has no role")]
    NoRole,
    /// The endpoint did not answer.
    #[error("ask 169.254.170.2 for the credentials of the task role")]
    Ask(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The endpoint refused, or answered with something else.
    #[error("the credentials endpoint answered with status {0}")]
    Answer(u16),
}

impl ContainerCredentials {
    /// Asks `http://169.254.170.2` at the path that the environment names.
    ///
    /// # Errors
    /// [`CredentialsError`]: no role, no answer, or a refusal.
    pub async fn load() -> Result<Credentials, CredentialsError> {
        let path = std::env::var("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
            .map_err(|_| CredentialsError::NoRole)?;
        let http = HttpClient::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let request = Request::get(format!("http://169.254.170.2{path}"))
            .body(Full::default())
            .map_err(|e| CredentialsError::Ask(e.into()))?;
        let answer = http
            .request(request)
            .await
            .map_err(|e| CredentialsError::Ask(e.into()))?;
        let status = answer.status().as_u16();
        let body = answer
            .into_body()
            .collect()
            .await
            .map_err(|e| CredentialsError::Ask(e.into()))?;
        let value: serde_json::Value = serde_json::from_slice(&body.to_bytes())
            .map_err(|_| CredentialsError::Answer(status))?;
        let field = |name: &str| value.get(name).and_then(|v| v.as_str()).map(str::to_owned);
        match (field("AccessKeyId"), field("SecretAccessKey")) {
            (Some(access_key_id), Some(secret_access_key)) => Ok(Credentials {
                access_key_id,
                secret_access_key,
                session_token: field("Token"),
            }),
            _ => Err(CredentialsError::Answer(status)),
        }
    }
}
