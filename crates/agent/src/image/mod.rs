//! Pulling images: which registry, as whom, and what is said when it fails.

mod reference;
mod registry;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rolecall_acs::{Container, EcrAuthData};
use rolecall_api::ecr::{GetAuthorizationToken, GetAuthorizationTokenRequest};
use rolecall_engine::image::{Image, ImageError, ImageStore};

use crate::aws::{self, Failure, RETRIES, chain};
use crate::shared::Shared;

pub(crate) use reference::Reference;
use registry::{Login, Registry, RegistryError, Source};

/// Pause before a pull is repeated.
const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// A token is asked for anew when it has less than this left; ECR's last 12 hours.
const TOKEN_MARGIN_MS: i64 = 60 * 60 * 1000;

/// Why a container's image is not there, in the words that users of Fargate know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct PullFailure(pub(crate) String);

/// Pulls images, and holds the registry tokens of the tasks.
pub(crate) struct Puller {
    registry: Registry,
    tokens: Mutex<HashMap<TokenKey, Token>>,
}

/// Each task has its own tokens: they were given to its execution role.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct TokenKey {
    task_arn: String,
    registry_id: String,
    region: String,
}

#[derive(Clone)]
struct Token {
    /// The base64 form of `AWS:PASSWORD`.
    basic: String,
    expires_ms: i64,
}

impl Puller {
    pub(crate) fn new() -> Self {
        Self {
            registry: Registry::new(),
            tokens: Mutex::default(),
        }
    }

    /// Asks for what a container's registry wants to be shown: ECR's token, with the task's
    /// execution role. Nothing for public registries.
    ///
    /// # Errors
    /// `ResourceInitializationError: …`.
    pub(crate) async fn log_in(
        &self,
        shared: &Shared,
        task_arn: &str,
        container: &Container,
    ) -> Result<(), PullFailure> {
        let Some(authentication) = &container.registry_authentication else {
            return Ok(());
        };
        let retrieval = |what: &str| {
            PullFailure(format!(
                "ResourceInitializationError: unable to pull secrets or registry auth: execution \
                 resource retrieval failed: {what}"
            ))
        };
        let Some(ecr) = authentication.ecr_auth_data.as_ref() else {
            return Err(retrieval(
                "unable to retrieve secret from asm: private registry authentication is not \
                 implemented by this agent",
            ));
        };
        let unable = "unable to retrieve ecr registry auth";
        let Some(credentials) = shared.credentials.execution(task_arn) else {
            return Err(retrieval(&format!(
                "{unable}: the task has no execution role"
            )));
        };
        let key = TokenKey {
            task_arn: task_arn.to_owned(),
            registry_id: ecr.registry_id.clone(),
            region: ecr.region.clone(),
        };
        let fresh = |t: &Token| t.expires_ms - crate::clock::now_ms() > TOKEN_MARGIN_MS;
        if self.tokens.lock().get(&key).is_some_and(fresh) {
            return Ok(());
        }
        let client = shared
            .clients
            .get(ecr.endpoint_override.as_deref(), &ecr.region);
        let input = GetAuthorizationTokenRequest {
            registry_ids: Some(vec![ecr.registry_id.clone()]).filter(|r| r != &[String::new()]),
        };
        let answer = aws::call_again::<GetAuthorizationToken>(&client, &credentials, input).await;
        let token = answer.and_then(|output| {
            let data = output
                .authorization_data
                .unwrap_or_default()
                .into_iter()
                .next();
            let data = data.unwrap_or_default();
            let basic = data
                .authorization_token
                .ok_or_else(|| Failure::other("no token came"))?;
            let expires_ms = data.expires_at.map_or(i64::MAX, |t| t.epoch_millis());
            Ok(Token { basic, expires_ms })
        });
        match token {
            Ok(token) => {
                self.tokens.lock().insert(key, token);
                Ok(())
            }
            Err(error) => Err(retrieval(&format!(
                "{unable}: service call has been retried {RETRIES} time(s): {error}"
            ))),
        }
    }

    /// Pulls a container's image into the store. [`Puller::log_in`] comes first.
    ///
    /// # Errors
    /// `CannotPullContainerError: …`.
    pub(crate) async fn pull(
        &self,
        shared: &Shared,
        store: &Arc<ImageStore>,
        task_arn: &str,
        container: &Container,
    ) -> Result<Image, PullFailure> {
        let image = &container.image;
        let reference = Reference::parse(image).ok_or_else(|| {
            PullFailure(format!(
                "CannotPullContainerError: invalid reference format: {image}"
            ))
        })?;
        let ecr = container.registry_authentication.as_ref();
        let source: Arc<Source> = match ecr.and_then(|a| a.ecr_auth_data.as_ref()) {
            Some(ecr) => Arc::new(self.ecr_source(shared, task_arn, ecr, &reference)),
            None => Arc::new(
                self.registry
                    .source(&reference.base(), &reference, Login::Anonymous),
            ),
        };
        let first = match store.pull(&reference.version, source.clone()).await {
            Ok(image) => return Ok(image),
            Err(error) => error,
        };
        tracing::debug!(image, error = %chain(&first), "pulled again");
        tokio::time::sleep(RETRY_PAUSE).await;
        let pulled = store.pull(&reference.version, source).await;
        pulled.map_err(|error| PullFailure(cannot_pull(&reference, &error)))
    }

    fn ecr_source(
        &self,
        shared: &Shared,
        task_arn: &str,
        ecr: &EcrAuthData,
        reference: &Reference,
    ) -> Source {
        let key = TokenKey {
            task_arn: task_arn.to_owned(),
            registry_id: ecr.registry_id.clone(),
            region: ecr.region.clone(),
        };
        let token = self.tokens.lock().get(&key).cloned();
        let login = token.map_or(Login::Anonymous, |t| Login::Basic(t.basic));
        let endpoint = ecr.endpoint_override.as_deref().filter(|e| !e.is_empty());
        self.registry.source(
            endpoint.unwrap_or(shared.clients.endpoint()),
            reference,
            login,
        )
    }

    /// Drops a task's tokens.
    pub(crate) fn forget(&self, task_arn: &str) {
        self.tokens.lock().retain(|key, _| key.task_arn != task_arn);
    }
}

/// The words of Fargate (containerd's below them), the registry's own message inside.
fn cannot_pull(reference: &Reference, error: &ImageError) -> String {
    let retried = |what: &str| {
        format!("CannotPullContainerError: {what} has been retried {RETRIES} time(s): ")
    };
    let ImageError::Source { what, source } = error else {
        return format!("CannotPullContainerError: {}", chain(error));
    };
    let refused = source.downcast_ref::<RegistryError>();
    if what.starts_with("manifest") {
        let detail = match refused {
            Some(RegistryError::NotFound { .. }) => format!("{reference}: not found"),
            Some(RegistryError::Denied { message, .. }) => format!(
                "pull access denied, repository does not exist or may require authorization: \
                 server message: {message}"
            ),
            _ => chain(&**source),
        };
        let head = retried("pull image manifest");
        return format!("{head}failed to resolve ref {reference}: {detail}");
    }
    let detail = match refused {
        Some(RegistryError::Denied {
            url,
            status,
            message,
        }) => format!(
            "httpReadSeeker: failed open: unexpected status code {url}: {status} - Server \
             message: {message}"
        ),
        Some(RegistryError::NotFound { url }) => {
            format!(
                "httpReadSeeker: failed open: could not fetch content descriptor {url}: not found"
            )
        }
        _ => chain(&**source),
    };
    format!("{}failed to copy: {detail}", retried("ref pull"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(what: &str, source: RegistryError) -> ImageError {
        ImageError::Source {
            what: what.to_owned(),
            source: source.into(),
        }
    }

    #[test]
    fn failures_have_the_words_of_fargate() {
        let image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1";
        let reference = Reference::parse(image).unwrap();
        let message = "denied: User: arn:aws:sts::123456789012:assumed-role/exec/t is not \
                       authorized to perform: ecr:BatchGetImage on resource: \
                       arn:aws:ecr:us-east-1:123456789012:repository/app because no \
                       identity-based policy allows the ecr:BatchGetImage action";
        let denied = || RegistryError::Denied {
            url: "http://h/v2/app/blobs/sha256:0".to_owned(),
            status: "403 Forbidden".to_owned(),
            message: message.to_owned(),
        };
        let said = cannot_pull(&reference, &source("manifest 1", denied()));
        assert_eq!(
            said,
            format!(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed \
                 to resolve ref {image}: pull access denied, repository does not exist or may \
                 require authorization: server message: {message}"
            )
        );
        let missing = RegistryError::NotFound {
            url: "x".to_owned(),
        };
        let said = cannot_pull(&reference, &source("manifest 1", missing));
        assert!(said.ends_with(&format!(
            "failed to resolve ref {image}: {image}: not found"
        )));
        let said = cannot_pull(&reference, &source("blob sha256:0", denied()));
        assert!(
            said.contains("ref pull has been retried 1 time(s): failed to copy: "),
            "{said}"
        );
        assert!(said.ends_with(message));
    }
}
